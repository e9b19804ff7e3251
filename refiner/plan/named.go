package plan

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy/refiner/process"
)

// Refiner is the name of PDE-Refiner's own sampler.
const Refiner = "refiner"

var named = map[string]Options{
	Refiner:       {Eta: math.Inf(1)},
	"ddpm":        {Eta: 1},
	"ddim":        {},
	"dpm++2m":     {Order: 2, Midpoint: true},
	"dpm++3m":     {Order: 3},
	"sde-dpm++2m": {Order: 2, Eta: 1},
	"deis2":       {Order: 2, Prediction: Noise},
	"deis3":       {Order: 3, Prediction: Noise},
	"unipc2":      {Order: 2, Corrector: true},
	"unipc3":      {Order: 3, Corrector: true},
}

// Names lists the samplers that Named knows:
//
//	refiner      PDE-Refiner: every step takes the prediction and puts fresh noise on it
//	ddpm         ancestral sampling; first-order stochastic DPM-Solver++
//	ddim         first order without noise; also DPM-Solver++ 1
//	dpm++2m      DPM-Solver++ multistep of order 2, in the form of its paper
//	dpm++3m      of order 3, with the second difference weighed as its order needs
//	sde-dpm++2m  stochastic DPM-Solver++ of order 2
//	deis2 deis3  DEIS with polynomials in λ: the same in terms of the noise
//	unipc2 unipc3  UniPC: DPM-Solver++ with a corrector
func Names() []string { return slices.Sorted(maps.Keys(named)) }

// Named compiles a sampler of that name over levels from the noisiest to the cleanest.
func Named(name string, levels []process.Level) (Plan, error) {
	o, ok := named[name]
	if !ok {
		return Plan{}, fmt.Errorf("plan: no sampler %q, expected one of %s", name, strings.Join(Names(), ", "))
	}
	o.Name = name
	return ExpInt(levels, o)
}
