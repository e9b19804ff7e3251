package pde_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/pde"
)

func TestPresetsAreProblemsWithDocAndSizes(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range pde.Presets() {
		if seen[p.Name] || strings.Count(p.Name, "/") != 1 {
			t.Errorf("%s: a name of the form benchmark/set is expected, once", p.Name)
		}
		seen[p.Name] = true
		if p.Doc == "" || strings.HasSuffix(p.Doc, ".") {
			t.Errorf("%s: doc %q, expected a line without full stop", p.Name, p.Doc)
		}
		if doc, _ := pde.Describe(p.Equation); doc == "" {
			t.Errorf("%s: no equation %q", p.Name, p.Equation)
		}
		for _, split := range []string{"train", "valid", "test"} {
			if s := p.Size(split); s.Trajectories < 1 || s.Steps < 1 {
				t.Errorf("%s: %s set of %d trajectories, %d steps", p.Name, split, s.Trajectories, s.Steps)
			}
		}
		// The keys are known; a small grid keeps the test fast.
		for key := range p.Settings {
			if !slices.ContainsFunc(pde.Keys(p.Equation), func(k pde.Key) bool { return k.Name == key }) {
				t.Errorf("%s: %s has no setting %q", p.Name, p.Equation, key)
			}
		}
		found, err := pde.Preset(p.Name)
		if err != nil || found.Name != p.Name {
			t.Errorf("%s: found %q, error %v", p.Name, found.Name, err)
		}
	}
}

func TestPresetsHaveTheGridsAndTimesOfTheirSets(t *testing.T) {
	for name, want := range map[string]struct {
		grid []int
		dt   float64
	}{
		"pdebench/burgers-nu0.01":  {[]int{1024}, 0.01},
		"pdebench/advection-beta4": {[]int{1024}, 0.01},
		"pdearena/ks-fixed":        {[]int{256}, 100. / 499},
		"apebench/diff-kdv":        {[]int{160}, 1},
		"pdebench/diff-react":      {[]int{128, 128}, 0.05},
		"fno/ns-v1e-4":             {[]int{64, 64}, 1},
		"pdebench/darcy-beta1":     {[]int{128, 128}, 0},
	} {
		p, err := pde.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		problem, err := p.Problem(nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		spec := problem.Model().Spec()
		if !slices.Equal(spec.Grid.Shape(), want.grid) || spec.Dt-want.dt > 1e-12 || want.dt-spec.Dt > 1e-12 {
			t.Errorf("%s: grid %v, dt %g, expected %v and %g", name, spec.Grid.Shape(), spec.Dt, want.grid, want.dt)
		}
	}
}

func TestConditionalKSHasItsParameters(t *testing.T) {
	p, err := pde.Preset("pdearena/ks-conditional")
	if err != nil {
		t.Fatal(err)
	}
	problem, err := p.Problem(map[string]string{"grid": "32", "solve": "48"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, param := range problem.Model().Spec().Params {
		names = append(names, param.Name)
	}
	if !slices.Equal(names, []string{"dt", "length", "viscosity"}) {
		t.Errorf("parameters %q", names)
	}
	if _, ok := problem.Model().(eddy.Precise); ok {
		t.Error("a family steps in float64 without its parameters")
	}
}

func TestUnknownPresetsNameTheirNeighbours(t *testing.T) {
	for name, want := range map[string]string{"pdebench/burgers": "pdebench/burgers-nu0.01", "cavity/lid": "pdebench/…", "burgers": "apebench/…"} {
		if _, err := pde.Preset(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, expected one that lists %s", name, err, want)
		}
	}
}
