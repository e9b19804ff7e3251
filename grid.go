package eddy

import (
	"fmt"
	"slices"
	"strconv"
)

// Axis is one uniform axis of a grid.
type Axis struct {
	Name     string  `json:"name"`     // "x", "y", "z"
	Points   int     `json:"points"`   // number of points
	Origin   float64 `json:"origin"`   // lower end of the domain
	Length   float64 `json:"length"`   // extent of the domain, in the data's unit of length
	Periodic bool    `json:"periodic"` // the domain wraps round
	// Wall says that an axis which is not Periodic ends in walls, or at prescribed values. Where it is false too, its ends are open or not known.
	Wall bool `json:"wall,omitempty"`
}

// Step is the distance between neighbouring points of fields at nodes: Length/Points on a periodic axis, whose last point is not repeated, else
// Length/(Points−1). An axis of one point has step Length.
func (a Axis) Step() float64 {
	if !a.Periodic && a.Points > 1 {
		return a.Length / float64(a.Points-1)
	}
	return a.Length / float64(max(a.Points, 1))
}

// Grid is a rectangular domain with uniform axes, x first. Extents of state tensors follow its order: [B, C, X, Y, Z].
type Grid struct {
	Axes []Axis `json:"axes"`
}

// PeriodicGrid is a periodic box: one axis per entry of points, all of the same length, starting at 0.
func PeriodicGrid(length float64, points ...int) Grid {
	g := Grid{}
	for i, n := range points {
		g.Axes = append(g.Axes, Axis{Name: string("xyz"[i%3]), Points: n, Length: length, Periodic: true})
	}
	return g
}

// Dims is the number of space dimensions.
func (g Grid) Dims() int { return len(g.Axes) }

// Shape is the number of points per axis, x first.
func (g Grid) Shape() []int {
	s := make([]int, len(g.Axes))
	for i, a := range g.Axes {
		s[i] = a.Points
	}
	return s
}

// Points is the number of points of the whole grid.
func (g Grid) Points() int { return Size(g.Shape()) }

// String is a short description such as "64×64 periodic".
func (g Grid) String() string {
	s := ""
	for i, a := range g.Axes {
		if i > 0 {
			s += "×"
		}
		s += strconv.Itoa(a.Points)
	}
	periodic := func(a Axis) bool { return a.Periodic }
	switch {
	case len(g.Axes) == 0:
		return "no grid"
	case !slices.ContainsFunc(g.Axes, func(a Axis) bool { return !a.Periodic }):
		return s + " periodic"
	case slices.ContainsFunc(g.Axes, periodic):
		return s + " partly periodic"
	}
	return s
}

// Location says where on the grid the values of a field sit.
type Location string

// Where values sit. Fields of spectral solvers are at nodes.
const (
	Node  Location = "node"   // at origin + i·step
	Cell  Location = "cell"   // at origin + (i+½)·length/points
	FaceX Location = "face-x" // on the upper x face of cell i
	FaceY Location = "face-y" // on the upper y face
	FaceZ Location = "face-z" // on the upper z face
)

// Field is one channel of a state.
type Field struct {
	Name string   `json:"name"`           // "vorticity", "velocity_x"
	Unit string   `json:"unit,omitempty"` // a label, "1/s"; empty for dimensionless
	At   Location `json:"at,omitempty"`   // empty means Node
	// Of and Index name the vector or tensor field of which this channel is a component: Of = "velocity", Index = [0] for the x component.
	// Of is empty for a scalar field.
	Of    string `json:"of,omitempty"`
	Index []int  `json:"index,omitempty"`
}

// Param is one scalar of the equation that a model is told: a viscosity, a Reynolds number.
type Param struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	// Value is the value where it is the same for all trajectories; data sets whose value varies hand it over in Input.Cond.
	Value float64 `json:"value"`
}

// Spec describes what a Model steps or a data set holds. It is stored in every data file and every checkpoint.
type Spec struct {
	Name    string  `json:"name,omitempty"`    // name of the equation or data set, "kolmogorov"
	Fields  []Field `json:"fields"`            // the channels of a state, in order
	Statics []Field `json:"statics,omitempty"` // fields that do not change in time
	Params  []Param `json:"params,omitempty"`  // scalars handed over in Input.Cond, in order
	Grid    Grid    `json:"grid"`              //
	Dt      float64 `json:"dt"`                // time of one step, in the data's unit of time; 0 where Steady
	History int     `json:"history"`           // states a step needs, at least 1
	Steady  bool    `json:"steady,omitempty"`  // input and solution of a steady problem: one "step", never rolled out
}

// InCells reports whether all fields sit in cells or on faces, none at nodes: the axes of such a grid begin and end at edges of cells.
func (s Spec) InCells() bool {
	node := func(f Field) bool { return f.At == "" || f.At == Node }
	return len(s.Fields) > 0 && !slices.ContainsFunc(s.Fields, node) && !slices.ContainsFunc(s.Statics, node)
}

// Spacing is the distance between neighbouring points along an axis of the grid: Length/Points InCells, else that of nodes, Axis.Step.
func (s Spec) Spacing(axis int) float64 {
	a := s.Grid.Axes[axis]
	if s.InCells() {
		return a.Length / float64(max(a.Points, 1))
	}
	return a.Step()
}

// Coordinates are those of the points along an axis of the grid: of the centres of cells InCells, else of the nodes.
func (s Spec) Coordinates(axis int) []float64 {
	a, h, offset := s.Grid.Axes[axis], s.Spacing(axis), 0.0
	if s.InCells() {
		offset = 0.5
	}
	x := make([]float64, a.Points)
	for i := range x {
		x[i] = a.Origin + (float64(i)+offset)*h
	}
	return x
}

// Channels is the number of fields.
func (s Spec) Channels() int { return len(s.Fields) }

// FrameShape is the shape of one state: [C, X…].
func (s Spec) FrameShape() []int { return append([]int{len(s.Fields)}, s.Grid.Shape()...) }

// FieldNames lists the names of the fields in order.
func (s Spec) FieldNames() []string {
	return names(s.Fields, func(f Field) string { return f.Name })
}

// names lists the names of things in order.
func names[T any](things []T, name func(T) string) []string {
	list := make([]string, len(things))
	for i, t := range things {
		list[i] = name(t)
	}
	return list
}

// CheckData returns an error that names the first thing in which data of Spec d cannot feed a model of Spec s: fields, statics, parameters, dimension, or time
// step. The number of points may differ: neural operators run on other grids, and a model that does not says so itself.
func (s Spec) CheckData(d Spec) error {
	if !slices.Equal(s.FieldNames(), d.FieldNames()) {
		return fmt.Errorf("fields: the data has %q, the model expects %q", d.FieldNames(), s.FieldNames())
	}
	statics, params := func(f Field) string { return f.Name }, func(p Param) string { return p.Name }
	if got, want := names(d.Statics, statics), names(s.Statics, statics); !slices.Equal(got, want) {
		return fmt.Errorf("static fields: the data has %q, the model expects %q", got, want)
	}
	if got, want := names(d.Params, params), names(s.Params, params); !slices.Equal(got, want) {
		return fmt.Errorf("parameters: the data has %q, the model expects %q", got, want)
	}
	if s.Grid.Dims() != d.Grid.Dims() {
		return fmt.Errorf("grid: the data has %d space dimensions, the model expects %d", d.Grid.Dims(), s.Grid.Dims())
	}
	const tol = 1e-4 // file formats store times in float32
	if diff := s.Dt - d.Dt; diff > tol*s.Dt || diff < -tol*s.Dt {
		return fmt.Errorf("time step: the data has dt = %g, the model expects %g (check the stride)", d.Dt, s.Dt)
	}
	return nil
}
