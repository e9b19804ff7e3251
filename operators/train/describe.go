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
	if err := m.measure(ctx, ds, cfg.Normalise); err != nil {
		return Meta{}, err
	}
	if s := cfg.Objective.Scale; s > 0 {
		for i := range m.ResidualScale {
			m.ResidualScale[i] = s
		}
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
	case !slices.Equal(from.Normaliser.Log, m.Normaliser.Log):
		return errors.New("the run has other fields under normalise.log: use the same")
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

// measure takes normalisers, ranges and the unit of residuals from the training data.
func (m *Meta) measure(ctx context.Context, ds datasets.Dataset, cfg Normalise) error {
	if err := m.knows(cfg.Log); err != nil {
		return err
	}
	fields, err := m.statistics(ctx, ds, cfg)
	if err != nil {
		return err
	}
	m.Normaliser = *normaliserOf(fields, cfg.Kind)
	if m.Target == "residual" {
		if m.ResidualScale, err = residualScale(fields, m.Normaliser); err != nil {
			return err
		}
	}
	if len(m.Spec.Statics) > 0 {
		s, err := m.statistics(ctx, statics{ds}, cfg)
		if err != nil {
			return err
		}
		m.StaticNormaliser = normaliserOf(s, cfg.Kind)
	}
	if len(m.Spec.Params) > 0 {
		s, err := m.statistics(ctx, params{ds}, cfg)
		if err != nil {
			return err
		}
		m.CondNormaliser = normaliserOf(s, cfg.Kind)
	}
	return m.survey(ctx, ds)
}

// knows says which of the names is none of a field, a static field or a parameter.
func (m *Meta) knows(names []string) error {
	known := m.Spec.FieldNames()
	for _, f := range m.Spec.Statics {
		known = append(known, f.Name)
	}
	for _, p := range m.Spec.Params {
		known = append(known, p.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("train: normalise.log names %q, the data has %q", name, known)
		}
	}
	return nil
}

// statistics measures the fields of a data set and notes their ranges. A value that is not finite is an error that names its place.
func (m *Meta) statistics(ctx context.Context, ds datasets.Dataset, cfg Normalise) (datasets.Statistics, error) {
	spec := ds.Spec()
	var log []bool
	for c, name := range spec.FieldNames() {
		if slices.Contains(cfg.Log, name) {
			if log == nil {
				log = make([]bool, spec.Channels())
			}
			log[c] = true
		}
	}
	s, err := datasets.MeasureLog(ctx, ds, log)
	if err == nil {
		err = s.Finite()
	}
	if err != nil {
		return s, fmt.Errorf("train: statistics of the training data: %w", err)
	}
	for i, f := range spec.Fields {
		of := s.Fields[i]
		if of.Count == 0 {
			return s, errors.New("train: statistics of the training data: the data set holds no values")
		}
		if log != nil && log[i] && s.Log[i].NonFinite > 0 {
			return s, fmt.Errorf("train: normalise.log names %q, of which %d values are not positive, the least is %g", f.Name, s.Log[i].NonFinite, of.Min)
		}
		m.Ranges = append(m.Ranges, Range{Name: f.Name, Min: of.Min, Max: of.Max, Mean: of.Mean, Std: of.Std})
	}
	return s, nil
}

// statics is the static fields of a data set as a data set of their own, one frame a trajectory.
type statics struct{ datasets.Dataset }

func (s statics) Spec() eddy.Spec {
	spec := s.Dataset.Spec()
	spec.Fields = spec.Statics
	return spec
}

func (statics) Frames(int) int { return 1 }

func (s statics) Read(ctx context.Context, dst *eddy.Tensor, traj, _ int) error {
	return datasets.ReadCondition(ctx, s.Dataset, dst.Row(0), nil, traj)
}

// params is the parameters of a data set as a data set of their own, one frame of a single point a trajectory.
type params struct{ datasets.Dataset }

func (p params) Spec() eddy.Spec {
	spec := p.Dataset.Spec()
	spec.Fields, spec.Grid = nil, eddy.Grid{}
	for _, q := range spec.Params {
		spec.Fields = append(spec.Fields, eddy.Field{Name: q.Name})
	}
	return spec
}

func (params) Frames(int) int { return 1 }

func (p params) Read(ctx context.Context, dst *eddy.Tensor, traj, _ int) error {
	return datasets.ReadCondition(ctx, p.Dataset, nil, dst.Row(0), traj)
}

// normaliserOf makes a normaliser with one entry per element. What does not vary is only shifted.
func normaliserOf(s datasets.Statistics, kind string) *eddy.Normaliser {
	n := eddy.NoNormaliser(len(s.Fields))
	n.Kind = kind
	for i, m := range s.Fields {
		if s.Log != nil && s.Log[i].Count > 0 {
			if n.Log == nil {
				n.Log = make([]bool, len(s.Fields))
			}
			m, n.Log[i] = s.Log[i], true
		}
		switch kind {
		case "zscore":
			n.Shift[i], n.Scale[i] = m.Mean, m.Std
		case "rms":
			n.Scale[i] = m.RMS
		}
		if constant := 1e-6 * math.Abs(m.Mean); !(n.Scale[i] > constant) || !finite(n.Scale[i]) {
			n.Scale[i] = 1
		}
	}
	return &n
}

// residualScale is the root mean square change of each normalised field over one step. A field that never changes gets 1.
func residualScale(s datasets.Statistics, n eddy.Normaliser) ([]float64, error) {
	scale := make([]float64, len(s.Delta))
	for c, d := range s.Delta {
		if n.Logarithmic(c) {
			d = s.LogDelta[c]
		}
		if d.Count == 0 {
			return nil, errors.New("train: objective.target = \"residual\" needs trajectories of at least 2 frames")
		}
		if scale[c] = d.RMS / n.Scale[c]; !(scale[c] > 0) || !finite(scale[c]) {
			scale[c] = 1
		}
	}
	return scale, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
