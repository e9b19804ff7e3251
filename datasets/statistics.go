package datasets

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
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
	// Log and LogDelta are the same of the logarithms of those fields that [MeasureLog] was asked for; nil from Measure. A value that is not positive counts as NonFinite.
	Log, LogDelta []Moments
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
func Measure(ctx context.Context, ds Dataset) (Statistics, error) { return MeasureLog(ctx, ds, nil) }

// MeasureLog is Measure with, in the same pass, the statistics of the logarithm of every field c of which log[c] is true.
func MeasureLog(ctx context.Context, ds Dataset, log []bool) (Statistics, error) {
	spec := ds.Spec()
	channels, points := spec.Channels(), spec.Grid.Points()
	fields, delta := make([]accumulator, channels), make([]accumulator, channels)
	logs, logDelta := make([]accumulator, channels), make([]accumulator, channels)
	var first *Place
	var parts []part
	err := Blocks(ctx, ds, func(traj, frame int, frames *eddy.Tensor) error {
		n := frames.Shape[0] * channels
		parts = slices.Grow(parts[:0], n)[:n]
		par.For(n, func(i int) { // field c of frame t
			t, c := i/channels, i%channels
			var before []float32
			if t > 0 {
				before = frames.Data[(i-channels)*points:][:points]
			}
			// Blocks overlap by one frame, for the changes: a frame that begins a block behind the first is counted already.
			counted := t == 0 && frame > 0
			parts[i] = measure(frames.Data[i*points:][:points], before, counted)
			if log != nil && log[c] {
				parts[i].log, parts[i].logDelta = measureLog(frames.Data[i*points:][:points], before, counted)
			}
			parts[i].place = Place{Traj: traj, Frame: frame + t, Channel: c, Field: spec.Fields[c].Name}
		})
		for i, p := range parts { // in order, whatever the number of threads
			fields[i%channels].merge(p.field)
			delta[i%channels].merge(p.delta)
			logs[i%channels].merge(p.log)
			logDelta[i%channels].merge(p.logDelta)
			if p.bad >= 0 && first == nil {
				p.place.Value = float64(frames.Data[i*points+p.bad])
				first = &p.place
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
		if log != nil {
			s.Log = append(s.Log, logs[c].moments())
			s.LogDelta = append(s.LogDelta, logDelta[c].moments())
		}
	}
	return s, nil
}

// Blocks reads a data set from end to end and calls visit with runs of frames [T, C, X…] of one trajectory, about [BlockBytes] at a time. Runs of one trajectory
// overlap by one frame, which is read once, so that every pair of neighbouring frames is seen; frame is the number of the first. The tensor is used again
// afterwards and must not be changed.
func Blocks(ctx context.Context, ds Dataset, visit func(traj, frame int, frames *eddy.Tensor) error) error {
	shape := ds.Spec().FrameShape()
	size := eddy.Size(shape)
	most := max(BlockBytes/4/max(size, 1), 2)
	buffer := eddy.NewTensor(append([]int{most}, shape...)...)
	for traj := range ds.Len() {
		kept := 0 // 1 where the buffer begins with the last frame of the block before
		for frame, total := 0, ds.Frames(traj); frame+kept < total; kept = 1 {
			n := min(most, total-frame)
			if err := ds.Read(ctx, buffer.Rows(kept, n), traj, frame+kept); err != nil {
				return err
			}
			if err := visit(traj, frame, buffer.Rows(0, n)); err != nil {
				return err
			}
			buffer.Row(0).CopyFrom(buffer.Row(n - 1))
			frame += n - 1
		}
	}
	return nil
}

// part is what one field of one frame contributes.
type part struct {
	field, delta  accumulator
	log, logDelta accumulator
	bad           int // index of the first value that is not finite, −1 for none
	place         Place
}

// measure gathers the values u of a field, unless they are counted already, and their changes since the frame before, where there is one.
func measure(u, before []float32, counted bool) part {
	p := part{bad: -1}
	if !counted {
		p.field, p.bad = gather(u, nil)
	}
	if before != nil {
		p.delta, _ = gather(u, before)
	}
	return p
}

// logScratch are rows of logarithms.
var logScratch par.Pool[[]float32]

// measureLog gathers the logarithms of u and their changes. The logarithm of a value that is not positive is not finite.
func measureLog(u, before []float32, counted bool) (field, delta accumulator) {
	rows := logScratch.Take(func() []float32 { return nil })
	defer func() { logScratch.Put(rows) }()
	rows = slices.Grow(rows[:0], 2*len(u))[:2*len(u)]
	now, then := rows[:len(u)], rows[len(u):]
	ln := func(dst, src []float32) {
		for i, v := range src {
			dst[i] = float32(math.Log(float64(v)))
		}
	}
	ln(now, u)
	if !counted {
		field, _ = gather(now, nil)
	}
	if before != nil {
		ln(then, before)
		delta, _ = gather(now, then)
	}
	return field, delta
}

// accumulator holds count, mean and squared deviations.
type accumulator struct {
	n, bad   int64
	mean, m2 float64
	min, max float64
}

// gather accumulates the values of u, or what they differ from before, and finds the first that is not finite, −1 for none. Runs of values that fit the nearest cache
// get their mean first and their deviations from it then.
func gather(u, before []float32) (a accumulator, bad int) {
	bad = -1
	var run [1024]float64
	for from := 0; from < len(u); from += len(run) {
		now := u[from:min(from+len(run), len(u))]
		r := accumulator{min: math.Inf(1), max: math.Inf(-1)}
		sum, n := 0.0, 0
		for i, v := range now {
			if before != nil {
				v -= before[from+i]
			}
			x := float64(v)
			if x-x != 0 { // NaN or infinite
				r.bad++
				if bad < 0 {
					bad = from + i
				}
				continue
			}
			run[n] = x
			n++
			sum += x
			if x < r.min {
				r.min = x
			}
			if x > r.max {
				r.max = x
			}
		}
		r.n = int64(n)
		r.mean = sum / max(float64(n), 1)
		for _, x := range run[:n] {
			r.m2 += (x - r.mean) * (x - r.mean)
		}
		a.merge(r)
	}
	return a, bad
}

// merge takes in the values of b.
func (a *accumulator) merge(b accumulator) {
	b.bad += a.bad
	switch {
	case b.n == 0:
		a.bad = b.bad
		return
	case a.n == 0:
		*a = b
		return
	}
	d, n := b.mean-a.mean, float64(a.n)+float64(b.n)
	a.m2 += b.m2 + d*d*float64(a.n)*float64(b.n)/n
	a.mean += d * float64(b.n) / n
	a.n, a.bad = a.n+b.n, b.bad
	a.min, a.max = min(a.min, b.min), max(a.max, b.max)
}

func (a *accumulator) moments() Moments {
	m := Moments{Mean: a.mean, Min: a.min, Max: a.max, Count: a.n, NonFinite: a.bad}
	if a.n > 0 {
		variance := a.m2 / float64(a.n)
		m.Std, m.RMS = math.Sqrt(variance), math.Sqrt(variance+a.mean*a.mean)
	}
	return m
}
