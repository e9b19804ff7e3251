package slab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/h5"
)

// Source is an HDF5 dataset from which channels come.
type Source struct {
	Path string // inside the file; inside the trajectory's group where Part.Groups is not nil
	Axes string // one letter an axis, as in the package's doc
	At   int    // the index at which axis s is held
	// Channels are the places of its components in a state or among the static fields, in the file's order; negative for a component that is left out.
	Channels []int
}

// space are the letters of the axes of space, in the order of a grid.
const space = "xyz"

// wellFormed looks at the letters of the axes.
func (s Source) wellFormed() error {
	for i, letter := range []byte(s.Axes) {
		if !strings.ContainsRune("btcsxyz", rune(letter)) || strings.IndexByte(s.Axes, letter) != i {
			return fmt.Errorf("axes %q, expected each of b, t, c, s, x, y, z at most once", s.Axes)
		}
	}
	if len(s.Channels) == 0 || len(s.Channels) > 1 && !strings.Contains(s.Axes, "c") {
		return fmt.Errorf("axes %q for %d components, expected an axis c for more than one", s.Axes, len(s.Channels))
	}
	return nil
}

// check compares a dataset with what the source and the part say of it.
func (s Source) check(d *h5.Dataset, trajectories, frames int, grid []int) error {
	if err := s.wellFormed(); err != nil {
		return fmt.Errorf("%s: %w", d.Path(), err)
	}
	want := make([]string, len(s.Axes))
	fits := len(d.Shape) == len(s.Axes)
	for i, letter := range []byte(s.Axes) {
		n := len(s.Channels)
		switch letter {
		case 'b':
			n = trajectories
		case 't':
			want[i] = fmt.Sprintf("at least %d", frames)
			fits = fits && d.Shape[i] >= frames
			continue
		case 's':
			want[i] = fmt.Sprintf("more than %d", s.At)
			fits = fits && d.Shape[i] > s.At
			continue
		case 'x', 'y', 'z':
			axis := strings.IndexByte(space, letter)
			if axis >= len(grid) {
				return fmt.Errorf("%s: axis %c on a grid of %d axes", d.Path(), letter, len(grid))
			}
			n = grid[axis]
		}
		want[i] = strconv.Itoa(n)
		fits = fits && d.Shape[i] == n
	}
	if !fits {
		return fmt.Errorf("%s has shape %v, expected [%s] for its axes %q", d.Path(), d.Shape, strings.Join(want, ", "), s.Axes)
	}
	if d.Type.Class != h5.Float && d.Type.Class != h5.Int {
		return fmt.Errorf("%s does not hold numbers", d.Path())
	}
	return nil
}

// slab selects frames frame … frame+frames−1 of a trajectory.
func (s Source) slab(d *h5.Dataset, traj, frame, frames int) h5.Slab {
	slab := d.Whole()
	for i, letter := range []byte(s.Axes) {
		switch letter {
		case 'b':
			slab.Start[i], slab.Count[i] = traj, 1
		case 't':
			slab.Start[i], slab.Count[i] = frame, frames
		case 's':
			slab.Start[i], slab.Count[i] = s.At, 1
		}
	}
	return slab
}

// straight reports whether the values lie as a state [T, C, X…] has them, all components of them side by side, so that no turning is needed.
func (s Source) straight(grid int) bool {
	order := strings.Map(func(letter rune) rune {
		if letter == 'b' || letter == 's' || letter == 'c' && len(s.Channels) == 1 {
			return -1
		}
		return letter
	}, s.Axes)
	want := "t"
	if len(s.Channels) > 1 {
		want += "c"
	}
	if order != want+space[:grid] {
		return false
	}
	for i, c := range s.Channels {
		if c != s.Channels[0]+i {
			return false
		}
	}
	return s.Channels[0] >= 0
}

// turn copies values as they lie in the file, of a selection of shape count, to their channels of dst [T, C, X…].
func (s Source) turn(dst *eddy.Tensor, raw []float32, count []int) {
	// The distance in raw between neighbours along an axis; 0 along one that is absent.
	stride, step := [256]int{}, 1
	for i, letter := range slices.Backward([]byte(s.Axes)) {
		stride[letter] = step
		step *= count[i]
	}
	frames, channels := dst.Shape[0], dst.Shape[1]
	grid := [3]int{1, 1, 1}
	across := [3]int{}
	copy(grid[:], dst.Shape[2:])
	for i := range dst.Shape[2:] {
		across[i] = stride[space[i]]
	}
	// The innermost axis last, whatever the number of axes.
	for shift := 3 - len(dst.Shape[2:]); shift > 0; shift-- {
		grid[0], grid[1], grid[2] = 1, grid[0], grid[1]
		across[0], across[1], across[2] = 0, across[0], across[1]
	}
	points := grid[0] * grid[1] * grid[2]
	for t := range frames {
		for k, c := range s.Channels {
			if c < 0 {
				continue
			}
			out, from := dst.Data[(t*channels+c)*points:][:points], t*stride['t']+k*stride['c']
			for x := range grid[0] {
				for y := range grid[1] {
					row, at := out[(x*grid[1]+y)*grid[2]:][:grid[2]], from+x*across[0]+y*across[1]
					for z := range row {
						row[z] = raw[at]
						at += across[2]
					}
				}
			}
		}
	}
}
