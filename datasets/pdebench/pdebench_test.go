//go:build cgo

package pdebench_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/pdebench"
	"github.com/eddy-pde/eddy/internal/h5"
)

func opened(t *testing.T, path string) *pdebench.Dataset {
	t.Helper()
	ds, err := pdebench.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ds.Close() })
	return ds
}

// ramp is what testdata/make.py stores at an index.
func ramp(index ...int) float32 {
	v := 0.0
	for _, i := range index {
		v = 10*v + float64(i)
	}
	return float32(v)
}

func periodic(name string, points int) eddy.Axis {
	return eddy.Axis{Name: name, Points: points, Length: 1, Periodic: true}
}

func TestBurgersFileIsRead(t *testing.T) {
	ds := opened(t, "testdata/1D_Burgers_Sols_Nu0.01.hdf5")
	want := eddy.Spec{
		Name: "pdebench", Fields: []eddy.Field{{Name: "u", At: eddy.Cell}}, Grid: eddy.Grid{Axes: []eddy.Axis{periodic("x", 8)}}, Dt: 0.01, History: 1,
	}
	if diff := cmp.Diff(want, ds.Spec(), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	// t-coordinate has 6 entries for 5 frames.
	if diff := cmp.Diff([]float64{0, 0.01, 0.02, 0.03, 0.04}, ds.Times(0)); diff != "" || ds.Frames(2) != 5 || ds.Len() != 3 {
		t.Errorf("%d trajectories of %d frames: %s", ds.Len(), ds.Frames(2), diff)
	}
	if diff := cmp.Diff(map[string][2]float64{"Nu": {0.01, 0.01}}, ds.Parameters()); diff != "" {
		t.Error(diff)
	}
	dst := eddy.NewTensor(3, 1, 8)
	if err := ds.Read(t.Context(), dst, 2, 1); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		for x := range 8 {
			if got := dst.Data[i*8+x]; got != ramp(2, i+1, x) {
				t.Errorf("frame %d, point %d: %g, want %g", i+1, x, got, ramp(2, i+1, x))
			}
		}
	}
	if diff := cmp.Diff([]float64{1. / 16, 3. / 16, 5. / 16, 7. / 16, 9. / 16, 11. / 16, 13. / 16, 15. / 16}, ds.Coordinates(0), cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("coordinates: %s", diff)
	}
	asked, err := ds.WithParams("Nu")
	if err != nil {
		t.Fatal(err)
	}
	cond := make([]float32, 1)
	if err := asked.(*pdebench.Dataset).Condition(t.Context(), nil, cond, 0); err != nil || cond[0] != 0.01 {
		t.Errorf("Nu = %g, error %v", cond[0], err)
	}
	if _, err := ds.WithParams("beta"); err == nil || !strings.Contains(err.Error(), `"Nu"`) {
		t.Errorf("an unknown constant gave %v", err)
	}
}

func TestCompressibleFlowIsReadInEveryDimension(t *testing.T) {
	names := []string{"density", "pressure", "velocity_x", "velocity_y", "velocity_z"}
	for dims, path := range map[int]string{
		1: "1D_CFD_Shock_Eta1.e-8_Zeta1.e-8_trans_Train.hdf5",
		2: "2D_CFD_Rand_M0.1_Eta0.01_Zeta0.01_periodic_8_Train.hdf5",
		3: "3D_CFD_Turb_M1.0_Eta1e-08_Zeta1e-08_periodic_Train.hdf5",
	} {
		ds := opened(t, filepath.Join("testdata", path))
		spec := ds.Spec()
		if diff := cmp.Diff(names[:2+dims], spec.FieldNames()); diff != "" {
			t.Error(diff)
		}
		axes := []eddy.Axis{periodic("x", 8), periodic("y", 6), periodic("z", 4)}[:dims]
		if dims == 1 {
			axes[0].Periodic = false
		}
		if diff := cmp.Diff(axes, spec.Grid.Axes, cmpopts.EquateApprox(0, 1e-3)); diff != "" {
			t.Errorf("%d-D: %s", dims, diff)
		}
		if math.Abs(spec.Dt-0.05) > 1e-9 {
			t.Errorf("%d-D: dt = %g", dims, spec.Dt)
		}
		if diff := cmp.Diff(map[string][2]float64{"eta": {0.01, 0.01}, "zeta": {0.02, 0.02}, "M": {0.5, 0.5}}, ds.Parameters()); diff != "" {
			t.Error(diff)
		}
		dst := eddy.NewTensor(append([]int{2}, spec.FrameShape()...)...)
		if err := ds.Read(t.Context(), dst, 1, 3); err != nil {
			t.Fatal(err)
		}
		grid := spec.Grid.Shape()
		for i := range 2 {
			for c := range spec.Channels() {
				frame := dst.Row(i).Row(c)
				for p, got := range frame.Data {
					index := make([]int, dims)
					for a, rest := dims-1, p; a >= 0; a-- {
						index[a] = rest % grid[a]
						rest /= grid[a]
					}
					if want := ramp(append([]int{1, 3 + i}, index...)...) + 0.125*float32(c); got != want {
						t.Fatalf("%d-D, frame %d, channel %d, point %v: %g, want %g", dims, 3+i, c, index, got, want)
					}
				}
			}
		}
	}
}

func TestDarcyIsSteadyWithItsCoefficientAsAStaticField(t *testing.T) {
	ds := opened(t, "testdata/2D_DarcyFlow_beta1.0_Train.hdf5")
	spec := ds.Spec()
	if !spec.Steady || spec.Dt != 0 || len(spec.Statics) != 1 || spec.Statics[0].Name != "nu" || ds.Frames(0) != 2 || ds.Len() != 3 {
		t.Fatalf("%+v, %d × %d frames", spec, ds.Len(), ds.Frames(0))
	}
	both, zero, solution, coefficient := eddy.NewTensor(2, 1, 8, 6), eddy.NewTensor(1, 1, 8, 6), eddy.NewTensor(1, 1, 8, 6), eddy.NewTensor(1, 8, 6)
	for i := range zero.Data {
		zero.Data[i], both.Data[i] = 7, 7
	}
	for frame, dst := range map[int]*eddy.Tensor{0: zero, 1: solution} {
		if err := ds.Read(t.Context(), dst, 2, frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(ds.Read(t.Context(), both, 2, 0), ds.Condition(t.Context(), coefficient, nil, 2)); err != nil {
		t.Fatal(err)
	}
	for x := range 8 {
		for y := range 6 {
			p := x*6 + y
			if zero.Data[p] != 0 || both.Data[p] != 0 {
				t.Errorf("frame 0 at (%d, %d) is %g and %g", x, y, zero.Data[p], both.Data[p])
			}
			want := ramp(2, 0, x, y) + 0.5
			if solution.Data[p] != want || both.Data[48+p] != want {
				t.Errorf("frame 1 at (%d, %d) is %g and %g, want %g", x, y, solution.Data[p], both.Data[48+p], want)
			}
			if coefficient.Data[p] != ramp(2, x, y) {
				t.Errorf("nu at (%d, %d) is %g, want %g", x, y, coefficient.Data[p], ramp(2, x, y))
			}
		}
	}
}

// flat writes a file of the scalar equations.
func flat(t *testing.T, path string, shape []int, nt int, nu float64) {
	t.Helper()
	f, err := h5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, s := range map[string][]int{"/tensor": shape, "/x-coordinate": {shape[len(shape)-1]}, "/t-coordinate": {nt}} {
		d, err := f.CreateDataset(name, h5.Layout{Shape: s, Type: h5.Float32})
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float64, d.Whole().Size())
		for i := range v {
			v[i] = float64(i)
		}
		if err := h5.Write(d, v, d.Whole()); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetAttribute("/", "Nu", nu); err != nil {
		t.Fatal(err)
	}
}

func TestFolderOfViscositiesIsConditioned(t *testing.T) {
	dir := t.TempDir()
	flat(t, filepath.Join(dir, "a.hdf5"), []int{2, 3, 8}, 4, 0.1)
	flat(t, filepath.Join(dir, "b.hdf5"), []int{1, 3, 8}, 4, 0.4)
	ds := opened(t, dir)
	if ds.Len() != 3 || len(ds.Spec().Params) != 1 || ds.Spec().Params[0].Name != "Nu" {
		t.Fatalf("%d trajectories, parameters %v", ds.Len(), ds.Spec().Params)
	}
	for traj, want := range []float32{0.1, 0.1, 0.4} {
		cond := make([]float32, 1)
		if err := ds.Condition(t.Context(), nil, cond, traj); err != nil || cond[0] != want {
			t.Errorf("trajectory %d has Nu = %g, error %v", traj, cond[0], err)
		}
	}
	flat(t, filepath.Join(dir, "c.hdf5"), []int{1, 3, 16}, 4, 0.4)
	if _, err := pdebench.Open(dir); err == nil || !strings.Contains(err.Error(), "c.hdf5 differs") {
		t.Errorf("another grid gave %v", err)
	}
}

func TestFaultyFilesGiveOneLine(t *testing.T) {
	dir := t.TempDir()
	flat(t, filepath.Join(dir, "short.hdf5"), []int{2, 5, 8}, 4, 0.1)
	flat(t, filepath.Join(dir, "rank.hdf5"), []int{5, 8}, 8, 0.1)
	data, err := os.ReadFile("testdata/1D_Burgers_Sols_Nu0.01.hdf5")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cut.hdf5"), data[:5000], 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"short.hdf5": "/t-coordinate has shape [4], expected at least 5",
		"rank.hdf5":  "/tensor has shape [5 8], expected",
		"cut.hdf5":   "truncated file",
		"none.hdf5":  "no such file",
	} {
		_, err := pdebench.Open(filepath.Join(dir, name))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s gave %v", name, err)
		}
	}
	ds := opened(t, "testdata/1D_Burgers_Sols_Nu0.01.hdf5")
	if err := ds.Read(t.Context(), eddy.NewTensor(2, 1, 8), 0, 4); err == nil {
		t.Error("reading behind the last frame is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ds.Read(ctx, eddy.NewTensor(1, 1, 8), 0, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted read gave %v", err)
	}
}

func TestConcurrentReadsAgree(t *testing.T) {
	ds := opened(t, "testdata/2D_CFD_Rand_M0.1_Eta0.01_Zeta0.01_periodic_8_Train.hdf5")
	var wait sync.WaitGroup
	for g := range 6 {
		wait.Go(func() {
			dst := eddy.NewTensor(1, 4, 8, 6)
			for i := range 40 {
				traj, frame := (g+i)%3, i%5
				if err := ds.Read(context.Background(), dst, traj, frame); err != nil || dst.Data[48+13] != ramp(traj, frame, 2, 1)+0.125 {
					t.Errorf("value %g, error %v", dst.Data[48+13], err)
					return
				}
			}
		})
	}
	wait.Wait()
}
