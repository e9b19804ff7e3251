package gp

import (
	"errors"
	"fmt"
	"slices"
)

// The solvers.
const (
	FDSM = "fdsm" // fast-diagonalised spectral-mixture GP: ours
	GPHM = "gphm" // the published GP-HM loss
	Cheb = "cheb" // classical Chebyshev collocation
)

// The feature plans of fdsm.
const (
	PlanAuto     = "auto"     // complete where that resolves the problem, else the plan with the smaller residual
	PlanComplete = "complete" // every polynomial up to the number of points
	PlanFeatures = "features" // polynomial-modulated waves at the frequencies of the data
)

// Steps of gphm where Options.Iterations is 0.
const (
	ProfiledSteps = 400
	AdamSteps     = 2000
)

// Options steers Solve. The zero value is a good default.
type Options struct {
	Solver     string  `toml:"-"`          // FDSM (default), GPHM or Cheb
	Seed       uint64  `toml:"-"`          // of everything random
	Plan       string  `toml:"plan"`       // fdsm: PlanAuto (default), PlanComplete or PlanFeatures
	Tolerance  float64 `toml:"tolerance"`  // of nonlinear and Krylov iterations, relative; 0 is 1e-12
	Iterations int     `toml:"iterations"` // gphm: steps of the optimiser (0: ProfiledSteps or AdamSteps); fdsm: cap of Newton steps (0: 30)
	Seconds    float64 `toml:"seconds"`    // gphm: wall time after which the best point so far is taken; 0 is no limit
	Starts     int     `toml:"starts"`     // fdsm with noise: starting points of the evidence; 0 is 4

	Kernel         string                            `toml:"kernel"`          // gphm: "gm" (default) or "stm"
	Mode           string                            `toml:"mode"`            // gphm: "profiled" (default) or "adam"
	Components     int                               `toml:"components"`      // gphm: Q; 0 is 30
	FreqScale      float64                           `toml:"freq_scale"`      // gphm: F, largest initial frequency in cycles per unit; 0 is 20
	LearningRate   float64                           `toml:"learning_rate"`   // gphm: of Adam; 0 is 1e-2
	BoundaryWeight float64                           `toml:"boundary_weight"` // gphm: lambda_b; 0 is 200
	Progress       func(iteration int, loss float64) `toml:"-"`
}

// Validate lists every fault.
func (o Options) Validate() error {
	var errs []error
	one := func(key, got string, want ...string) {
		if got == "" || slices.Contains(want, got) {
			return
		}
		errs = append(errs, fmt.Errorf("gp: %s = %q, expected one of %v", key, got, want))
	}
	one("solver", o.Solver, FDSM, GPHM, Cheb)
	one("options.plan", o.Plan, PlanAuto, PlanComplete, PlanFeatures)
	one("options.kernel", o.Kernel, "gm", "stm")
	one("options.mode", o.Mode, "profiled", "adam")
	for _, n := range []struct {
		key string
		v   float64
	}{
		{"tolerance", o.Tolerance},
		{"iterations", float64(o.Iterations)},
		{"seconds", o.Seconds},
		{"starts", float64(o.Starts)},
		{"components", float64(o.Components)},
		{"freq_scale", o.FreqScale},
		{"learning_rate", o.LearningRate},
		{"boundary_weight", o.BoundaryWeight},
	} {
		if n.v < 0 || !finite(n.v) {
			errs = append(errs, fmt.Errorf("gp: options.%s = %g, expected zero (the default) or more", n.key, n.v))
		}
	}
	return errors.Join(errs...)
}

func (o Options) withDefaults() Options {
	set := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	name := func(v *string, d string) {
		if *v == "" {
			*v = d
		}
	}
	name(&o.Solver, FDSM)
	name(&o.Plan, PlanAuto)
	name(&o.Kernel, "gm")
	name(&o.Mode, "profiled")
	set(&o.Tolerance, 1e-12)
	set(&o.FreqScale, 20)
	set(&o.LearningRate, 1e-2)
	set(&o.BoundaryWeight, 200)
	if o.Starts == 0 {
		o.Starts = 4
	}
	if o.Components == 0 {
		o.Components = 30
	}
	return o
}
