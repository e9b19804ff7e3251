// Package datasets holds trajectories: what a data set is, windows and batches drawn from it, statistics, splits and generation by a solver.
// Layouts of files live in the folders below; package open recognises them.
package datasets

import (
	"context"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
)

// Dataset is a set of trajectories. Implementations are safe for concurrent use and read no more than they are asked for.
type Dataset interface {
	Spec() eddy.Spec
	Len() int            // number of trajectories
	Frames(traj int) int // number of frames of one trajectory
	// Read fills dst [T, C, X…] with frames frame … frame+T−1 of one trajectory, in physical units.
	Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error
}

// Conditioned is a Dataset whose trajectories carry static fields or scalars of the equation.
type Conditioned interface {
	Dataset
	// Condition fills static [F, X…] and cond [P] of one trajectory; either is nil where Spec has none.
	Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error
}

// Initial draws initial states. A draw depends on rng alone.
type Initial interface {
	Draw(rng *rand.Rand, dst []float64) error // dst is one state [C, X…], flat
}

// Meta is what a writer records beside the frames: everything needed to make the file again.
type Meta struct {
	Spec         eddy.Spec
	Trajectories int
	Frames       int               // frames per trajectory
	T            []float64         // [Frames]
	Attributes   map[string]string // generating parameters by name ("viscosity" → "0.01", "seed" → "7", "split" → "train")
	Float64      bool              // storage precision
}

// Writer receives trajectories in order.
type Writer interface {
	// Begin is called once. It returns the number of trajectories that an interrupted earlier run has already written, 0 for a fresh file.
	Begin(ctx context.Context, m Meta) (done int, err error)
	// Write appends trajectory traj; frames is [Frames, C, X…], flat, float64.
	Write(ctx context.Context, traj int, frames []float64) error
	// Close finishes the file (statistics, rename into place) and must be called once.
	Close(ctx context.Context) error
}

// ConditionWriter is a Writer that also takes what a Conditioned data set hands over.
type ConditionWriter interface {
	Writer
	// WriteCondition stores the static fields [F, X…] and the parameters [P] of the trajectory that Write stores next; either is empty where Spec has none.
	WriteCondition(ctx context.Context, traj int, static, cond []float64) error
}
