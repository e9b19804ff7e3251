package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// Describe makes the record of a network that is to work on data like ds: its Spec with the given history, the target that cfg names, and normalisers and
// ranges measured on ds. Kind and Config are left to the caller.
func Describe(ctx context.Context, ds datasets.Dataset, history int, cfg Config) (Meta, error) {
	m := Meta{Format: formatVersion, Config: json.RawMessage("{}"), Spec: specOf(ds, history), Target: cfg.Objective.Target, Seed: cfg.Seed}
	if err := m.measure(ctx, ds, cfg.Normalise.Kind); err != nil {
		return Meta{}, err
	}
	return m, m.Validate()
}

// specOf is that of the data with the history of the network.
func specOf(ds datasets.Dataset, history int) eddy.Spec {
	s := ds.Spec()
	s.History = max(history, 1)
	return s
}

// describe makes the record of a fresh run: normalisers and ranges from the training data, or, where the run starts from another one's weights, that
// run's normalisers, in whose units the weights were learnt.
func (t *Trainer) describe(ctx context.Context, train datasets.Dataset) (Meta, error) {
	m, err := Describe(ctx, train, t.Run.History, t.config)
	if err != nil {
		return Meta{}, err
	}
	m.Kind, m.Training = t.Run.Kind, &t.config
	if t.Run.Architecture != nil {
		m.Config = t.Run.Architecture
	}
	if t.config.Train.Init == "" {
		return m, nil
	}
	from, err := ReadWeights(t.config.Train.Init, t.module.Params())
	if err != nil {
		return Meta{}, fmt.Errorf("train.init: %w", err)
	}
	if err := m.inherit(from); err != nil {
		return Meta{}, fmt.Errorf("train.init = %q: %w", t.config.Train.Init, err)
	}
	return m, m.Validate()
}

// inherit takes over what the weights of another run were learnt with.
func (m *Meta) inherit(from Meta) error {
	switch {
	case from.Kind != m.Kind:
		return fmt.Errorf("the run is of kind %q, expected %q", from.Kind, m.Kind)
	case from.Target != m.Target:
		return fmt.Errorf("the run has objective.target = %q, this one %q: use the same", from.Target, m.Target)
	case from.Normaliser.Kind != m.Normaliser.Kind:
		return fmt.Errorf("the run has normalise.kind = %q, this one %q: use the same", from.Normaliser.Kind, m.Normaliser.Kind)
	case from.Spec.History != m.Spec.History:
		return fmt.Errorf("the run has history %d, this one %d: use the same", from.Spec.History, m.Spec.History)
	case !slices.Equal(from.Spec.FieldNames(), m.Spec.FieldNames()):
		return fmt.Errorf("the run has fields %q, the data %q", from.Spec.FieldNames(), m.Spec.FieldNames())
	case len(from.Spec.Statics) != len(m.Spec.Statics) || len(from.Spec.Params) != len(m.Spec.Params):
		return fmt.Errorf("the run has %d static fields and %d parameters, the data %d and %d", len(from.Spec.Statics), len(from.Spec.Params), len(m.Spec.Statics), len(m.Spec.Params))
	}
	m.Normaliser, m.StaticNormaliser, m.CondNormaliser, m.ResidualScale = from.Normaliser, from.StaticNormaliser, from.CondNormaliser, from.ResidualScale
	return nil
}

// measure takes normalisers and ranges from the training data.
func (m *Meta) measure(ctx context.Context, ds datasets.Dataset, kind string) error {
	fields, err := fieldMoments(ctx, ds)
	if err != nil {
		return fmt.Errorf("train: statistics of the training data: %w", err)
	}
	m.Normaliser = *normaliserOf(fields, kind)
	for i, f := range m.Spec.Fields {
		m.Ranges = append(m.Ranges, fields[i].describe(f.Name))
	}
	if err := m.measureConditions(ctx, ds, kind); err != nil {
		return err
	}
	if m.Target == "residual" {
		m.ResidualScale, err = residualScale(ctx, ds, m.Normaliser)
	}
	return err
}

// measureConditions takes normalisers and ranges of static fields and scalars, over all trajectories.
func (m *Meta) measureConditions(ctx context.Context, ds datasets.Dataset, kind string) error {
	statics, params := len(m.Spec.Statics), len(m.Spec.Params)
	if statics+params == 0 {
		return nil
	}
	points := m.Spec.Grid.Points()
	var static, cond *eddy.Tensor
	if statics > 0 {
		static = eddy.NewTensor(append([]int{1, statics}, m.Spec.Grid.Shape()...)...)
	}
	if params > 0 {
		cond = eddy.NewTensor(1, params)
	}
	of := make([]moments, statics+params)
	for traj := range ds.Len() {
		if err := readCondition(ctx, ds, static, cond, 0, traj); err != nil {
			return fmt.Errorf("train: trajectory %d: %w", traj, err)
		}
		for i := range statics {
			of[i].add(static.Data[i*points : (i+1)*points])
		}
		for i := range params {
			of[statics+i].add(cond.Data[i : i+1])
		}
	}
	for i, f := range m.Spec.Statics {
		m.Ranges = append(m.Ranges, of[i].describe(f.Name))
	}
	for i, p := range m.Spec.Params {
		m.Ranges = append(m.Ranges, of[statics+i].describe(p.Name))
	}
	if statics > 0 {
		m.StaticNormaliser = normaliserOf(of[:statics], kind)
	}
	if params > 0 {
		m.CondNormaliser = normaliserOf(of[statics:], kind)
	}
	return nil
}

// fieldMoments reads all frames, one at a time. A value that is not finite is an error that names its place.
func fieldMoments(ctx context.Context, ds datasets.Dataset) ([]moments, error) {
	spec := ds.Spec()
	frame := eddy.NewTensor(append([]int{1}, spec.FrameShape()...)...)
	of := make([]moments, spec.Channels())
	for traj := range ds.Len() {
		for f := range ds.Frames(traj) {
			if err := ds.Read(ctx, frame, traj, f); err != nil {
				return nil, err
			}
			for c := range of {
				values := frame.Row(0).Row(c).Data
				if !allFinite(values) {
					return nil, fmt.Errorf("trajectory %d frame %d: field %q holds values that are not finite", traj, f, spec.Fields[c].Name)
				}
				of[c].add(values)
			}
		}
	}
	if len(of) == 0 || of[0].n == 0 {
		return nil, errors.New("the data set holds no values")
	}
	return of, nil
}

// moments gathers mean, spread and bounds of values.
type moments struct {
	n        int
	mean, m2 float64 // mean and sum of squared deviations from it
	lo, hi   float64
}

// add takes values in, as one group whose own moments are merged with those so far (Chan, Golub & LeVeque 1979).
func (a *moments) add(x []float32) {
	if len(x) == 0 {
		return
	}
	g := moments{n: len(x), lo: float64(x[0]), hi: float64(x[0])}
	for _, v := range x {
		g.mean += float64(v)
		g.lo, g.hi = min(g.lo, float64(v)), max(g.hi, float64(v))
	}
	g.mean /= float64(g.n)
	for _, v := range x {
		d := float64(v) - g.mean
		g.m2 += d * d
	}
	if a.n == 0 {
		*a = g
		return
	}
	total, d := float64(a.n+g.n), g.mean-a.mean
	a.m2 += g.m2 + d*d*float64(a.n)*float64(g.n)/total
	a.mean += d * float64(g.n) / total
	a.n += g.n
	a.lo, a.hi = min(a.lo, g.lo), max(a.hi, g.hi)
}

func (a *moments) std() float64 { return math.Sqrt(a.m2 / float64(a.n)) }

func (a *moments) describe(name string) Range {
	return Range{Name: name, Min: a.lo, Max: a.hi, Mean: a.mean, Std: a.std()}
}

// normaliserOf makes a normaliser with one entry per element. What does not vary is only shifted.
func normaliserOf(of []moments, kind string) *eddy.Normaliser {
	n := eddy.NoNormaliser(len(of))
	n.Kind = kind
	for i := range of {
		switch kind {
		case "zscore":
			n.Shift[i], n.Scale[i] = of[i].mean, of[i].std()
		case "rms":
			n.Scale[i] = math.Hypot(of[i].mean, of[i].std())
		}
		if constant := 1e-6 * math.Abs(of[i].mean); !(n.Scale[i] > constant) || !finite(n.Scale[i]) {
			n.Scale[i] = 1
		}
	}
	return &n
}

// residualPairs is how many pairs of neighbouring frames the unit of residuals is measured on.
const residualPairs = 1024

// residualScale is the root mean square change of each normalised field over one step, over pairs of frames spread evenly through the data. A field that never
// changes gets 1.
func residualScale(ctx context.Context, ds datasets.Dataset, n eddy.Normaliser) ([]float64, error) {
	spec := ds.Spec()
	points := spec.Grid.Points()
	pair := eddy.NewTensor(append([]int{2}, spec.FrameShape()...)...)
	sum := make([]float64, spec.Channels())
	pairs := framePairs(ds, residualPairs)
	if len(pairs) == 0 {
		return nil, errors.New("train: objective.target = \"residual\" needs trajectories of at least 2 frames")
	}
	for _, at := range pairs {
		if err := ds.Read(ctx, pair, at.Traj, at.Frame); err != nil {
			return nil, fmt.Errorf("train: unit of residuals: %w", err)
		}
		for c := range sum {
			a, b := pair.Row(0).Row(c).Data, pair.Row(1).Row(c).Data
			var s float64
			for i := range a {
				d := (float64(b[i]) - float64(a[i])) / n.Scale[c]
				s += d * d
			}
			sum[c] += s / float64(points*len(pairs))
		}
	}
	for c, s := range sum {
		if sum[c] = math.Sqrt(s); !(sum[c] > 0) || !finite(sum[c]) {
			sum[c] = 1
		}
	}
	return sum, nil
}

// framePairs chooses at most `most` frames that have a successor, evenly spread.
func framePairs(ds datasets.Dataset, most int) []WindowRef {
	total := 0
	for i := range ds.Len() {
		total += max(ds.Frames(i)-1, 0)
	}
	count := min(total, most)
	pairs := make([]WindowRef, 0, count)
	traj, before := 0, 0 // pairs in trajectories below traj
	for k := range count {
		at := k * total / count
		for at-before >= max(ds.Frames(traj)-1, 0) {
			before += max(ds.Frames(traj)-1, 0)
			traj++
		}
		pairs = append(pairs, WindowRef{Traj: traj, Frame: at - before})
	}
	return pairs
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
