package eddy

import (
	"slices"
	"strings"
	"testing"
)

func TestStepOfAnAxis(t *testing.T) {
	for _, c := range []struct {
		axis Axis
		want float64
	}{
		{Axis{Points: 4, Length: 1, Periodic: true}, 0.25},
		{Axis{Points: 5, Length: 1}, 0.25},
		{Axis{Points: 1, Length: 3}, 3},
		{Axis{Points: 1, Length: 3, Periodic: true}, 3},
	} {
		if got := c.axis.Step(); got != c.want {
			t.Errorf("%+v: step %g, expected %g", c.axis, got, c.want)
		}
	}
}

func TestGridDescribesItself(t *testing.T) {
	mixed := PeriodicGrid(1, 8, 16)
	mixed.Axes[1].Periodic = false
	closed := Grid{Axes: []Axis{{Name: "x", Points: 9, Length: 1}}}
	for _, c := range []struct {
		grid Grid
		want string
	}{
		{PeriodicGrid(1, 64, 32), "64×32 periodic"},
		{mixed, "8×16 partly periodic"},
		{closed, "9"},
		{Grid{}, "no grid"},
	} {
		if got := c.grid.String(); got != c.want {
			t.Errorf("got %q, expected %q", got, c.want)
		}
	}
	if g := PeriodicGrid(2, 4, 5, 6); g.Points() != 120 || g.Dims() != 3 || g.Axes[2].Name != "z" {
		t.Errorf("a grid of 4×5×6 points has %d points, %d dimensions, last axis %q", g.Points(), g.Dims(), g.Axes[2].Name)
	}
}

func TestCheckDataNamesTheFirstDifference(t *testing.T) {
	model := Spec{Fields: []Field{{Name: "u"}, {Name: "v"}}, Grid: PeriodicGrid(1, 64), Dt: 0.1, History: 1}
	if got := model.FrameShape(); !SameShape(got, []int{2, 64}) {
		t.Errorf("frame shape %v, expected [2 64]", got)
	}
	change := func(f func(*Spec)) Spec {
		d := model
		d.Fields = append([]Field(nil), model.Fields...)
		f(&d)
		return d
	}
	for _, c := range []struct {
		data Spec
		want string // part of the message; empty where the data fit
	}{
		{model, ""},
		{change(func(s *Spec) { s.Grid = PeriodicGrid(1, 256) }), ""},
		{change(func(s *Spec) { s.Dt = 0.1 * (1 + 1e-7) }), ""},
		{change(func(s *Spec) { s.Fields[1].Name = "w" }), `fields: the data has ["u" "w"], the model expects ["u" "v"]`},
		{change(func(s *Spec) { s.Fields = s.Fields[:1] }), "fields: the data has"},
		{change(func(s *Spec) { s.Statics = []Field{{Name: "a"}} }), `static fields: the data has ["a"], the model expects []`},
		{change(func(s *Spec) { s.Params = []Param{{Name: "nu"}} }), `parameters: the data has ["nu"], the model expects []`},
		{change(func(s *Spec) { s.Grid = PeriodicGrid(1, 8, 8) }), "2 space dimensions, the model expects 1"},
		{change(func(s *Spec) { s.Dt = 0.2 }), "time step: the data has dt = 0.2, the model expects 0.1 (check the stride)"},
	} {
		err := model.CheckData(c.data)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, expected %q", err, c.want)
		}
	}
}

func TestSpacingAndCoordinatesAreThoseOfTheFields(t *testing.T) {
	for _, c := range []struct {
		at     []Location
		axis   Axis
		step   float64
		points []float64
	}{
		{[]Location{Node}, Axis{Points: 3, Origin: -1, Length: 2}, 1, []float64{-1, 0, 1}},
		{[]Location{""}, Axis{Points: 4, Length: 2, Periodic: true}, 0.5, []float64{0, 0.5, 1, 1.5}},
		{[]Location{Cell}, Axis{Points: 4, Origin: -1, Length: 2}, 0.5, []float64{-0.75, -0.25, 0.25, 0.75}},
		{[]Location{Cell, FaceX}, Axis{Points: 2, Length: 1}, 0.5, []float64{0.25, 0.75}},
		{[]Location{Cell, Node}, Axis{Points: 2, Length: 1}, 1, []float64{0, 1}},
		{[]Location{Cell}, Axis{Points: 1, Length: 3}, 3, []float64{1.5}},
	} {
		s := Spec{Grid: Grid{Axes: []Axis{c.axis}}}
		for _, at := range c.at {
			s.Fields = append(s.Fields, Field{Name: "u", At: at})
		}
		if got := s.Spacing(0); got != c.step {
			t.Errorf("%v on %+v: points %g apart, expected %g", c.at, c.axis, got, c.step)
		}
		if got := s.Coordinates(0); !slices.Equal(got, c.points) {
			t.Errorf("%v on %+v: points at %v, expected %v", c.at, c.axis, got, c.points)
		}
	}
	static := Spec{Fields: []Field{{Name: "u", At: Cell}}, Statics: []Field{{Name: "a"}}}
	if static.InCells() {
		t.Error("a static field at nodes does not count")
	}
}
