package main

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/refiner"
	"github.com/eddy-pde/eddy/refiner/plan"
	"github.com/eddy-pde/eddy/refiner/process"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// interval is the time in frames between the marks at which models of all time steps are compared: PDEArena's four.
const interval = 4

// curves is how a model did on trajectories.
type curves struct {
	Stride      int         // frames per step of the model
	OneStep     float64     // mean squared error over one interval, from the truth at every eighth mark
	Spectrum    []float64   // power of that error per wavenumber
	Truth       []float64   // power of the states per wavenumber
	Correlation [][]float64 // [trajectory][mark], at marks 1, 2, …
}

// truthOf holds the frames of all trajectories of a data set at a stride.
type truthOf struct {
	frames []*eddy.Tensor // by step: [B, C, X]
	in     eddy.Input     // condition
	spec   eddy.Spec
}

// load reads a data set whole.
func load(ctx context.Context, ds datasets.Dataset, stride int) (truthOf, error) {
	spec := ds.Spec()
	b, points := ds.Len(), spec.Grid.Points()
	t := truthOf{spec: spec, in: eddy.Input{Cond: eddy.NewTensor(b, len(spec.Params))}}
	n := (ds.Frames(0)-1)/stride + 1
	for range n {
		t.frames = append(t.frames, eddy.NewTensor(b, 1, points))
	}
	all := eddy.NewTensor(ds.Frames(0), 1, points)
	for i := range b {
		if err := ds.Read(ctx, all, i, 0); err != nil {
			return t, err
		}
		for k := range n {
			copy(t.frames[k].Row(i).Data, all.Row(k*stride).Data)
		}
		if err := datasets.ReadCondition(ctx, ds, nil, t.in.Cond.Row(i), i); err != nil {
			return t, err
		}
	}
	return t, nil
}

// start is the input of a rollout from step `at`, for a model that sees h states.
func (t truthOf) start(at, h int) eddy.Input {
	b, points := t.frames[0].Shape[0], t.frames[0].Shape[2]
	in := t.in
	in.U = eddy.NewTensor(b, h, 1, points)
	for i := range b {
		for k := range h {
			copy(in.U.Row(i).Row(k).Data, t.frames[at-h+1+k].Row(i).Data)
		}
	}
	in.T = make([]float64, b)
	return in
}

// measure rolls models out from the first states and from the truth. Of several models, each with a rollout of its own, the forecast is the mean of their states. Models
// that see several states start later, and their curves begin at the mark after that.
func measure(ctx context.Context, models []eddy.Model, ds datasets.Dataset) (curves, error) {
	spec := models[0].Spec()
	stride := int(math.Round(spec.Dt / ds.Spec().Dt))
	if stride < 1 || interval%stride != 0 {
		return curves{}, fmt.Errorf("a step of %g is not a part of %d frames of %g", spec.Dt, interval, ds.Spec().Dt)
	}
	t, err := load(ctx, ds, stride)
	if err != nil {
		return curves{}, err
	}
	per := interval / stride // steps of the model between marks
	h := spec.History
	first := (h - 1 + per - 1) / per * per // the mark from which a rollout can start
	c := curves{Stride: stride, Correlation: make([][]float64, t.in.Cond.Shape[0])}
	if err := c.oneStep(ctx, models, t, first, per); err != nil {
		return c, err
	}
	of := make([]float64, len(c.Correlation))
	return c, forecast(ctx, models, t, first, len(t.frames)-1-first, func(k int, state *eddy.Tensor) {
		if k%per != 0 {
			return
		}
		metric.Correlation(of, state, t.frames[first+k])
		for i, r := range of {
			if math.IsNaN(r) {
				r = 0
			}
			c.Correlation[i] = append(c.Correlation[i], r)
		}
	})
}

// forecast makes n steps from the truth at step `from` and hands over the mean of the models' states after each, numbered from 1.
func forecast(ctx context.Context, models []eddy.Model, t truthOf, from, n int, each func(k int, state *eddy.Tensor)) error {
	var next []func() (*eddy.Tensor, error, bool)
	for _, m := range models {
		pull, stop := iter.Pull2(rollout.Steps(ctx, m, t.start(from, m.Spec().History)))
		defer stop()
		next = append(next, pull)
	}
	mean := eddy.NewTensor(t.frames[0].Shape...)
	for k := 1; k <= n; k++ {
		clear(mean.Data)
		for _, pull := range next {
			state, err, _ := pull()
			if state == nil {
				return err
			}
			for i, v := range state.Data {
				mean.Data[i] += v / float32(len(models))
			}
		}
		each(k, mean)
	}
	return nil
}

// oneStep measures the error over one interval from the truth.
func (c *curves) oneStep(ctx context.Context, models []eddy.Model, t truthOf, first, per int) error {
	spectrum := metric.NewSpectrum(t.spec.Grid)
	c.Spectrum, c.Truth = make([]float64, spectrum.Shells()), make([]float64, spectrum.Shells())
	power := make([]float64, spectrum.Shells())
	var n float64
	for at := first; at+per < len(t.frames); at += 8 * per {
		err := forecast(ctx, models, t, at, per, func(k int, state *eddy.Tensor) {
			if k < per {
				return
			}
			truth := t.frames[at+per]
			for i := range truth.Shape[0] {
				n++
				spectrum.ErrorPower(power, state.Row(i).Data, truth.Row(i).Data)
				add(c.Spectrum, power)
				spectrum.Power(power, truth.Row(i).Data)
				add(c.Truth, power)
			}
		})
		if err != nil {
			return err
		}
	}
	for j := range power {
		c.Spectrum[j] /= n
		c.Truth[j] /= n
		c.OneStep += c.Spectrum[j]
	}
	return nil
}

func add(sum, x []float64) {
	for i, v := range x {
		sum[i] += v
	}
}

// levelSpectra measures the error over one step of every plan that stops after some of a refiner's levels: the first prediction, then each refinement step.
func levelSpectra(ctx context.Context, m *refiner.Model, ds datasets.Dataset) ([][]float64, error) {
	t, err := load(ctx, ds, interval)
	if err != nil {
		return nil, err
	}
	levels := m.Config().Schedule().Levels()
	var all [][]float64
	for k := range levels {
		p, err := plan.Named(m.Config().Plan, append(slices.Clone(levels[:k+1]), process.Clean()))
		if err != nil {
			return nil, err
		}
		stopped, err := m.Sampling(p)
		if err != nil {
			return nil, err
		}
		var c curves
		if err := c.oneStep(ctx, []eddy.Model{stopped}, t, 0, 1); err != nil {
			return nil, err
		}
		all = append(all, c.Spectrum)
	}
	return all, nil
}

// crossing is the number of intervals until the mean correlation of the chosen trajectories first falls below a threshold, interpolated between marks; the length of the
// curves where it does not.
func (c curves) crossing(threshold float64, trajectories []int) float64 {
	last := 1.0
	for k := range c.Correlation[0] {
		var mean float64
		for _, i := range trajectories {
			mean += c.Correlation[i][k] / float64(len(trajectories))
		}
		if mean < threshold {
			return float64(k) + (last-threshold)/(last-mean)
		}
		last = mean
	}
	return float64(len(c.Correlation[0]))
}
