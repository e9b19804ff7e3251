package datasets

import (
	"context"
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
)

// Moments describe the finite values of one field over a whole data set.
type Moments struct {
	Mean, Std, RMS float64 // over all points of all frames; Std divides by the number of values
	Min, Max       float64
	Count          int64 // finite values
	NonFinite      int64 // NaN and infinite values, which enter nothing else
}

// Statistics are the moments of a data set.
type Statistics struct {
	Fields []Moments // [C]
	Delta  []Moments // [C], of the change from a frame to the next
	// First is the place of the first value that is not finite, where there is one.
	First *Place
}

// Place is a value's place.
type Place struct {
	Traj, Frame, Channel int
	Field                string
	Value                float64
}

// String names trajectory, frame and field.
func (p Place) String() string {
	return fmt.Sprintf("%g in field %q of frame %d of trajectory %d", p.Value, p.Field, p.Frame, p.Traj)
}

// Finite is an error that names the first value that is not finite, or nil.
func (s Statistics) Finite() error {
	if s.First == nil {
		return nil
	}
	return fmt.Errorf("datasets: the data holds %v", *s.First)
}

// BlockBytes is about how much a pass over a data set reads at a time.
const BlockBytes = 4 << 20

// Measure computes the statistics of a data set in one streaming pass. Sums are float64; blocks are combined by the formula of Chan, Golub and LeVeque (1983),
// whose error does not grow with the mean.
func Measure(ctx context.Context, ds Dataset) (Statistics, error) {
	spec := ds.Spec()
	channels, points := spec.Channels(), spec.Grid.Points()
	fields, delta := make([]accumulator, channels), make([]accumulator, channels)
	var first *Place
	diff := make([]float32, points)
	err := Blocks(ctx, ds, func(traj, frame int, frames *eddy.Tensor) error {
		// Blocks overlap by one frame, for the changes: a frame that begins a block behind the first is counted already.
		skip := min(frame, 1)
		for i := range frames.Shape[0] {
			now := frames.Row(i).Data
			for c := range channels {
				u := now[c*points : (c+1)*points]
				if i >= skip {
					if bad := fields[c].add(u); bad >= 0 && first == nil {
						first = &Place{Traj: traj, Frame: frame + i, Channel: c, Field: spec.Fields[c].Name, Value: float64(u[bad])}
					}
				}
				if i > 0 {
					before := frames.Row(i - 1).Data[c*points : (c+1)*points]
					for j := range diff {
						diff[j] = u[j] - before[j]
					}
					delta[c].add(diff)
				}
			}
		}
		return nil
	})
	if err != nil {
		return Statistics{}, err
	}
	s := Statistics{First: first}
	for c := range channels {
		s.Fields = append(s.Fields, fields[c].moments())
		s.Delta = append(s.Delta, delta[c].moments())
	}
	return s, nil
}

// Blocks reads a data set from end to end and calls visit with runs of frames [T, C, X…] of one trajectory, about [BlockBytes] at a time. Runs of one trajectory
// overlap by one frame, so that every pair of neighbouring frames is seen; frame is the number of the first. The tensor is used again afterwards.
func Blocks(ctx context.Context, ds Dataset, visit func(traj, frame int, frames *eddy.Tensor) error) error {
	shape := ds.Spec().FrameShape()
	size := eddy.Size(shape)
	most := max(BlockBytes/4/max(size, 1), 2)
	buffer := make([]float32, most*size)
	for traj := range ds.Len() {
		total := ds.Frames(traj)
		for frame := 0; frame < total; {
			n := min(most, total-frame)
			block := eddy.FromSlice(buffer[:n*size], append([]int{n}, shape...)...)
			if err := ds.Read(ctx, block, traj, frame); err != nil {
				return err
			}
			if err := visit(traj, frame, block); err != nil {
				return err
			}
			if frame+n == total {
				break
			}
			frame += n - 1
		}
	}
	return nil
}

// accumulator gathers count, mean and squared deviations of blocks.
type accumulator struct {
	n, bad   int64
	mean, m2 float64
	min, max float64
}

// add takes in a block and returns the index of its first value that is not finite, or −1.
func (a *accumulator) add(u []float32) (firstBad int) {
	firstBad = -1
	var sum float64
	n := 0
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, v := range u {
		x := float64(v)
		if x-x != 0 { // NaN or infinite
			a.bad++
			if firstBad < 0 {
				firstBad = i
			}
			continue
		}
		sum += x
		n++
		lo, hi = min(lo, x), max(hi, x)
	}
	if n == 0 {
		return firstBad
	}
	mean := sum / float64(n)
	var m2 float64
	for _, v := range u {
		if d := float64(v) - mean; d-d == 0 {
			m2 += d * d
		}
	}
	if a.n == 0 {
		a.min, a.max = lo, hi
	}
	a.min, a.max = min(a.min, lo), max(a.max, hi)
	d, total := mean-a.mean, float64(a.n)+float64(n)
	a.m2 += m2 + d*d*float64(a.n)*float64(n)/total
	a.mean += d * float64(n) / total
	a.n += int64(n)
	return firstBad
}

func (a *accumulator) moments() Moments {
	m := Moments{Mean: a.mean, Min: a.min, Max: a.max, Count: a.n, NonFinite: a.bad}
	if a.n > 0 {
		variance := a.m2 / float64(a.n)
		m.Std, m.RMS = math.Sqrt(variance), math.Sqrt(variance+a.mean*a.mean)
	}
	return m
}
