package train

import (
	"fmt"
	"strings"

	"github.com/eddy-pde/eddy/datasets"
)

// EventKind says what an Event is about.
type EventKind uint8

// What happens in a training, in the usual order.
const (
	Preparing EventKind = iota // the training data are about to be measured, which reads all of them
	Started                    // data, network and state are ready; Step is where it goes on
	Stepped                    // one optimiser step was made
	Validated                  // Validation is set
	Saved                      // a checkpoint is in place; Path is set
	Finished                   // the last step was made and saved
)

// String is the kind in lower case.
func (k EventKind) String() string {
	return [...]string{"preparing", "started", "stepped", "validated", "saved", "finished"}[k]
}

// Event tells an observer where a training stands.
type Event struct {
	Kind       EventKind
	Step       int         // optimiser steps made
	Steps      int         // steps planned; 0 where only the time is limited
	Epoch      int         // of the data, from 0
	Loss       float64     // of the last batch
	LR         float64     // of the last step
	GradNorm   float64     // before clipping
	Seconds    float64     // spent so far, resumed runs included
	Progress   float64     // 0 … 1: of steps or of time, whichever is more
	Validation *Validation // for Validated
	Path       string      // for Saved
}

// Report is the outcome of a training.
type Report struct {
	Step       int         // optimiser steps made, those of resumed runs included
	Epoch      int         // of the data, from 0
	Loss       float64     // of the last batch; 0 where no step was made
	Seconds    float64     // spent, resumed runs included
	Stopped    string      // "steps" or "time"
	Parameters int         // trainable reals
	Validation *Validation // at the end; nil without validation data
	Best       *Best       // nil without validation data
}

// LossError says that a training met a loss or gradient that is not finite. Nothing was changed by that step.
type LossError struct {
	Step       int         // the step that could not be made, from 1
	Loss, Norm float64     // loss and norm of the gradient
	Windows    []WindowRef // the batch
	Bad        []WindowRef // the windows of it that hold values which are not finite
	Checkpoint string      // the last good checkpoint; empty if there is none
	SavedStep  int         // its step
}

// WindowRef is a place in the data: frames from Frame of trajectory Traj.
type WindowRef = datasets.Ref

// Error is one line: step, values, batch, cause where it is in the data, and what is left.
func (e *LossError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "train: step %d: loss %g, gradient norm %g, expected finite numbers", e.Step, e.Loss, e.Norm)
	if len(e.Bad) > 0 {
		fmt.Fprintf(&b, "; the data hold values that are not finite in %s", windowList(e.Bad))
	} else {
		fmt.Fprintf(&b, "; batch: %s; lower optim.lr or set optim.clip", windowList(e.Windows))
	}
	if e.Checkpoint != "" {
		fmt.Fprintf(&b, "; last good checkpoint: %s of step %d", e.Checkpoint, e.SavedStep)
	}
	return b.String()
}

// windowList names windows, the first few of many.
func windowList(w []WindowRef) string {
	const most = 32
	parts := make([]string, 0, most+1)
	for i, r := range w {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(w)-most))
			break
		}
		parts = append(parts, fmt.Sprintf("trajectory %d frame %d", r.Traj, r.Frame))
	}
	return strings.Join(parts, ", ")
}

// InterruptedError says that the context ended a training. The state is saved; Unwrap gives the context's error.
type InterruptedError struct {
	Step int    // of the saved state
	Dir  string // the run; empty where nothing is saved
	Err  error
}

// Error is one line.
func (e *InterruptedError) Error() string {
	if e.Dir == "" {
		return fmt.Sprintf("train: interrupted after step %d: %v", e.Step, e.Err)
	}
	return fmt.Sprintf("train: interrupted after step %d, state saved in %s: %v", e.Step, e.Dir, e.Err)
}

// Unwrap is the context's error.
func (e *InterruptedError) Unwrap() error { return e.Err }
