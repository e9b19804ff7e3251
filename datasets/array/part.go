package array

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy/internal/par"
)

// Role is what an axis of an array is.
type Role int

// Roles of axes.
const (
	Trajectory Role = iota
	Time
	Component // channels
	X
	Y
	Z
	Fixed // one index of it is taken
)

// String is the role as a description spells it.
func (r Role) String() string {
	return [...]string{"trajectory", "time", "component", "x", "y", "z", "fixed"}[r]
}

// Part is an array that fills some channels.
type Part struct {
	Array Array
	Axes  []Role // one an axis
	Index []int  // where Axes is Fixed, the index that is taken; may be nil without such axes

	spool *spool // where trajectories are scattered
}

// axis is the axis of a role, −1 where there is none.
func (p Part) axis(r Role) int { return slices.Index(p.Axes, r) }

// extent is the extent of the axis of a role, 1 where there is none.
func (p Part) extent(r Role) int {
	if i := p.axis(r); i >= 0 {
		return p.Array.Shape()[i]
	}
	return 1
}

// scattered reports whether a state of a trajectory is spread over the whole array: the trajectories are not outside of space and components.
func (p Part) scattered() bool {
	at := p.axis(Trajectory)
	if at < 0 || p.extent(Trajectory) == 1 {
		return false
	}
	for i, n := range p.Array.Shape()[:at] {
		if role := p.Axes[i]; n > 1 && role != Time && role != Fixed {
			return true
		}
	}
	return false
}

// Check says whether the axes fit the array and a grid of so many points along x, y, z. time says whether a time axis must or must not be there.
func (p Part) Check(grid []int, time bool) error {
	shape := p.Array.Shape()
	if len(p.Axes) != len(shape) {
		return fmt.Errorf("has shape %v, expected an axis for each of %v", shape, p.Axes)
	}
	for i, n := range shape {
		switch role := p.Axes[i]; {
		case n < 1 || n > maxExtent:
			return fmt.Errorf("has shape %v, expected extents from 1 to %d", shape, maxExtent)
		case slices.Index(p.Axes, role) != i && role != Fixed:
			return fmt.Errorf("has two axes %v", role)
		case role == Fixed && (i >= len(p.Index) || p.Index[i] < 0 || p.Index[i] >= n):
			return fmt.Errorf("has shape %v, of which an index of axis %d is taken that it does not have", shape, i)
		case role == Time && !time:
			return errors.New("has a time axis, expected none")
		}
	}
	if time && p.axis(Time) < 0 {
		return fmt.Errorf("has axes %v, expected one for time", p.Axes)
	}
	for i, n := range grid {
		if a := p.axis(X + Role(i)); a < 0 || shape[a] != n {
			return fmt.Errorf("has shape %v along %v, expected %d points along %v", shape, p.Axes, n, X+Role(i))
		}
	}
	for r := X + Role(len(grid)); r <= Z; r++ {
		if p.axis(r) >= 0 {
			return fmt.Errorf("has an axis %v, which the grid does not have", r)
		}
	}
	return nil
}

// maxExtent bounds the extent of an axis, so that a damaged one is an error and not an attempt to allocate it.
const maxExtent = 1 << 27

// scratch are buffers for arrays whose axes must be turned.
var scratch par.Pool[[]float32]

// read fills, for each of so many frames, the part's channels of dst [frames, channels, points] from channel first on.
func (p Part) read(ctx context.Context, dst []float32, traj, frame, frames, first, channels int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.spool != nil {
		var err error
		if p, err = p.spool.of(ctx, p); err != nil {
			return err
		}
	}
	shape := p.Array.Shape()
	start, count := make([]int, len(shape)), slices.Clone(shape)
	for i, role := range p.Axes {
		switch role {
		case Trajectory:
			start[i], count[i] = traj, 1
		case Time:
			start[i], count[i] = frame, frames
		case Fixed:
			start[i], count[i] = p.Index[i], 1
		}
	}
	size := product(count)
	pitch := len(dst) / frames // of a frame
	mine := size / frames      // of it from this part
	dst = dst[first*(pitch/channels):]
	if p.ordered() && (frames == 1 || mine == pitch) {
		return p.Array.Read(dst[:size], start, count)
	}
	buffer := scratch.Take(func() []float32 { return nil })
	buffer = slices.Grow(buffer[:0], size)[:size]
	defer func() { scratch.Put(buffer) }()
	if err := p.Array.Read(buffer, start, count); err != nil {
		return err
	}
	// Strides of dst along the axes of the array, those of one element left out.
	var extents, strides []int
	for i, role := range p.Axes {
		if count[i] > 1 {
			extents, strides = append(extents, count[i]), append(strides, p.stride(role, pitch))
		}
	}
	scatter(dst, buffer, extents, strides)
	return nil
}

// ordered reports whether time, components and space follow one another in our order.
func (p Part) ordered() bool {
	last := Role(-1)
	for _, r := range p.Axes {
		if r == Trajectory || r == Fixed {
			continue
		}
		if r < last {
			return false
		}
		last = r
	}
	return true
}

// stride is how far neighbours along an axis are apart in [frames, channels, x, y, z], frames being pitch apart.
func (p Part) stride(role Role, pitch int) int {
	n := 1
	switch role {
	case Time:
		return pitch
	case Component:
		role = X - 1
	}
	for r := role + 1; r <= Z; r++ {
		n *= p.extent(r)
	}
	return n
}

// scatter copies src, row-major of the given extents, to places of dst that are strides apart.
func scatter(dst, src []float32, extents, strides []int) {
	if len(extents) == 0 {
		dst[0] = src[0]
		return
	}
	n, stride := extents[0], strides[0]
	if len(extents) == 1 {
		if stride == 1 {
			copy(dst[:n], src)
			return
		}
		for i, v := range src[:n] {
			dst[i*stride] = v
		}
		return
	}
	size := product(extents[1:])
	for i := range n {
		scatter(dst[i*stride:], src[i*size:(i+1)*size], extents[1:], strides[1:])
	}
}
