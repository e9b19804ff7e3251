//go:build cgo

package fnomat_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/array"
	"github.com/eddy-pde/eddy/datasets/fnomat"
)

func opened(t *testing.T, name string) *array.Dataset {
	t.Helper()
	ds, err := fnomat.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ds.Close() })
	return ds
}

// Extents of the files that testdata/make.py writes.
const (
	samples, nx, ny = 5, 6, 4
	times           = 3
)

// passes is enough reads that the later ones are of the copy with samples outermost.
const passes = 60

func TestBurgersIsASteadyMap(t *testing.T) {
	for _, name := range []string{"burgers_data_R10.mat", "big.mat"} {
		ds := opened(t, name)
		want := eddy.Spec{
			Name: "fno-steady", Fields: []eddy.Field{{Name: "u"}}, Statics: []eddy.Field{{Name: "a"}}, Grid: eddy.PeriodicGrid(1, nx), History: 1, Steady: true,
		}
		if diff := cmp.Diff(want, ds.Spec()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if ds.Len() != samples || ds.Frames(0) != 2 {
			t.Errorf("%s: %d × %d frames", name, ds.Len(), ds.Frames(0))
		}
		both, a := eddy.NewTensor(2, 1, nx), eddy.NewTensor(1, nx)
		for pass := range passes {
			n := pass % samples
			if err := errors.Join(ds.Read(t.Context(), both, n, 0), ds.Condition(t.Context(), a, nil, n)); err != nil {
				t.Fatal(err)
			}
			for x := range nx {
				if v := float32(10*n + x); both.Data[x] != 0 || both.Data[nx+x] != v+0.5 || a.Data[x] != v {
					t.Fatalf("%s: sample %d at %d: %g, %g, %g", name, n, x, both.Data[x], both.Data[nx+x], a.Data[x])
				}
			}
		}
	}
}

func TestDarcyIsReadInEveryVersion(t *testing.T) {
	for _, name := range []string{"piececonst_compressed.mat", "piececonst_v73.mat"} {
		ds := opened(t, name)
		spec := ds.Spec()
		if !spec.Steady || spec.Statics[0].Name != "coeff" || spec.Fields[0].Name != "sol" || spec.Grid.Axes[0].Periodic || !cmp.Equal(spec.Grid.Shape(), []int{nx, ny}) {
			t.Errorf("%s: %+v", name, spec)
		}
		sol, coeff := eddy.NewTensor(1, 1, nx, ny), eddy.NewTensor(1, nx, ny)
		for pass := range passes {
			n := pass % samples
			if err := errors.Join(ds.Read(t.Context(), sol, n, 1), ds.Condition(t.Context(), coeff, nil, n)); err != nil {
				t.Fatal(err)
			}
			for p := range nx * ny {
				if v := float32(100*n + 10*(p/ny) + p%ny); sol.Data[p] != v+0.5 || coeff.Data[p] != v {
					t.Fatalf("%s: sample %d at %d: %g and %g, want %g", name, n, p, sol.Data[p], coeff.Data[p], v)
				}
			}
		}
	}
}

func TestNavierStokesBeginsWithItsInitialState(t *testing.T) {
	for _, name := range []string{"NavierStokes_V1e-3_N5_T3.mat", "NavierStokes_V1e-3_v5_single.mat"} {
		ds := opened(t, name)
		spec := ds.Spec()
		if spec.Steady || spec.Dt != 1 || ds.Frames(4) != times+1 || spec.Grid.String() != "6×4 periodic" || len(spec.Params) != 0 {
			t.Errorf("%s: %+v, %d frames", name, spec, ds.Frames(4))
		}
		if diff := cmp.Diff(map[string][2]float64{"viscosity": {1e-3, 1e-3}}, ds.Parameters()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]float64{0, 1, 2, 3}, ds.Times(1)); diff != "" {
			t.Error(diff)
		}
		value := func(n, frame, p int) float32 {
			x, y := p/ny, p%ny
			if frame == 0 {
				return float32(100*n + 10*x + y)
			}
			return float32(1000*n+100*x+10*y+frame-1) + 0.5
		}
		for pass := range passes {
			n, from := pass%samples, pass%3
			dst := eddy.NewTensor(times+1-from, 1, nx, ny)
			if err := ds.Read(t.Context(), dst, n, from); err != nil {
				t.Fatal(err)
			}
			for i, v := range dst.Data {
				if want := value(n, from+i/(nx*ny), i%(nx*ny)); v != want {
					t.Fatalf("%s: value %d of sample %d from frame %d is %g, want %g", name, i, n, from, v, want)
				}
			}
		}
	}
}

func TestWholeNumbersInSmallTypesAreRead(t *testing.T) {
	ds := opened(t, "counts.mat")
	dst := eddy.NewTensor(1, 1, nx)
	if err := ds.Read(t.Context(), dst, 3, 1); err != nil {
		t.Fatal(err)
	}
	if dst.Data[2] != 132 {
		t.Errorf("%v, want 132 at 2", dst.Data)
	}
}

// Many readers at once get what one would, before, while and after the copy is made.
func TestConcurrentReadsAgree(t *testing.T) {
	ds := opened(t, "piececonst_compressed.mat")
	var wait sync.WaitGroup
	for g := range 6 {
		wait.Go(func() {
			dst := eddy.NewTensor(1, 1, nx, ny)
			for i := range 40 {
				n := (g + i) % samples
				if err := ds.Read(t.Context(), dst, n, 1); err != nil || dst.Data[ny+1] != float32(100*n+11)+0.5 {
					t.Errorf("value %g, error %v", dst.Data[ny+1], err)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestFaultyFilesGiveOneLine(t *testing.T) {
	dir := t.TempDir()
	for from, to := range map[string]string{"burgers_data_R10.mat": "cut.mat", "piececonst_compressed.mat": "short.mat", "piececonst_v73.mat": "cut73.mat"} {
		data, err := os.ReadFile(filepath.Join("testdata", from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), data[:len(data)-50], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"cut.mat": "truncated file", "short.mat": "truncated file", "cut73.mat": "truncated file", "none.mat": "no such file"} {
		if _, err := fnomat.Open(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s gave %v", name, err)
		}
	}
	ds := opened(t, "burgers_data_R10.mat")
	if err := ds.Read(t.Context(), eddy.NewTensor(2, 1, nx), 0, 1); err == nil {
		t.Error("reading behind the last frame is no error")
	}
}
