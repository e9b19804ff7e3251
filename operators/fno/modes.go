package fno

import (
	"fmt"

	"github.com/eddy-pde/eddy/operators/nn"
)

// modes are the frequencies that c keeps in the given dimension.
func (c Config) modes(dims int) nn.Modes {
	m := nn.Modes{Lo: make([]int, dims), Hi: make([]int, dims)}
	for i, n := range perAxis(c.Modes, dims) {
		last := i == dims-1
		switch c.ModeLayout {
		case Symmetric:
			m.Lo[i], m.Hi[i] = -(n - 1), n-1
		case Classic:
			m.Lo[i], m.Hi[i] = -n, n-1
		case NeuralOp:
			m.Lo[i], m.Hi[i] = -(n / 2), (n+1)/2-1
			if last {
				m.Hi[i] = n / 2
			}
		}
		if last {
			m.Lo[i] = 0
		}
	}
	return m
}

// checkModes returns an error that names the first axis with too few points for its frequencies: an axis of N points has frequencies −⌊N/2⌋…⌈N/2⌉−1, and
// the last one, of which only half is stored, 0…⌊N/2⌋.
func (c Config) checkModes(size []int) error {
	for i, m := range perAxis(c.Modes, len(size)) {
		if top := c.maxModes(size[i], i == len(size)-1); m > top {
			return fmt.Errorf("fno: modes[%d] = %d exceeds %d for %d points", i, m, top, size[i])
		}
	}
	return nil
}

// maxModes is the largest count that n points allow.
func (c Config) maxModes(n int, last bool) int {
	switch {
	case c.ModeLayout == NeuralOp && last:
		return n/2*2 + 1
	case c.ModeLayout == NeuralOp:
		return n
	case last:
		return n/2 + 1
	case c.ModeLayout == Classic:
		return n / 2
	}
	return (n + 1) / 2
}
