package pde

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
)

// Laws of initial states of one field.
const (
	lawMatern   = "matern"   // ic.Matern
	lawSines    = "sines"    // ic.Sines
	lawPDEBench = "pdebench" // ic.PDEBench
	lawFourier  = "fourier"  // ic.Fourier
)

// Start are the settings of the law of initial states of equations of one field on a periodic box. Those of the law that is chosen count.
type Start struct {
	Initial   string  // matern: the FNO paper's Gaussian field; sines: LPSDA's waves; pdebench: PDEBench's two waves; fourier: exponax's truncated series
	Sigma     float64 // matern: scale σ of the law N(0, σ²(−Δ+τ²)^−γ)
	Tau       float64 // matern: inverse correlation length τ, in 1/length
	Gamma     float64 // matern: smoothness γ, dimensionless
	Mean      int     // matern: 1: initial states keep the mean that the law draws, of standard deviation σ/τ^γ on the unit interval; 0: they have zero mean
	Waves     int     // sines: number of waves
	Amplitude float64 // sines: largest amplitude of a wave; fourier: largest magnitude of the field, 0 where it is not scaled
	Highest   int     // sines, fourier: highest frequency, in waves per length
}

func (s *Start) settings() []setting {
	return []setting{
		choice("initial", "law of the initial states", &s.Initial, lawMatern, lawSines, lawPDEBench, lawFourier),
		number("sigma", "matern: scale σ of the law N(0, σ²(−Δ+τ²)^−γ)", &s.Sigma),
		number("tau", "matern: inverse length τ of that law", &s.Tau),
		number("gamma", "matern: exponent γ of that law", &s.Gamma),
		count("mean", "matern: 1: initial states keep the random mean that the law draws; 0: they have zero mean", &s.Mean),
		count("waves", "sines: number of waves of an initial state", &s.Waves),
		number("amplitude", "sines: largest amplitude of a wave; fourier: largest magnitude of the field, 0: as drawn", &s.Amplitude),
		count("highest", "sines, fourier: highest frequency, in waves per length", &s.Highest),
	}
}

// law makes the law on a grid, with no frequencies above limit.
func (s *Start) law(grid eddy.Grid, limit []int) (datasets.Initial, error) {
	if (s.Initial == lawSines || s.Initial == lawFourier) && s.Highest > limit[0] {
		return nil, fmt.Errorf("highest = %d, expected at most %d, the highest frequency that the solver keeps", s.Highest, limit[0])
	}
	if s.Mean != 0 && s.Mean != 1 {
		return nil, fmt.Errorf("mean = %d, expected 0 or 1", s.Mean)
	}
	switch s.Initial {
	case lawSines:
		return ic.Sines{Waves: s.Waves, Amplitude: s.Amplitude, Lowest: 1, Highest: s.Highest}.On(grid)
	case lawPDEBench:
		return ic.PDEBench{}.On(grid)
	case lawFourier:
		return ic.Fourier{Cutoff: s.Highest, Largest: s.Amplitude}.On(grid)
	}
	return ic.Matern{Sigma: s.Sigma, Tau: s.Tau, Gamma: s.Gamma, ZeroMean: s.Mean == 0, Limit: limit}.On(grid)
}

// FNO paper's Gaussian field of Burgers' task, LPSDA's waves of KS: what the keys of the laws that are not chosen stand at.
var start = Start{Sigma: 25, Tau: 5, Gamma: 2, Waves: 10, Amplitude: 0.5, Highest: 2}

// starting is start with a law chosen.
func starting(law string) Start {
	s := start
	s.Initial = law
	return s
}

// rescaled maps each state of a law linearly to values between 0 and 1; a constant state becomes ½.
func rescaled(law func(eddy.Grid, []int) (datasets.Initial, error)) func(eddy.Grid, []int) (datasets.Initial, error) {
	return func(grid eddy.Grid, limit []int) (datasets.Initial, error) {
		below, err := law(grid, limit)
		if err != nil {
			return nil, err
		}
		return unit{below}, nil
	}
}

type unit struct{ law datasets.Initial }

// Draw rescales a draw of the law.
func (u unit) Draw(rng *rand.Rand, dst []float64) error {
	if err := u.law.Draw(rng, dst); err != nil {
		return err
	}
	low, high := slices.Min(dst), slices.Max(dst)
	for i, x := range dst {
		if dst[i] = 0.5; high > low {
			dst[i] = (x - low) / (high - low)
		}
	}
	return nil
}
