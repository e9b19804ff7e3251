//go:build cgo

package poseidon_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/poseidon"
)

func opened(t *testing.T, file string) *poseidon.Dataset {
	t.Helper()
	ds, err := poseidon.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ds.Close() })
	return ds
}

// digits is what testdata/make.py stores at an index.
func digits(index ...int) float32 {
	v := 0
	for _, i := range index {
		v = 10*v + i
	}
	return float32(v)
}

func TestEverySetInTimeIsRead(t *testing.T) {
	euler := []string{"density", "velocity_x", "velocity_y", "pressure"}
	for file, c := range map[string]struct {
		name       string
		fields     []string
		components []int // the file's own numbers of them
		periodic   bool
	}{
		"NS-Sines.nc":   {"poseidon-ns", []string{"velocity_x", "velocity_y"}, []int{0, 1}, true},
		"NS-SL.nc":      {"poseidon-ns", []string{"velocity_x", "velocity_y"}, []int{0, 1}, true}, // turned in the file
		"NS-PwC.nc":     {"poseidon-ns", []string{"velocity_x", "velocity_y", "tracer"}, []int{0, 1, 2}, true},
		"CE-RP.nc":      {"poseidon-ce", append(euler[:4:4], "tracer"), []int{0, 1, 2, 3, 4}, true},
		"FNS-KF.nc":     {"poseidon-fns", []string{"velocity_x", "velocity_y"}, []int{0, 1}, true},
		"CE-RM.nc":      {"poseidon-ce-rm", euler, []int{0, 1, 2, 3}, false},
		"GCE-RT.nc":     {"poseidon-gce-rt", append(euler[:4:4], "potential"), []int{0, 1, 2, 3, 5}, false},
		"ACE.nc":        {"poseidon-ace", []string{"u"}, []int{0}, false},
		"Wave-Layer.nc": {"poseidon-wave", []string{"u"}, []int{0}, false},
	} {
		t.Run(file, func(t *testing.T) {
			ds := opened(t, file)
			spec := ds.Spec()
			axis := func(name string, points int) eddy.Axis {
				return eddy.Axis{Name: name, Points: points, Length: 1, Periodic: c.periodic}
			}
			if diff := cmp.Diff([]eddy.Axis{axis("x", 8), axis("y", 6)}, spec.Grid.Axes); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.fields, spec.FieldNames()); diff != "" || spec.Name != c.name || spec.Dt != 0.25 || ds.Len() != 3 || ds.Frames(0) != 5 {
				t.Errorf("%s, dt %g, %d trajectories of %d frames, fields %s", spec.Name, spec.Dt, ds.Len(), ds.Frames(0), diff)
			}
			if diff := cmp.Diff([]float64{0, 0.25, 0.5, 0.75, 1}, ds.Times(2), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Error(diff)
			}
			dst := eddy.NewTensor(append([]int{2}, spec.FrameShape()...)...)
			if err := ds.Read(t.Context(), dst, 2, 3); err != nil {
				t.Fatal(err)
			}
			n := len(c.fields)
			for i, got := range dst.Data {
				if want := digits(2, 3+i/(48*n), i%48/6, i%6) + float32(c.components[i/48%n])/8; got != want {
					t.Fatalf("element %d: %g, want %g", i, got, want)
				}
			}
		})
	}
}

func TestSpeedOfSoundOfWavesIsStatic(t *testing.T) {
	ds := opened(t, "Wave-Layer.nc")
	static := eddy.NewTensor(1, 8, 6)
	if err := ds.Condition(t.Context(), static, nil, 1); err != nil || ds.Spec().Statics[0].Name != "c" || static.Data[20] != digits(1, 3, 2) {
		t.Errorf("%v, value %g, error %v", ds.Spec().Statics, static.Data[20], err)
	}
}

func TestSteadySetsHaveTheirInputAsAStaticField(t *testing.T) {
	for file, c := range map[string]struct {
		name, static    string
		input, solution func(traj, x, y int) float32
	}{
		"SE-AF.nc": {
			"poseidon-se-af", "shape",
			func(traj, x, y int) float32 { return digits(traj, 0, x, y) }, func(traj, x, y int) float32 { return digits(traj, 1, x, y) },
		},
		"Poisson-Gauss.nc": {
			"poseidon-poisson", "source",
			func(traj, x, y int) float32 { return digits(traj, x, y) + 0.5 }, func(traj, x, y int) float32 { return digits(traj, x, y) },
		},
		"Helmholtz.h5": {
			"poseidon-helmholtz", "a",
			func(traj, x, y int) float32 { return digits(traj, x, y) + 0.5 }, func(traj, x, y int) float32 { return digits(traj, x, y) },
		},
	} {
		t.Run(file, func(t *testing.T) {
			ds := opened(t, file)
			spec := ds.Spec()
			if spec.Name != c.name || !spec.Steady || len(spec.Statics) != 1 || spec.Statics[0].Name != c.static || ds.Len() != 3 || ds.Frames(0) != 2 {
				t.Fatalf("%+v, %d × %d frames", spec, ds.Len(), ds.Frames(0))
			}
			both, static := eddy.NewTensor(2, 1, 8, 6), eddy.NewTensor(1, 8, 6)
			for traj := range 3 {
				var cond []float32
				if len(spec.Params) > 0 {
					cond = make([]float32, 1)
				}
				if err := ds.Read(t.Context(), both, traj, 0); err != nil {
					t.Fatal(err)
				}
				if err := ds.Condition(t.Context(), static, cond, traj); err != nil {
					t.Fatal(err)
				}
				if cond != nil && (spec.Params[0].Name != "bc" || cond[0] != 0.25*float32(traj)) {
					t.Errorf("parameter %v of trajectory %d is %g", spec.Params, traj, cond[0])
				}
				for p := range 48 {
					if both.Data[p] != 0 || both.Data[48+p] != c.solution(traj, p/6, p%6) || static.Data[p] != c.input(traj, p/6, p%6) {
						t.Fatalf("trajectory %d, point %d: %g, %g, %g", traj, p, both.Data[p], both.Data[48+p], static.Data[p])
					}
				}
			}
		})
	}
}

func TestOtherLayoutsAreRefused(t *testing.T) {
	_, err := poseidon.Open("../well/testdata/wave.hdf5")
	if err == nil || !strings.Contains(err.Error(), "not in PDEgym's layout") || !strings.Contains(err.Error(), "wave.hdf5") {
		t.Errorf("a file of The Well gave %v", err)
	}
}
