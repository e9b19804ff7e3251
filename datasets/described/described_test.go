//go:build cgo

package described_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/described"
)

// Extents of the files that testdata/make.py writes.
const (
	nt, nx, ny = 4, 6, 5
	eps32      = 1e-6
)

func opened(t *testing.T, name string) (datasets.Dataset, *described.Description) {
	t.Helper()
	d, err := described.Read(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	ds, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ds.Close() })
	return ds, d
}

func read(t *testing.T, ds datasets.Dataset, traj, from, frames int) *eddy.Tensor {
	t.Helper()
	dst := eddy.NewTensor(append([]int{frames}, ds.Spec().FrameShape()...)...)
	if err := ds.Read(t.Context(), dst, traj, from); err != nil {
		t.Fatal(err)
	}
	return dst
}

func TestNetCDFFilesWithPackedValuesAreRead(t *testing.T) {
	ds, _ := opened(t, "air.toml")
	want := eddy.Spec{
		Name:   "air",
		Fields: []eddy.Field{{Name: "temperature", Unit: "K"}, {Name: "pressure", Unit: "Pa"}},
		Params: []eddy.Param{{Name: "viscosity", Value: 0.01}},
		Grid: eddy.Grid{Axes: []eddy.Axis{
			{Name: "x", Points: nx, Length: 0.6, Periodic: true}, {Name: "y", Points: ny, Length: 6},
		}},
		Dt: 0.5, History: 1,
	}
	if diff := cmp.Diff(want, ds.Spec(), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	if ds.Len() != 2 || ds.Frames(1) != nt {
		t.Fatalf("%d × %d frames", ds.Len(), ds.Frames(1))
	}
	if diff := cmp.Diff([]float64{0, 1, 2.5, 4, 6}, datasets.Coordinates(ds, 1)); diff != "" {
		t.Error(diff)
	}
	for traj := range 2 {
		dst := read(t, ds, traj, 0, nt)
		for i, v := range dst.Data {
			f, c, x, y := i/(2*nx*ny), i/(nx*ny)%2, i/ny%nx, i%ny
			want := float64(100*f + 10*y + x)
			if c == 0 {
				want = 0.5*float64(1000*f+100*1+10*y+x) + 100
			}
			missing := c == 0 && f == 1 && y == 2 && x == 3 || c == 1 && traj == 1 && f == 3
			if missing != math.IsNaN(float64(v)) || !missing && math.Abs(float64(v)-want) > eps32*want {
				t.Fatalf("trajectory %d, frame %d, channel %d at (%d, %d): %g, want %g (missing: %t)", traj, f, c, x, y, v, want, missing)
			}
		}
	}
	for traj, want := range []float32{0.01, 0.02} {
		cond := make([]float32, 1)
		if err := ds.(datasets.Conditioned).Condition(t.Context(), nil, cond, traj); err != nil || cond[0] != want {
			t.Errorf("viscosity %g, error %v", cond[0], err)
		}
	}
}

func TestGroupsAreTrajectories(t *testing.T) {
	ds, _ := opened(t, "runs.toml")
	spec := ds.Spec()
	wantFields := []eddy.Field{
		{Name: "velocity_x", Unit: "m/s", At: eddy.Cell, Of: "velocity", Index: []int{0}}, {Name: "velocity_y", Unit: "m/s", At: eddy.Cell, Of: "velocity", Index: []int{1}},
	}
	if diff := cmp.Diff(wantFields, spec.Fields); diff != "" {
		t.Error(diff)
	}
	axes := []eddy.Axis{{Name: "x", Points: nx, Origin: -1. / 12, Length: 1, Periodic: true}, {Name: "y", Points: ny, Origin: -1, Length: 2}}
	if diff := cmp.Diff(axes, spec.Grid.Axes, cmpopts.EquateApprox(0, 1e-5)); diff != "" {
		t.Error(diff)
	}
	if ds.Len() != 3 || spec.Dt != 0.25 || len(spec.Params) != 1 || spec.Params[0].Name != "nu" {
		t.Errorf("%d trajectories, %+v", ds.Len(), spec)
	}
	if diff := cmp.Diff(map[string][2]float64{"nu": {0.1, 2.1}, "g": {9.81, 9.81}}, datasets.Parameters(ds)); diff != "" {
		t.Error(diff)
	}
	for traj := range 3 {
		dst := read(t, ds, traj, 1, 2)
		for i, v := range dst.Data {
			f, c, x, y := 1+i/(2*nx*ny), i/(nx*ny)%2, i/ny%nx, i%ny
			if want := float32(c+f+x+y)/4 + float32(traj); v != want {
				t.Fatalf("trajectory %d, frame %d, channel %d at (%d, %d): %g, want %g", traj, f, c, x, y, v, want)
			}
		}
		static, cond := eddy.NewTensor(1, nx, ny), make([]float32, 1)
		if err := ds.(datasets.Conditioned).Condition(t.Context(), static, cond, traj); err != nil {
			t.Fatal(err)
		}
		if static.Data[ny+2] != float32(12+traj) || math.Abs(float64(cond[0])-0.1-float64(traj)) > eps32 {
			t.Errorf("trajectory %d: static %g, nu %g", traj, static.Data[ny+2], cond[0])
		}
	}
}

func TestSteadyProblemsHaveNoTime(t *testing.T) {
	ds, _ := opened(t, "steady.toml")
	spec := ds.Spec()
	if !spec.Steady || ds.Frames(0) != 2 || spec.Grid.Axes[0].Length != 3 {
		t.Errorf("%+v", spec)
	}
	both, load := read(t, ds, 2, 0, 2), eddy.NewTensor(1, nx)
	if err := ds.(datasets.Conditioned).Condition(t.Context(), load, nil, 2); err != nil {
		t.Fatal(err)
	}
	if both.Data[3] != 0 || both.Data[nx+3] != 23.5 || load.Data[3] != 23 {
		t.Errorf("%v, %v", both.Data, load.Data)
	}
}

func TestSelectionTakesTrajectories(t *testing.T) {
	whole, d := opened(t, "clock.toml")
	ds, err := d.Chosen(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	if ds.Len() != 2 || math.Abs(ds.Spec().Dt-0.1) > eps32 || math.Abs(datasets.Times(ds, 1)[2]-0.2) > eps32 {
		t.Errorf("%d trajectories, dt %g, times %v", ds.Len(), ds.Spec().Dt, datasets.Times(ds, 1))
	}
	for pass := range 60 { // the later ones read a copy with trajectories outermost
		traj := pass % 2
		for i, v := range read(t, ds, traj, 1, 2).Data {
			if want := float32(100*(i%nx) + 10*(traj+1) + 1 + i/nx); v != want {
				t.Fatalf("value %d of trajectory %d is %g, want %g", i, traj, v, want)
			}
		}
	}
	cond := eddy.NewTensor(1)
	if err := datasets.ReadCondition(t.Context(), ds, nil, cond, 1); err != nil || cond.Data[0] != 30 {
		t.Errorf("Re = %v, error %v", cond.Data, err)
	}
}

// Every split of a set with duplicates gets its own trajectories, and each content once.
func TestSplitsOfDistinctTrajectoriesShareNone(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/runs.toml")
	if err != nil {
		t.Fatal(err)
	}
	source, err := filepath.Abs("testdata/runs.h5")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[float32]string{}
	for _, part := range []string{"train", "valid"} {
		// The file twice: six trajectories, three distinct ones.
		all := strings.Replace(string(text), `["runs.h5"]`, `["`+source+`", "`+source+`"]`, 1) +
			"\n[select]\ndistinct = true\nshares = [0.6, 0.4]\nseed = 3\npart = \"" + part + "\"\n"
		d, err := described.Decode(filepath.Join(dir, part+".toml"), []byte(all))
		if err != nil {
			t.Fatal(err)
		}
		whole, err := d.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer whole.Close()
		ds, err := d.Chosen(t.Context(), whole)
		if err != nil {
			t.Fatal(err)
		}
		for traj := range ds.Len() {
			v := read(t, ds, traj, 0, 1).Data[0]
			if seen[v] != "" {
				t.Errorf("a trajectory of %s is in %s too", part, seen[v])
			}
			seen[v] = part
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d trajectories, want 3 distinct ones", len(seen))
	}
}

// MATLAB's and NumPy's arrays are described as HDF5's are, in the order in which their shape is listed.
func TestMATLABAndNumPyFilesAreDescribed(t *testing.T) {
	for name, text := range map[string]string{
		"mat": `files = "../../fnomat/testdata/NavierStokes_V1e-3_v5_single.mat"
[time]
dataset = "t"
[grid]
x.length = 1
y.length = 1
[[field]]
name = "u"
dataset = "u"
axes = ["time", "y", "x", "trajectory"]`,
		"npy": `files = "../../apebench/testdata/1d_phy_burgers_train.npy"
[time]
step = 0.5
start = 2
[grid.x]
length = 1
[[field]]
name = "u"
dataset = "array"
axes = ["trajectory", "time", "channel", "x"]
take = { channel = 0 }`,
	} {
		d, err := described.Decode("testdata/"+name+".toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		ds, err := d.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer ds.Close()
		got, want := read(t, ds, 2, 1, 2).Data[3], float32(2103)
		if name == "mat" { // at x = 0, y = 3
			want = 2031.5
		}
		if got != want {
			t.Errorf("%s: %g, want %g", name, got, want)
		}
		if first := datasets.Times(ds, 0)[0]; first != map[string]float64{"mat": 1, "npy": 2}[name] {
			t.Errorf("%s begins at %g", name, first)
		}
	}
}

func TestFaultsNameKeyAndLine(t *testing.T) {
	good, err := os.ReadFile("testdata/air.toml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, with, want string }{
		"unknown key":       {`unit = "Pa"`, `units = "Pa"`, `a.toml:25: unknown key "field[1].units"`},
		"no such file":      {`air-*.nc`, `wind-*.nc`, `a.toml:3: files[0] = "wind-*.nc": no such file`},
		"no such array":     {`dataset = "pressure"`, `dataset = "p"`, `a.toml:23: field[1].dataset = "p": testdata/air-0.nc: no array "p"; the file holds /lat [5] float32, /level [2]`},
		"rank":              {`["time", "y", "x"]`, `["trajectory", "time", "y", "x"]`, `a.toml:24: field[1].axes`},
		"axes swapped":      {`["time", "y", "x"]`, `["time", "x", "y"]`, `has shape [4 5 6] along [time x y], expected 6 points along x`},
		"axis without role": {`take = { level = 1 }`, ``, `a.toml:18: field[0].axes has "level", expected trajectory, time, component, x, y, z, or an index of it in take`},
		"index":             {`level = 1`, `level = 2`, `an index of axis 1 is taken that it does not have`},
		"no time":           {"[time]\ndataset = \"time\"\n", "", `[time] is missing`},
		"times":             {`dataset = "time"`, `dataset = "lon"`, `a.toml:6: time.dataset = "lon": testdata/air-0.nc: shape [6], expected [4] as there are frames`},
		"attribute":         {`attribute = "viscosity"`, `attribute = "nu"`, `a.toml:29: parameter[0].attribute = "nu": testdata/air-0.nc: no such attribute`},
		"no grid":           {"[grid.x]\ndataset = \"lon\"\nperiodic = true\n", "", `[grid.x] is missing`},
		"place":             {`unit = "Pa"`, `at = "middle"`, `a.toml:25: field[1].at = "middle", expected one of node, cell`},
		"components":        {`name = "pressure"`, `components = ["a"]`, `needs the axis "component"`},
		"selection":         {`[[parameter]]`, "[select]\npart = \"dev\"\nshares = [1, 1]\n[[parameter]]", `select.part = "dev", expected one of train, valid, test`},
		"no fields":         {"[[field]]", "[[static]]", `[[field]] is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(string(good), c.old) {
				t.Fatalf("%q is not in the description", c.old)
			}
			d, err := described.Decode("testdata/a.toml", []byte(strings.ReplaceAll(string(good), c.old, c.with)))
			if err == nil {
				var ds datasets.Dataset
				if ds, err = d.Open(); err == nil {
					ds.(interface{ Close() error }).Close()
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestExampleIsADescription(t *testing.T) {
	d, err := described.Decode("example.toml", []byte(described.Example))
	if err != nil {
		t.Fatal(err)
	}
	if !d.Complete() || len(d.Fields) != 2 || d.Select.Part != "train" {
		t.Errorf("%+v", d)
	}
}
