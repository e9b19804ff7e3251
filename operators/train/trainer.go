package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/operators/nn"
)

// Run says where a training is kept and what its network is called. The zero value keeps nothing and has a history of one state.
type Run struct {
	Dir          string          // folder of the run; empty: no files
	Kind         string          // architecture, for the checkpoints' Meta
	Architecture json.RawMessage // its config, for the checkpoints' Meta
	History      int             // states that the network sees; 0 means 1
}

// Trainer fits one network. Set the exported fields before Fit or Resume; a Trainer is used once and by one goroutine.
type Trainer struct {
	Run Run

	// NewObjective makes another objective than the one that the config names; needed for the kind "refiner".
	NewObjective func(meta Meta) (Objective, error)
	// NewModel makes the model that validations roll out; nil means NewPredictor.
	NewModel func(m Module, meta Meta) (eddy.Model, error)
	// Observe is called after every step and whenever something else happened, in the goroutine of Fit; nil for nobody.
	Observe func(Event)
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	module Module
	config Config
	state  *state
	log    *runLog
	step   *trainStep
	valid  *validator // nil without validation data
	feed   *feed
	saved  int       // step of the last state on disk, −1 for none
	began  time.Time // when this process began to train
	before float64   // seconds spent before that
	last   stepResult

	afterWrite func(name string) // for tests
}

// New makes a Trainer of a network and a config; the config's faults are all in the error.
func New(m Module, cfg Config) (*Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := nn.CheckNames(m.Params()); err != nil {
		return nil, err
	}
	return &Trainer{module: m, config: cfg, saved: -1}, nil
}

// Fit trains on the windows of train and validates on valid, which may be nil. It fails if Run.Dir already holds a run.
//
// When ctx is done, the state is saved and the error is an *InterruptedError that wraps ctx.Err(). A loss that is not finite gives a *LossError. A checkpoint
// that cannot be written ends the training with an error; what was saved before stays.
func (t *Trainer) Fit(ctx context.Context, train, valid datasets.Dataset) (rep Report, err error) {
	defer eddy.Recover(&err)
	if err := t.fresh(ctx, train); err != nil {
		return Report{}, err
	}
	defer t.close(&err)
	return t.run(ctx, train, valid)
}

// Resume goes on with the run in Run.Dir. Config, network and data must be those that the run was started with, except for keys that only decide when to stop,
// validate and save.
func (t *Trainer) Resume(ctx context.Context, train, valid datasets.Dataset) (rep Report, err error) {
	defer eddy.Recover(&err)
	if err := t.reopen(train); err != nil {
		return Report{}, err
	}
	defer t.close(&err)
	return t.run(ctx, train, valid)
}

// fresh makes the state before the first step and the folder of the run.
func (t *Trainer) fresh(ctx context.Context, train datasets.Dataset) error {
	if t.Run.Dir != "" {
		if _, err := os.Stat(filepath.Join(t.Run.Dir, StateFile)); err == nil {
			return fmt.Errorf("train: %s already holds a run: resume it or choose another folder", t.Run.Dir)
		}
		if err := os.MkdirAll(t.Run.Dir, 0o755); err != nil {
			return fmt.Errorf("train: run folder: %w", err)
		}
	}
	if t.Observe != nil {
		t.Observe(Event{Kind: Preparing, Steps: t.config.Train.Steps})
	}
	meta, err := t.describe(ctx, train)
	if err != nil {
		return err
	}
	t.state = &state{
		stateRecord: stateRecord{Meta: meta, Config: t.config},
		optimiser:   newOptimiser(t.config.Optim, t.module.Params()),
		rng:         rand.NewPCG(t.config.Seed, noiseStream),
	}
	if t.Run.Dir == "" {
		return nil
	}
	t.log, err = openRunLog(t.Run.Dir, none)
	return err
}

// noiseStream tells the random numbers of objectives from those of other uses of the same seed.
const noiseStream = 0x6e6f697365 // "noise"

// reopen reads the state of a run.
func (t *Trainer) reopen(train datasets.Dataset) error {
	path := filepath.Join(t.Run.Dir, StateFile)
	s, err := readState(path, t.module.Params())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("train: nothing to resume: %w", err)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(t.config.checkResume(s.Config), t.Run.checkArchitecture(s.Meta)); err != nil {
		return err
	}
	spec := s.Meta.Spec
	if err := checkTrainingData(spec, specOf(train, t.Run.History)); err != nil {
		return fmt.Errorf("train: the run %s: %w", t.Run.Dir, err)
	}
	t.state, t.saved, t.before = s, s.Meta.Step, s.Seconds
	s.Config = t.config
	s.Meta.Training = &s.Config
	t.log, err = openRunLog(t.Run.Dir, upTo(s.Meta.Step))
	return err
}

// checkTrainingData compares what a run was trained on with what it is to go on with.
func checkTrainingData(made, now eddy.Spec) error {
	if err := made.CheckData(now); err != nil {
		return err
	}
	if made.History != now.History {
		return fmt.Errorf("history is %d, the run has %d", now.History, made.History)
	}
	if !eddy.SameShape(made.Grid.Shape(), now.Grid.Shape()) {
		return fmt.Errorf("grid: the data has %v, the run was trained on %v", now.Grid, made.Grid)
	}
	return nil
}

// close ends what Fit opened.
func (t *Trainer) close(err *error) {
	if t.feed != nil {
		t.feed.close()
	}
	if e := t.log.close(); e != nil && *err == nil {
		*err = fmt.Errorf("train: %w", e)
	}
}

func (t *Trainer) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

// seconds is the time spent so far, earlier processes included.
func (t *Trainer) seconds() float64 { return t.before + t.now().Sub(t.began).Seconds() }

// tell fills in where the training stands, writes an event to the log unless it is about a mere step, and calls the observer.
func (t *Trainer) tell(e Event) error {
	s := t.state
	e.Step, e.Steps, e.Epoch = s.Meta.Step, t.config.Train.Steps, s.Position.Epoch
	e.Loss, e.LR, e.GradNorm = t.last.Loss, t.last.LR, t.last.Norm
	e.Seconds = t.seconds()
	e.Progress = progress(t.config.Train, s.Meta.Step, e.Seconds)
	var err error
	if e.Kind != Stepped {
		err = t.log.event(event{
			Step: e.Step, Event: e.Kind.String(), Seconds: e.Seconds, Time: t.now().UTC().Format(time.RFC3339),
			File: filepath.Base(e.Path), Validation: e.Validation,
		})
	}
	if t.Observe != nil {
		t.Observe(e)
	}
	return err
}
