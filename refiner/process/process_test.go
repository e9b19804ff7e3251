package process_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy/refiner/process"
)

func processes() map[string]process.Process {
	return map[string]process.Process{
		"vp":             process.VP{Beta0: 0.1, Beta1: 20},
		"cosine":         process.Cosine{},
		"ve":             process.VE{Min: 0.01, Max: 50},
		"mean-reverting": process.MeanReverting{Theta: 5, Spread: 0.3},
		"ouve":           process.OUVE{Theta: 1.5, Min: 0.05, Max: 0.5},
	}
}

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol*math.Max(1, math.Abs(b)) }

// Values of these processes computed with the formulas of their papers in another program.
func TestLevelsArePublishedOnes(t *testing.T) {
	const tol = 1e-9 // the digits given
	for name, c := range map[string]struct {
		got  process.Level
		want [2]float64
	}{
		"vp 0.5":    {process.VP{Beta0: 0.1, Beta1: 20}.At(0.5), [2]float64{0.2811828807967524, 0.9596542020680363}},
		"ouve 0.03": {process.OUVE{Theta: 1.5, Min: 0.05, Max: 0.5}.At(0.03), [2]float64{0.9559974818, 0.0188300999}},
		"ouve 0.5":  {process.OUVE{Theta: 1.5, Min: 0.05, Max: 0.5}.At(0.5), [2]float64{0.4723665527, 0.1216573339}},
		"ouve 1":    {process.OUVE{Theta: 1.5, Min: 0.05, Max: 0.5}.At(1), [2]float64{0.2231301601, 0.3889826582}},
	} {
		if !near(c.got.Alpha, c.want[0], tol) || !near(c.got.Sigma, c.want[1], tol) {
			t.Errorf("%s: α, σ = %v, %v, want %v", name, c.got.Alpha, c.got.Sigma, c.want)
		}
	}
	if l := (process.VP{Beta0: 0.1, Beta1: 20}).At(0.5).Lambda(); !near(l, -1.2275677344107871, 1e-12) {
		t.Errorf("λ = %v", l)
	}
}

// λ falls with time, and Time finds the way back.
func TestTimeInvertsLambda(t *testing.T) {
	for name, p := range processes() {
		clean, noisy := p.Range()
		last := math.Inf(1)
		for i := range 101 {
			time := clean + (noisy-clean)*float64(i)/100
			lambda := p.At(time).Lambda()
			if lambda >= last {
				t.Errorf("%s: λ = %g at t = %g, which is not below %g", name, lambda, time, last)
			}
			last = lambda
			if back := p.Time(lambda); !near(back, time, 1e-10) {
				t.Errorf("%s: t = %.15g comes back as %.15g", name, time, back)
			}
		}
	}
}

// Beyond the range of a process, Time is its nearer end.
func TestTimeStaysInRange(t *testing.T) {
	for name, p := range processes() {
		clean, noisy := p.Range()
		first, last := p.At(clean).Lambda(), p.At(noisy).Lambda()
		for lambda, want := range map[float64]float64{first + 1: clean, 1e9: clean, math.Inf(1): clean, last - 1: noisy, -1e9: noisy, math.Inf(-1): noisy} {
			if got := p.Time(lambda); !near(got, want, 1e-10) {
				t.Errorf("%s: λ = %g is at t = %g, want %g", name, lambda, got, want)
			}
		}
	}
}

// drift gives, for each process, the coefficients of the stochastic differential equation dx = f·x dt + g dW that it is the solution of.
func drift(name string, t float64) (f, g float64) {
	switch name {
	case "vp":
		beta := 0.1 + t*(20-0.1)
		return -0.5 * beta, math.Sqrt(beta)
	case "cosine": // α = cos: f = α'/α, g² = (σ²)' − 2fσ²
		s, c := math.Sincos(0.5 * math.Pi * t)
		f = -0.5 * math.Pi * s / c
		return f, math.Sqrt(math.Pi*s*c - 2*f*s*s)
	case "ve":
		l := math.Log(50 / 0.01)
		return 0, 0.01 * math.Exp(l*t) * math.Sqrt(2*l)
	case "mean-reverting":
		return -5, 0.3 * math.Sqrt(2*5)
	}
	l := math.Log(10)
	return -1.5, 0.05 * math.Exp(l*t) * math.Sqrt(2*l)
}

// Mean and variance of the stochastic differential equation follow α and σ: dα/dt = f·α and dσ²/dt = 2fσ² + g².
func TestLevelsSolveTheMomentEquations(t *testing.T) {
	const h = 1e-6
	const tol = 1e-6 // rounding over h, and h² times third derivatives
	for name, p := range processes() {
		for _, time := range []float64{0.05, 0.3, 0.7, 0.95} {
			f, g := drift(name, time)
			lo, mid, hi := p.At(time-h), p.At(time), p.At(time+h)
			if d := (hi.Alpha - lo.Alpha) / (2 * h); !near(d, f*mid.Alpha, tol) {
				t.Errorf("%s at %g: dα/dt = %g, want %g", name, time, d, f*mid.Alpha)
			}
			want := 2*f*mid.Sigma*mid.Sigma + g*g
			if d := (hi.Sigma*hi.Sigma - lo.Sigma*lo.Sigma) / (2 * h); !near(d, want, tol) {
				t.Errorf("%s at %g: dσ²/dt = %g, want %g", name, time, d, want)
			}
		}
	}
}

// A simulated forward equation has the mean and the spread that the process says.
func TestForwardSimulationHasTheMoments(t *testing.T) {
	p := process.MeanReverting{Theta: 5, Spread: 0.3}
	rng := rand.New(rand.NewPCG(4, 2))
	const paths, steps, x0 = 20_000, 200, 0.7
	const h = 0.5 / steps
	var mean, square float64
	for range paths {
		x := x0
		for range steps {
			x += -5*x*h + 0.3*math.Sqrt(2*5*h)*rng.NormFloat64()
		}
		mean += x / paths
		square += x * x / paths
	}
	want := p.At(0.5)
	spread := math.Sqrt(square - mean*mean)
	const tol = 0.01 // five standard errors of 20,000 paths, and the first order of the steps
	if !near(mean, want.Alpha*x0, tol) || !near(spread, want.Sigma, tol) {
		t.Errorf("mean %g, spread %g; want %g, %g", mean, spread, want.Alpha*x0, want.Sigma)
	}
}

// The schedule of PDE-Refiner: values computed from its formulas, for K = 3 with the released variance 4e-7 and the paper's 2e-7.
func TestExponentialScheduleIsPublished(t *testing.T) {
	released := process.Exponential{Steps: 3, SigmaMin: math.Sqrt(4e-7), Preserving: true}
	for k, want := range []struct{ alpha2, sigma float64 }{{0.9999996, 6.32e-4}, {0.99994531, 7.395e-3}, {0.99257765, 8.615e-2}, {0, 1}} {
		l := released.At(float64(k))
		if !near(l.Alpha*l.Alpha, want.alpha2, 1e-8) || math.Abs(l.Sigma/want.sigma-1) > 1e-3 {
			t.Errorf("released, level %d: ᾱ = %.8f, σ = %.4g; want %.8f, %.4g", k, l.Alpha*l.Alpha, l.Sigma, want.alpha2, want.sigma)
		}
	}
	paper := process.Exponential{Steps: 3, SigmaMin: math.Sqrt(2e-7)}
	for k, want := range []float64{4.47e-4, 5.85e-3, 7.65e-2} {
		if l := paper.At(float64(k)); l.Alpha != 1 || math.Abs(l.Sigma/want-1) > 2e-3 {
			t.Errorf("paper, level %d: α = %g, σ = %.4g; want 1, %.4g", k, l.Alpha, l.Sigma, want)
		}
	}
	for _, p := range []process.Exponential{released, paper} {
		if l := p.Levels(); len(l) != 4 || l[0].Alpha != 0 || l[0].Sigma != 1 || l[3] != p.At(0) {
			t.Errorf("levels %v", l)
		}
		for k := range 4 {
			if back := p.Time(p.At(float64(k)).Lambda()); back != float64(k) {
				t.Errorf("level %d comes back as %g", k, back)
			}
		}
	}
	narrow := process.Exponential{Steps: 2, SigmaMin: 1e-3, SigmaMax: 0.1}
	if a, b := narrow.At(1).Sigma, narrow.At(0).Sigma; !near(a, 0.01, 1e-12) || !near(b, 1e-3, 1e-12) {
		t.Errorf("from 0.1: σ = %g, %g; want 0.01, 0.001", a, b)
	}
	if l := (process.Exponential{}).Levels(); len(l) != 1 || l[0].Sigma != 1 {
		t.Errorf("without steps: %v", l)
	}
}

func TestExponentialRefuses(t *testing.T) {
	for _, p := range []process.Exponential{{Steps: -1, SigmaMin: 0.1}, {Steps: 2}, {Steps: 2, SigmaMin: 1}, {Steps: 2, SigmaMin: math.NaN()}, {Steps: 2, SigmaMin: 0.2, SigmaMax: 0.1}, {Steps: 2, SigmaMin: 0.2, SigmaMax: 3}} {
		if p.Validate() == nil {
			t.Errorf("%+v was accepted", p)
		}
	}
	if err := (process.Exponential{Steps: 3, SigmaMin: 1e-3}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestUniformLevelsAreEquallyFarApart(t *testing.T) {
	for name, p := range processes() {
		levels := process.Uniform(p, 8)
		h := levels[1].Lambda() - levels[0].Lambda()
		for i := range 8 {
			if d := levels[i+1].Lambda() - levels[i].Lambda(); !near(d, h, 1e-8) || d <= 0 {
				t.Errorf("%s: step %d is %g, the first %g", name, i, d, h)
			}
		}
	}
}
