package train

import (
	"context"
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/rollout"
)

// surveyed is the number of states of the training data, evenly spread, that an envelope is made of. Their number bounds the time that it takes, some tenths of a
// millisecond each; the ranges of values are those of all states.
const surveyed = 4096

// survey makes the envelope of the training data, whose ranges are known.
func (m *Meta) survey(ctx context.Context, ds datasets.Dataset) error {
	total := 0
	for i := range ds.Len() {
		total += ds.Frames(i)
	}
	every := max(1, (total+surveyed-1)/surveyed)
	s := rollout.NewSurveyor(ds.Spec())
	frame := eddy.NewTensor(append([]int{1}, ds.Spec().FrameShape()...)...)
	next, before := 0, 0 // of all frames of all trajectories, counted on: the one to look at, those of the trajectories before
	for traj := range ds.Len() {
		for ; next < before+ds.Frames(traj); next += every {
			if err := ds.Read(ctx, frame, traj, next-before); err != nil {
				return fmt.Errorf("train: envelope of the training data: %w", err)
			}
			s.Add(frame.Row(0))
		}
		before += ds.Frames(traj)
	}
	m.Envelope = s.Envelope()
	m.bound(m.Envelope)
	return nil
}

// bound gives an envelope the ranges of the record: of fields, and of scalars.
func (m *Meta) bound(e *rollout.Envelope) {
	of := map[string]rollout.Bounds{}
	for _, r := range m.Ranges {
		of[r.Name] = rollout.Bounds{Low: r.Min, High: r.Max}
	}
	for c := range e.Fields {
		if b, ok := of[e.Fields[c].Name]; ok {
			e.Fields[c].Value = b
		}
	}
	for _, p := range m.Spec.Params {
		if b, ok := of[p.Name]; ok {
			e.Params = append(e.Params, rollout.ParamBounds{Name: p.Name, Bounds: b})
		}
	}
}

// Validity is what the model of the record was trained on: its Envelope, or for a run that was made before there were any, one that knows ranges of values alone. nil
// where the record holds neither, as that of imported weights.
func (m Meta) Validity() *rollout.Envelope {
	switch {
	case m.Envelope != nil:
		return m.Envelope
	case len(m.Ranges) < m.Spec.Channels():
		return nil
	}
	e := &rollout.Envelope{}
	for _, f := range m.Spec.Fields {
		e.Fields = append(e.Fields, rollout.FieldEnvelope{Name: f.Name})
	}
	m.bound(e)
	return e
}
