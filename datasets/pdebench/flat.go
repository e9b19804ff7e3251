package pdebench

import (
	"errors"
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/slab"
	"github.com/eddy-pde/eddy/internal/h5"
)

// Names of datasets.
const (
	tensor = "/tensor"
	nu     = "/nu"
)

// flowFields are the datasets of compressible flow and the channels they become.
var flowFields = []struct {
	name  string
	field eddy.Field
}{
	{"/density", eddy.Field{Name: "density"}},
	{"/pressure", eddy.Field{Name: "pressure"}},
	{"/Vx", eddy.Field{Name: "velocity_x", Of: "velocity", Index: []int{0}}},
	{"/Vy", eddy.Field{Name: "velocity_y", Of: "velocity", Index: []int{1}}},
	{"/Vz", eddy.Field{Name: "velocity_z", Of: "velocity", Index: []int{2}}},
}

func isFlat(f *h5.File) bool {
	return slab.Has(f, "/x-coordinate") && (slab.Has(f, tensor) || slab.Has(f, "/density", "/pressure", "/Vx"))
}

// flat describes a file whose datasets hold all trajectories.
func flat(f *h5.File) (*slab.Part, error) {
	names, part := []string{tensor}, &slab.Part{Spec: eddy.Spec{Name: "pdebench", Fields: []eddy.Field{{Name: "u", At: eddy.Cell}}, History: 1}}
	if !slab.Has(f, tensor) {
		names, part.Spec.Name, part.Spec.Fields = nil, "pdebench-cfd", nil
		for _, c := range flowFields {
			if slab.Has(f, c.name) {
				c.field.At = eddy.Cell
				names, part.Spec.Fields = append(names, c.name), append(part.Spec.Fields, c.field)
			}
		}
	}
	first, err := f.Dataset(names[0])
	if err != nil {
		return nil, err
	}
	shape := first.Shape
	if len(shape) < 3 || len(shape) > 5 {
		return nil, fmt.Errorf("%s has shape %v, expected [N, t, x], [N, t, x, y] or [N, t, x, y, z]", names[0], shape)
	}
	axes, isDarcy := "xyz"[:len(shape)-2], slab.Has(f, nu)
	for i, n := range shape[2:] {
		name := axes[i : i+1]
		x, err := slab.Line(f, "/"+name+"-coordinate", n)
		if err != nil {
			return nil, err
		}
		part.Spec.Grid.Axes = append(part.Spec.Grid.Axes, slab.Cells(name, x, !isDarcy && !outflow(f)))
		part.Spec.Grid.Axes[i].Wall = isDarcy
		part.Coordinates = append(part.Coordinates, x)
	}
	part.Trajectories = shape[0]
	for c, name := range names {
		part.Fields = append(part.Fields, slab.Source{Path: name, Axes: "bt" + axes, Channels: []int{c}})
	}
	if isDarcy {
		if shape[1] != 1 {
			return nil, fmt.Errorf("%s has shape %v, expected [N, 1, x, y] beside nu", tensor, shape)
		}
		part.Spec.Name, part.Spec.Steady, part.Times = "pdebench-darcy", true, slab.Steady
		part.Spec.Statics = []eddy.Field{{Name: "nu", At: eddy.Cell}}
		part.Statics = []slab.Source{{Path: nu, Axes: "b" + axes, Channels: []int{0}}}
		part.Fields[0].Axes = "bs" + axes
	} else {
		times, err := slab.Line(f, "/t-coordinate", shape[1])
		if err != nil {
			return nil, err
		}
		part.Times, part.Spec.Dt = [][]float64{times}, slab.Mean(times)
	}
	part.Scalars, err = constants(f)
	return part, err
}

// constants are the root attributes that are numbers.
func constants(f *h5.File) (map[string][]float64, error) {
	names, err := f.Attributes("/")
	if err != nil {
		return nil, err
	}
	all := map[string][]float64{}
	for _, name := range names {
		v, ok, err := slab.Number(f, "/", name)
		switch {
		case errors.Is(err, h5.ErrType): // no constant
		case err != nil:
			return nil, err
		case ok:
			all[name] = []float64{v}
		}
	}
	return all, nil
}
