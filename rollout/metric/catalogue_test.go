package metric_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

func TestNamesOfTheCatalogueAreUniqueAndEveryEntryIsTold(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range metric.Catalogue() {
		if seen[m.Name] {
			t.Errorf("%s is there twice", m.Name)
		}
		seen[m.Name] = true
		if m.About == "" || m.Origin == "" {
			t.Errorf("%s: %+v", m.Name, m)
		}
		if m.Name != strings.ToLower(m.Name) || strings.ContainsAny(m.Name, " ,-") {
			t.Errorf("%q cannot be written in a list", m.Name)
		}
	}
}

func TestSelectTakesNamesAndGroupsOnce(t *testing.T) {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 64), Dt: 1}
	got, err := metric.Select("crps, default,nrmse", spec)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Name != "crps" || got[1].Name != "nrmse" || len(got) != 10 {
		t.Errorf("selected %d metrics, the first %q and %q", len(got), got[0].Name, got[1].Name)
	}
	if _, err := metric.Select("nrmse,nrsme", spec); err == nil || !strings.Contains(err.Error(), `"nrsme"`) || !strings.Contains(err.Error(), "near to it are nrmse,") || !strings.Contains(err.Error(), "physics") {
		t.Errorf("unknown name: %v", err)
	}
	coarse := spec
	coarse.Grid = eddy.PeriodicGrid(1, 16)
	if _, err := metric.Select("frmse_high", coarse); err == nil || !strings.Contains(err.Error(), "9 shells") {
		t.Errorf("a band that the grid does not have: %v", err)
	}
	if got, err := metric.Select("default", coarse); err != nil || len(got) != 7 {
		t.Errorf("defaults of a coarse grid: %d, %v", len(got), err)
	}
}

func ExampleSelect() {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 4), Dt: 1}
	metrics, err := metric.Select("nrmse,rmse", spec)
	if err != nil {
		panic(err)
	}
	truth := metric.NewPlan(spec).Truth(eddy.FromSlice([]float32{3, 4, 3, 4}, 1, 1, 4))
	pair := truth.Against(eddy.FromSlice([]float32{3, 4.5, 3, 4.5}, 1, 1, 4))
	for _, m := range metrics {
		dst := make([]float64, m.Values(spec))
		m.Measure(dst, pair)
		fmt.Printf("%s %.4f\n", m.Name, dst[0])
	}
	// Output:
	// nrmse 0.1000
	// rmse 0.3536
}

func TestGroupsAreThoseOfTheirOrigin(t *testing.T) {
	spec := flowSpec(64)
	for group, want := range map[string]string{
		"pdebench": "PDEBench", "well": "The Well", "apebench": "APEBench", "pdearena": "PDEArena", "poseidon": "Poseidon", "fno": "FNO", "physics": "physics",
	} {
		got, err := metric.Select(group, spec)
		if err != nil || len(got) == 0 {
			t.Fatalf("%s: %d metrics, %v", group, len(got), err)
		}
		for _, m := range got {
			if m.Origin != want {
				t.Errorf("%s has %s of %s", group, m.Name, m.Origin)
			}
		}
	}
	for group, is := range map[string]func(metric.Metric) bool{
		"ensemble": func(m metric.Metric) bool { return m.Of == metric.Members }, "compat": func(m metric.Metric) bool { return m.Compat },
	} {
		got, err := metric.Select(group, spec)
		if err != nil || len(got) == 0 {
			t.Fatalf("%s: %d metrics, %v", group, len(got), err)
		}
		for _, m := range got {
			if !is(m) {
				t.Errorf("%s has %s", group, m.Name)
			}
		}
	}
}

func TestReductionsLeaveOutWhatIsSkippedAndNoDivergence(t *testing.T) {
	values, skip := []float64{3, 100, 1, 2, 6}, []bool{false, true, false, false, false}
	for r, want := range map[metric.Reduction]float64{metric.ByMean: 3, metric.ByMax: 6, metric.ByMedian: 2.5, metric.ByRMS: math.Sqrt(12.5)} {
		if got := r.Of(values, skip); math.Abs(got-want) > 1e-12 {
			t.Errorf("%q is %g, want %g", r, got, want)
		}
		if got := r.Of([]float64{1, math.Inf(1), 2}, nil); !math.IsInf(got, 1) {
			t.Errorf("%q of an infinite value is %g", r, got)
		}
		if got := r.Of([]float64{1}, []bool{true}); !math.IsNaN(got) {
			t.Errorf("%q of nothing is %g", r, got)
		}
	}
	if values[0] != 3 {
		t.Error("a reduction changes its argument")
	}
}
