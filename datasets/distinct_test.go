package datasets

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
)

// counted is trajectories that hold one number each.
func counted(numbers ...float32) Dataset {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 4), Dt: 1, History: 1}
	tr := eddy.Trajectory{Spec: spec, Frames: eddy.NewTensor(len(numbers), 3, 1, 4)}
	for i, v := range numbers {
		for k := range 12 {
			tr.Frames.Data[12*i+k] = v * float32(k+1)
		}
	}
	return Memory(tr)
}

func firsts(t *testing.T, ds Dataset) []float32 {
	t.Helper()
	var all []float32
	dst := eddy.NewTensor(1, 1, 4)
	for traj := range ds.Len() {
		if err := ds.Read(t.Context(), dst, traj, 0); err != nil {
			t.Fatal(err)
		}
		all = append(all, dst.Data[0])
	}
	return all
}

func TestDistinctKeepsTheFirstOfEqualTrajectories(t *testing.T) {
	ds, err := Distinct(t.Context(), counted(3, 1, 3, 2, 1, 3))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{3, 1, 2}, firsts(t, ds)); diff != "" {
		t.Error(diff)
	}
	ds, err = Distinct(t.Context(), counted(1, 2, 3))
	if _, same := ds.(memory); err != nil || !same {
		t.Errorf("a set without duplicates became a %T, error %v", ds, err)
	}
}

// Trajectories with equal frames but other parameters are different.
func TestFingerprintsCoverParametersAndStatics(t *testing.T) {
	ds := conditioned{counted(5, 5, 5), []float32{1, 2, 1}}
	prints, err := Fingerprints(t.Context(), ds)
	if err != nil {
		t.Fatal(err)
	}
	if prints[0] == prints[1] || prints[0] != prints[2] {
		t.Errorf("%x", prints)
	}
}

// conditioned gives trajectories a parameter each.
type conditioned struct {
	Dataset
	values []float32
}

func (c conditioned) Spec() eddy.Spec {
	s := c.Dataset.Spec()
	s.Params = []eddy.Param{{Name: "nu"}}
	return s
}

func (c conditioned) Condition(_ context.Context, _ *eddy.Tensor, cond []float32, traj int) error {
	cond[0] = c.values[traj]
	return nil
}

// Times, coordinates and parameters reach through every view.
func TestViewsPassOnWhatTheFileSays(t *testing.T) {
	ds := known{counted(1, 2, 3)}
	part, err := Subset(ds, []int{2, 0})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Strided(part, 2)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Concat(two, two)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{20, 22}, Times(all, 2)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float64{0, 0.25, 0.5, 0.75}, Coordinates(all, 0)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][2]float64{"nu": {1, 9}}, Parameters(all)); diff != "" {
		t.Error(diff)
	}
	if a, err := Attributes(all); err != nil || !cmp.Equal(a, map[string]string{"seed": "7"}) {
		t.Errorf("attributes %v, error %v", a, err)
	}
	other, err := Concat(ds, other{ds})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := Attributes(other); err != nil || len(a) != 0 {
		t.Errorf("attributes %v of files that agree in none, error %v", a, err)
	}
	if Times(counted(1), 0) != nil || Coordinates(counted(1), 0) != nil || len(Parameters(counted(1))) != 0 {
		t.Error("a data set that says nothing is said to say something")
	}
}

// known says everything that a file may say.
type known struct{ Dataset }

func (known) Times(traj int) []float64 {
	return []float64{10 * float64(traj), 10*float64(traj) + 1, 10*float64(traj) + 2}
}

func (known) Coordinates(int) []float64 { return []float64{0, 0.25, 0.5, 0.75} }

func (known) Attributes() (map[string]string, error) { return map[string]string{"seed": "7"}, nil }

// other is a file made otherwise.
type other struct{ known }

func (other) Attributes() (map[string]string, error) { return map[string]string{"seed": "8"}, nil }

func (known) Parameters() map[string][2]float64 { return map[string][2]float64{"nu": {1, 9}} }
