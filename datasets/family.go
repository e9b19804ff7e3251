package datasets

import (
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
)

// Family is an equation of which each trajectory has parameters or static fields of its own: its Spec lists them as Params and Statics, its Step takes them from
// Input.Cond and Input.Static. Generate draws a member for every trajectory and hands what was drawn to a [ConditionWriter].
type Family interface {
	eddy.Model
	// Condition draws the static fields [F, X…] and the parameters [P] of one trajectory; either is empty where Spec has none. A draw depends on rng alone.
	Condition(rng *rand.Rand, static, cond []float64) error
	// Member is the solver with these static fields and parameters fixed, which may be Restricted, and the law of its initial states. Its Spec has the frame shape
	// of the family's, no Statics and no Params. An error names the parameter that has no solver.
	Member(static, cond []float64) (eddy.Precise, Initial, error)
}

// Traced is a solver that takes substeps and can find the one in which a state was lost.
type Traced interface {
	eddy.Precise
	// Trace takes one step from the state u [C, X…], which it leaves alone, and reports the first substep, counted from 1, after which a value was NaN or infinite,
	// and its time since u; 0 where all of them are finite.
	Trace(u []float64) (substep int, time float64)
}
