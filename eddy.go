package eddy

import "context"

// Input is what a Model sees before a step.
type Input struct {
	U      *Tensor   // [B, H, C, X…], the states, newest last, in physical units
	Static *Tensor   // [B, F, X…], fields that do not change; nil where Spec.Statics is empty
	Cond   *Tensor   // [B, P], scalars of the equation; nil where Spec.Params is empty
	T      []float64 // [B], time of the newest state; nil where time does not enter
}

// Model advances a batch of states by one step of Spec().Dt.
//
// Step writes the next state into dst [B, C, X…], which must not alias in. It keeps no reference to its arguments, does not change in, and gives the same
// result for the same input whatever the number of threads and whatever else the batch holds. A Model is safe for concurrent use unless its doc says
// otherwise. Step returns ctx.Err() when ctx is done before the step began, and *ShapeError when a shape does not fit. A state that has become non-finite is not
// an error of Step: rollouts look for it and report it as divergence.
type Model interface {
	Spec() Spec
	Step(ctx context.Context, dst *Tensor, in Input) error
}

// Precise is a Model that can carry its state in float64 between steps, as solvers do. Rollouts and generators use it where it exists.
type Precise interface {
	Model
	// Step64 advances u [B, C, X…] (flat, row-major) into dst of the same length; dst may be u. B is len(u) divided by the size of one state.
	Step64(ctx context.Context, dst, u []float64) error
}

// Key names one random stream: results depend on it alone, not on the order of work, the batch or the number of threads.
type Key struct{ Seed, Trajectory, Member, Step uint64 }

// Ensemble is a Model that can draw samples. Sample writes one draw of the next state per row; row b uses the random stream keys[b].
type Ensemble interface {
	Model
	Sample(ctx context.Context, dst *Tensor, in Input, keys []Key) error
}

// Trajectory is a batch of state sequences with what is needed to read them.
type Trajectory struct {
	Spec   Spec
	Frames *Tensor   // [B, T, C, X…]
	T      []float64 // [T], times of the frames
}
