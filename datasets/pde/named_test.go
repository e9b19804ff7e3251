package pde_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
)

func TestNamedKnowsItsEquations(t *testing.T) {
	for _, name := range []string{"burgers", "kolmogorov", "ks", "ns-fno", "ns-staggered"} {
		if !slices.Contains(pde.Names(), name) {
			t.Errorf("%s is not among the names %q", name, pde.Names())
		}
	}
	if names := pde.Names(); !slices.IsSorted(names) || len(slices.Compact(names)) != len(pde.Names()) {
		t.Errorf("names %q, expected each once, in alphabetical order", names)
	}
	for _, name := range pde.Names() {
		p := named(t, name, nil)
		if got := p.Solver.Spec().Name; got != name {
			t.Errorf("%s calls itself %s", name, got)
		}
		// All keys are in the settings, with the values in effect, and these make the same problem again.
		var keys []string
		for _, k := range pde.Keys(name) {
			keys = append(keys, k.Name)
			if k.Doc == "" || k.Default == "" && k.Name != "solve" {
				t.Errorf("%s: key %+v lacks its doc or default", name, k)
			}
		}
		slices.Sort(keys)
		if diff := cmp.Diff(keys, slices.Sorted(maps.Keys(p.Settings))); diff != "" {
			t.Errorf("%s: settings (-keys +settings):\n%s", name, diff)
		}
		again := named(t, name, p.Settings)
		if diff := cmp.Diff(p.Settings, again.Settings); diff != "" {
			t.Errorf("%s: settings change when read again:\n%s", name, diff)
		}
		if _, ok := p.Settings["warmup"]; again.Warmup != p.Warmup || ok && fmt.Sprint(again.Warmup) != p.Settings["warmup"] {
			t.Errorf("%s: warm-up %d and %d, setting %s", name, p.Warmup, again.Warmup, p.Settings["warmup"])
		}
	}
	if pde.Keys("navier") != nil {
		t.Error("an unknown equation has keys")
	}
}

func TestSubstepsFollowTheirRule(t *testing.T) {
	for _, c := range []struct {
		settings map[string]string
		want     string
	}{
		// h ≤ 0.5 dx / max_speed
		{map[string]string{"grid": "100", "length": "1", "dt": "0.1", "max_speed": "1"}, "20"},
		{map[string]string{"grid": "100", "length": "1", "dt": "0.1", "max_speed": "2.01"}, "41"},
		{map[string]string{"grid": "100", "solve": "200", "length": "1", "dt": "0.1", "max_speed": "1"}, "40"},
		{map[string]string{"grid": "100", "dt": "1e-9"}, "1"},
		{map[string]string{"grid": "100", "substeps": "3"}, "3"},
	} {
		if got := named(t, "burgers", c.settings).Settings["substeps"]; got != c.want {
			t.Errorf("%v: %s substeps, expected %s", c.settings, got, c.want)
		}
	}
}

func TestWarmupIsATimeUnlessSet(t *testing.T) {
	for dt, want := range map[string]int{"0.2": 360, "0.8": 90, "1": 72} {
		if p := named(t, "ks", map[string]string{"grid": "64", "dt": dt}); p.Warmup != want {
			t.Errorf("dt %s: %d frames of warm-up, expected %d", dt, p.Warmup, want)
		}
	}
	if p := named(t, "ks", map[string]string{"grid": "64", "warmup": "0"}); p.Warmup != 0 {
		t.Errorf("%d frames of warm-up, expected none", p.Warmup)
	}
}

// The law's mean has standard deviation σ/τ^γ = 1; over many states the sample's is near that, and none without it.
func TestBurgersKeepsTheLawsMeanWhereAsked(t *testing.T) {
	for setting, want := range map[string]float64{"0": 0, "1": 1} {
		p := named(t, "burgers", map[string]string{"grid": "32", "mean": setting})
		const states = 400
		u, sum := make([]float64, 32), 0.0
		for i := range states {
			if err := p.Initial.Draw(datasets.Stream(3, "test", i), u); err != nil {
				t.Fatal(err)
			}
			mean := 0.0
			for _, v := range u {
				mean += v / 32
			}
			sum += mean * mean
		}
		// The sample variance of 400 normal draws is within 0.3 of 1 at four of its standard deviations.
		if got := sum / states; math.Abs(got-want) > 0.3*want+1e-20 {
			t.Errorf("mean = %s: variance of the means %g, expected %g", setting, got, want)
		}
	}
}

func TestNamedRefusesWhatItCannotSolve(t *testing.T) {
	for _, c := range []struct{ name, setting, want string }{
		{"navier", "", `no equation "navier", expected one of advection, `},
		{"burgers", "nu=1", `burgers has no setting "nu", expected one of grid, solve, dt, length, viscosity`},
		{"burgers", "viscosity=thick", `viscosity = "thick": expected a number`},
		{"burgers", "viscosity=-1", "viscosity = -1, expected 0 or more"},
		{"burgers", "viscosity=NaN", "viscosity = NaN"},
		{"burgers", "dt=0", "dt = 0, expected a positive time"},
		{"burgers", "dt=Inf", "dt = +Inf"},
		{"burgers", "length=-2", "length = -2"},
		{"burgers", "max_speed=0", "max_speed = 0"},
		{"burgers", "substeps=-1", "substeps = -1"},
		{"burgers", "substeps=1.5", `substeps = "1.5": expected a whole number`},
		{"burgers", "grid=64x64", "grid = 64x64 has 2 axes, expected 1"},
		{"burgers", "grid=0", "expected points per axis"},
		{"burgers", "grid=3", "fewer than 4 points"},
		{"burgers", "solve=8x8", "solve = 8x8 has 2 axes, expected 1"},
		{"burgers", "gamma=-1", "γ = -1"},
		{"burgers", "mean=2", "mean = 2, expected 0 or 1"},
		{"ks", "highest=100", "highest = 100, expected at most 85"},
		{"ks", "waves=-1", "-1 waves"},
		{"kolmogorov", "grid=64", "grid = 64 has 1 axes, expected 2"},
		{"kolmogorov", "wavenumber=22", "wavenumber = 22, expected 0 to 21"},
		{"kolmogorov", "peak=0", "peak 0"},
		{"ns-fno", "grid=3x3", "fewer than 4 points"},
		{"kolmogorov", "initial=still", "expected one of gaussian, filtered, fourier"},
		{"ks", "form=flame", "expected one of velocity, combustion"},
		{"ks", "drift=2", "drift = 2, expected 0 or 1"},
		{"burgers", "initial=noise", "expected one of matern, sines, pdebench, fourier"},
		{"kdv", "highest=0", "cutoff 0"},
		{"allen-cahn", "boundary=open", "expected one of periodic, zero-flux"},
		{"allen-cahn", "viscosity=-1", "the diffusion of u is -1"},
		{"allen-cahn", "scale=0", "scale = 0"},
		{"allen-cahn", "grid=8x8x8x8", "has 4 axes, expected 3"},
		{"gray-scott", "diffusion_v=-1", "the diffusion of v is -1"},
		{"gray-scott", "spots=-1", "spots = -1"},
		{"fitzhugh-nagumo", "solve=128x128", "its white noise has them all"},
		{"wave", "speed=-1", "speed = -1"},
		{"wave", "pulses=-1", "pulses = -1"},
		{"turbulence", "peak=0", "peak = 0"},
		{"turbulence", "grid=8x8", "has 2 axes, expected 3"},
		{"darcy", "low=0", "low = 0, high = 12"},
		{"darcy", "low=20", "low = 20, high = 12"},
		{"darcy", "beta=0..1", "its trajectories differ in a static field already"},
		{"darcy", "dt=1", `darcy has no setting "dt"`},
	} {
		settings := map[string]string{}
		if key, value, ok := strings.Cut(c.setting, "="); ok {
			settings[key] = value
		}
		_, err := pde.Named(c.name, settings)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: error %v, expected one that says %q", c.name, c.setting, err, c.want)
		}
	}
}

func TestProblemsByTypeAndByNameAreTheSame(t *testing.T) {
	b := pde.DefaultBurgers()
	b.Viscosity, b.Grid = 0.1, []int{64}
	byType, err := b.Problem()
	if err != nil {
		t.Fatal(err)
	}
	byName := named(t, "burgers", map[string]string{"viscosity": "0.1", "grid": "64"})
	if diff := cmp.Diff(byName.Settings, byType.Settings); diff != "" {
		t.Errorf("settings (-name +type):\n%s", diff)
	}
	if b.Substeps != 0 || b.Solve != nil {
		t.Error("Problem changed the value it was called on")
	}
	if !slices.Equal(advance(t, byName, draw(t, byName, 0), 2), advance(t, byType, draw(t, byType, 0), 2)) {
		t.Error("states differ")
	}
}

func TestEquationsSayWhatIsAtTheirSides(t *testing.T) {
	for _, c := range []struct {
		name, boundary string
		want           []string
	}{
		{"ks", "", []string{"periodic"}},
		{"smoke", "", []string{"wall", "wall"}},
		{"darcy", "", []string{"wall", "wall"}},
		{"swe-dam-break", "", []string{"open", "open"}},
		{"cfd-1d", "outflow", []string{"open"}},
		{"cfd-2d", "channel", []string{"periodic", "open"}},
		{"fitzhugh-nagumo", "", []string{"wall", "wall"}},
		{"gray-scott", "periodic", []string{"periodic", "periodic"}},
		{"allen-cahn", "zero-flux", []string{"wall", "wall"}},
		{"wave", "zero-flux", []string{"wall", "wall"}},
	} {
		settings := map[string]string{}
		if c.boundary != "" {
			settings["boundary"] = c.boundary
		}
		p := named(t, c.name, settings)
		var got []string
		for _, a := range p.Model().Spec().Grid.Axes {
			switch {
			case a.Periodic && !a.Wall:
				got = append(got, "periodic")
			case a.Wall && !a.Periodic:
				got = append(got, "wall")
			default:
				got = append(got, "open")
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, expected %v", c.name, got, c.want)
		}
	}
}
