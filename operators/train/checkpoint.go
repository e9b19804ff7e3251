package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"github.com/eddy-pde/eddy/internal/safetensors"
	"github.com/eddy-pde/eddy/operators/nn"
)

// Prefixes of the tensors in a state file.
const (
	weightsPrefix = "weights."
	emaPrefix     = "ema."
	momentPrefix  = "adamw.m."
	squarePrefix  = "adamw.v."
	rngName       = "rng"
)

// stateKey is the entry of a state file's metadata that holds stateRecord as JSON.
const stateKey = "eddy-state"

// stateRecord is what a state file holds beside arrays.
type stateRecord struct {
	Format   int      `json:"format"`
	Meta     Meta     `json:"meta"`     // as in model.safetensors; Meta.Step is the step of the state
	Config   Config   `json:"config"`   // what the run was started with
	Position Position `json:"position"` // of the next batch
	Windows  int      `json:"windows"`  // windows in the training data, to notice that they changed
	Seconds  float64  `json:"seconds"`  // spent so far
	Best     *Best    `json:"best,omitempty"`

	Pending *stepResult `json:"pending,omitempty"` // the last step, where it was interrupted before its validation and row
}

// Position is a place in the stream of training batches: batch Index of the permutation that belongs to Epoch (and the seed).
type Position struct {
	Epoch int `json:"epoch"`
	Index int `json:"index"`
}

// Best is the best validation so far.
type Best struct {
	Step       int        `json:"step"`
	Validation Validation `json:"validation"`
}

// state is a training between two steps.
type state struct {
	stateRecord
	optimiser *optimiser
	rng       *rand.PCG
}

// write puts the whole state into a file.
func (s *state) write(path string) error {
	s.Format = formatVersion
	record, err := json.Marshal(s.stateRecord)
	if err != nil {
		return fmt.Errorf("train: state: %w", err)
	}
	rng, err := s.rng.MarshalBinary()
	if err != nil {
		return fmt.Errorf("train: state: %w", err)
	}
	o := s.optimiser
	tensors := []safetensors.Tensor{safetensors.FromUint8(rngName, rng, len(rng))}
	for i, p := range o.params {
		add := func(prefix string, data []float32) {
			tensors = append(tensors, safetensors.FromFloat32(prefix+p.Name, data, p.Shape()...))
		}
		add(weightsPrefix, p.Data())
		add(momentPrefix, o.m[i])
		add(squarePrefix, o.v[i])
		if o.ema != nil {
			add(emaPrefix, o.ema[i])
		}
	}
	return safetensors.Write(path, map[string]string{stateKey: string(record)}, tensors)
}

// readState puts a file that write made into the parameters and a new optimiser.
func readState(path string, params []*nn.Param) (*state, error) {
	f, err := safetensors.Read(path)
	if err != nil {
		return nil, err
	}
	s, err := decodeState(f, params)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func decodeState(f *safetensors.File, params []*nn.Param) (*state, error) {
	text, ok := f.Metadata[stateKey]
	if !ok {
		return nil, errors.New("train: the file is not the state of a run")
	}
	s := &state{rng: &rand.PCG{}}
	if err := json.Unmarshal([]byte(text), &s.stateRecord); err != nil {
		return nil, fmt.Errorf("train: state: %w", err)
	}
	if s.Format != formatVersion {
		return nil, fmt.Errorf("train: state of format %d, this version reads %d", s.Format, formatVersion)
	}
	if err := s.Meta.Validate(); err != nil {
		return nil, err
	}
	rng, ok := f.Lookup(rngName)
	if !ok {
		return nil, fmt.Errorf("train: tensor %q is missing", rngName)
	}
	if err := s.rng.UnmarshalBinary(rng.Data); err != nil {
		return nil, fmt.Errorf("train: state: random numbers: %w", err)
	}
	s.optimiser = newOptimiser(s.Config.Optim, params)
	s.optimiser.step = s.Meta.Step
	return s, s.decodeArrays(f, params)
}

func (s *state) decodeArrays(f *safetensors.File, params []*nn.Param) error {
	o := s.optimiser
	parts := []struct {
		prefix string
		dst    func(i int) []float32
	}{
		{weightsPrefix, func(i int) []float32 { return params[i].Data() }},
		{momentPrefix, func(i int) []float32 { return o.m[i] }},
		{squarePrefix, func(i int) []float32 { return o.v[i] }},
		{emaPrefix, func(i int) []float32 { return o.ema[i] }},
	}
	if o.ema == nil {
		parts = parts[:3]
	}
	for _, part := range parts {
		if err := fill(f, part.prefix, params, part.dst); err != nil {
			return err
		}
	}
	return nil
}

// save writes a checkpoint in the order that makes a crash between any two files harmless: the state first, then what can be made from it (writeModels).
func (t *Trainer) save() error {
	if t.Run.Dir == "" {
		return nil
	}
	s := t.state
	s.Seconds = t.seconds()
	if err := t.log.sync(); err != nil {
		return t.unsaved(err)
	}
	if err := s.write(filepath.Join(t.Run.Dir, StateFile)); err != nil {
		return t.unsaved(err)
	}
	t.saved = s.Meta.Step
	t.hook(StateFile)
	if err := t.writeModels(); err != nil {
		return t.unsaved(err)
	}
	return t.tell(Event{Kind: Saved, Path: filepath.Join(t.Run.Dir, StateFile)})
}

// writeModels writes the files that follow from the state alone. A resumed run begins with it, in case a crash cut its last checkpoint off after the state: the
// best weights are either those of the state or were in place before it.
func (t *Trainer) writeModels() error {
	if t.Run.Dir == "" {
		return nil
	}
	s := t.state
	if err := WriteWeights(filepath.Join(t.Run.Dir, ModelFile), s.Meta, s.optimiser.params, s.optimiser.averaged); err != nil {
		return err
	}
	t.hook(ModelFile)
	if s.Best == nil || s.Best.Step != s.Meta.Step {
		return nil
	}
	if err := WriteWeights(filepath.Join(t.Run.Dir, BestFile), s.Meta, s.optimiser.params, s.optimiser.averaged); err != nil {
		return err
	}
	t.hook(BestFile)
	return nil
}

// unsaved says what is left on disk when a checkpoint could not be written.
func (t *Trainer) unsaved(err error) error {
	if t.saved < 0 {
		return fmt.Errorf("train: checkpoint at step %d not written: %w", t.state.Meta.Step, err)
	}
	return fmt.Errorf("train: checkpoint at step %d not written (the run is kept as of step %d): %w", t.state.Meta.Step, t.saved, err)
}

// hook tells a test that a file of a checkpoint is in place.
func (t *Trainer) hook(name string) {
	if t.afterWrite != nil {
		t.afterWrite(name)
	}
}
