//go:build cgo

package apebench_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/apebench"
	"github.com/eddy-pde/eddy/datasets/array"
)

func opened(t *testing.T, name string) *array.Dataset {
	t.Helper()
	ds, err := apebench.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ds.Close() })
	return ds
}

func TestScenarioInPhysicalUnitsIsRead(t *testing.T) {
	ds := opened(t, "1d_phy_burgers_train.npy")
	want := eddy.Spec{Name: "1d_phy_burgers", Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(2.5, 6), Dt: 0.1, History: 1}
	if diff := cmp.Diff(want, ds.Spec()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][2]float64{"diffusion_coef": {0.0003, 0.0003}, "convection_coef": {-0.125, -0.125}}, ds.Parameters()); diff != "" {
		t.Error(diff)
	}
	if ds.Len() != 3 || ds.Frames(0) != 3 {
		t.Errorf("%d × %d frames", ds.Len(), ds.Frames(0))
	}
	dst := eddy.NewTensor(2, 1, 6)
	if err := ds.Read(t.Context(), dst, 2, 1); err != nil {
		t.Fatal(err)
	}
	for i, v := range dst.Data {
		if want := float32(2000 + 100*(1+i/6) + i%6); v != want {
			t.Errorf("value %d is %g, want %g", i, v, want)
		}
	}
	if test := opened(t, "1d_phy_burgers_test.npy"); test.Len() != 2 || test.Frames(1) != 5 {
		t.Errorf("the test set has %d × %d frames", test.Len(), test.Frames(1))
	}
}

// What APEBench's own code has written, see testdata/scrape.py.
func TestDumpOfTheOriginalIsRead(t *testing.T) {
	ds := opened(t, "scraped_test.npy")
	if ds.Len() != 2 || ds.Frames(0) != 7 || ds.Spec().Dt != 0.1 || ds.Spec().Name != "scraped" {
		t.Errorf("%d × %d frames, %+v", ds.Len(), ds.Frames(0), ds.Spec())
	}
	if diff := cmp.Diff(map[string][2]float64{"diffusion_coef": {0.0003, 0.0003}, "convection_coef": {-0.125, -0.125}}, ds.Parameters()); diff != "" {
		t.Error(diff)
	}
	sum := 0.0
	for traj := range 2 {
		dst := eddy.NewTensor(7, 1, 16)
		if err := ds.Read(t.Context(), dst, traj, 0); err != nil {
			t.Fatal(err)
		}
		for _, v := range dst.Data {
			sum += math.Abs(float64(v))
		}
		if first := []float32{-0.14094856, 0.46611106, 0.7478031}; traj == 1 && !slices.Equal(dst.Data[5*16:5*16+3], first) {
			t.Errorf("%v, want %v", dst.Data[5*16:5*16+3], first)
		}
	}
	if math.Abs(sum-98.18798828125) > 1e-4 {
		t.Errorf("the sum of the absolute values is %g", sum)
	}
}

// The same numbers come out of big-endian float64 in Fortran order and of float16.
func TestOtherTypesAndOrdersAreRead(t *testing.T) {
	for name, value := range map[string]func(n, t, c, x, y int) float32{
		"2d_diff_burgers_train.npy": func(n, t, c, x, y int) float32 { return float32(10000*n + 1000*t + 100*c + 10*x + y) },
		"2d_diff_burgers_test.npy":  func(n, t, c, x, y int) float32 { return float32(n+t+c+x+y) / 4 },
	} {
		ds := opened(t, name)
		if spec := ds.Spec(); spec.Dt != 1 || spec.Grid.Axes[1].Length != 1 || !cmp.Equal(spec.FieldNames(), []string{"u0", "u1"}) {
			t.Errorf("%s: %+v", name, spec)
		}
		dst := eddy.NewTensor(3, 2, 4, 4)
		for pass := range 40 { // the later ones read a copy with trajectories outermost
			n := pass % ds.Len()
			if err := ds.Read(t.Context(), dst, n, 0); err != nil {
				t.Fatal(err)
			}
			for i, v := range dst.Data {
				if want := value(n, i/32, i/16%2, i/4%4, i%4); v != want {
					t.Fatalf("%s: value %d of trajectory %d is %g, want %g", name, i, n, v, want)
				}
			}
		}
	}
}

func TestFaultyDumpsSayWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	array, err := os.ReadFile("testdata/1d_phy_burgers_train.npy")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"bare_train.npy": "", "points.json": `{"info": {"num_points": 8}}`, "points_train.npy": "", "broken.json": `{`, "broken_test.npy": "",
		"dt.json": `{"info": {"dt": -1}}`, "dt.npy": "", "cut.json": `{"info": {}}`, "cut.npy": "",
	} {
		data := []byte(text)
		if text == "" {
			data = array
		}
		if name == "cut.npy" {
			data = data[:300]
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"bare_train.npy":   "expected APEBench's metadata beside it, as bare.json or bare_train.json",
		"points_train.npy": "the JSON file beside it has num_points = 8",
		"broken_test.npy":  "broken.json: unexpected end",
		"dt.npy":           "dt = -1, expected positive",
		"cut.npy":          "truncated file: 300 bytes, expected 344",
	} {
		if _, err := apebench.Open(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s gave %v, want %q", name, err, want)
		}
	}
}
