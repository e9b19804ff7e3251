package well

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy/internal/h5"
)

// Boundary is one of the boundary conditions of a file: what holds on the points of its mask.
type Boundary struct {
	Name   string   // of its group
	Kind   string   // WALL, OPEN or PERIODIC
	Axes   []string // on which its mask is defined
	Fields []string // whose values it prescribes; none for a kind alone
	Sample bool     // it differs between trajectories
	Time   bool     // it changes in time
}

// String is a short description such as "x periodic" or "y wall (velocity)".
func (b Boundary) String() string {
	s := strings.Join(b.Axes, "×") + " " + strings.ToLower(b.Kind)
	if len(b.Fields) > 0 {
		s += " (" + strings.Join(b.Fields, ", ") + ")"
	}
	return s
}

// Kinds of boundaries.
const (
	kindWall     = "WALL"
	kindOpen     = "OPEN"
	kindPeriodic = "PERIODIC"
)

// boundaryKinds are the kinds by the number that older files have.
var boundaryKinds = []string{kindWall, kindOpen, kindPeriodic}

// loadBoundaries reads what the file says of its boundaries, without masks and values.
func (f *file) loadBoundaries() error {
	if !hasGroup(f.h, groupBoundaries) {
		return nil
	}
	entries, err := f.h.List(groupBoundaries)
	if err != nil {
		return err
	}
	for _, e := range entries {
		b, path := Boundary{Name: e.Name}, groupBoundaries+"/"+e.Name
		if b.Kind, err = f.boundaryKind(path); err != nil {
			return err
		}
		if b.Axes, err = f.texts(path, "associated_dims"); err != nil {
			return err
		}
		if b.Fields, err = f.texts(path, "associated_fields"); err != nil {
			return err
		}
		if b.Sample, err = f.truth(path, attrSample, false); err != nil {
			return err
		}
		if b.Time, err = f.truth(path, attrTime, false); err != nil {
			return err
		}
		f.boundaries = append(f.boundaries, b)
	}
	return nil
}

// boundaryKind is WALL, OPEN or PERIODIC; older files have the number.
func (f *file) boundaryKind(path string) (string, error) {
	v, err := f.attribute(path, "bc_type")
	if err != nil {
		return "", err
	}
	if i, ok := v.(int64); ok {
		if i < 0 || int(i) >= len(boundaryKinds) {
			return "", fmt.Errorf("%s@bc_type is %d, expected 0, 1 or 2", path, i)
		}
		return boundaryKinds[i], nil
	}
	text, err := f.text(path, "bc_type")
	return strings.ToUpper(text), err
}

// periodic reports whether the domain wraps round along an axis.
func (f *file) periodic(axis string) bool {
	return slices.ContainsFunc(f.boundaries, func(b Boundary) bool { return b.Kind == kindPeriodic && slices.Contains(b.Axes, axis) })
}

// walled reports whether the domain ends in walls along an axis. Walls that are defined on several axes may lie inside the domain.
func (f *file) walled(axis string) bool {
	return slices.ContainsFunc(f.boundaries, func(b Boundary) bool { return b.Kind == kindWall && slices.Equal(b.Axes, []string{axis}) })
}

// Boundaries are the boundary conditions of the (first) file, in the order of their names.
func (ds *Dataset) Boundaries() []Boundary { return slices.Clone(ds.files[0].boundaries) }

// Mask reads where a boundary of a trajectory lies at a frame: one truth for every point of the axes Boundary.Axes, row-major.
func (ds *Dataset) Mask(name string, traj, frame int) ([]bool, error) {
	v, err := boundaryValues[int8](ds, name, "mask", traj, frame)
	mask := make([]bool, len(v))
	for i := range v {
		mask[i] = v[i] != 0
	}
	return mask, err
}

// Prescribed reads the values that a boundary of a trajectory prescribes at a frame, one for every point of its mask that is true (and component of a field); nil
// where it prescribes none.
func (ds *Dataset) Prescribed(name string, traj, frame int) ([]float64, error) {
	f, _ := ds.at(traj)
	if _, ok := f.h.Kind(groupBoundaries + "/" + name + "/values"); !ok {
		return nil, nil
	}
	return boundaryValues[float64](ds, name, "values", traj, frame)
}

// boundaryValues reads a dataset of a boundary, of one trajectory and frame where it varies with them.
func boundaryValues[N h5.Number](ds *Dataset, name, what string, traj, frame int) ([]N, error) {
	if traj < 0 || traj >= ds.Len() || frame < 0 || frame >= ds.Frames(traj) {
		return nil, fmt.Errorf("well: %s: frame %d of trajectory %d, which is not there", ds.path, frame, traj)
	}
	f, i := ds.at(traj)
	at := slices.IndexFunc(f.boundaries, func(b Boundary) bool { return b.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("well: %s: no boundary %q; it has %v", f.h.Path(), name, f.boundaries)
	}
	d, err := f.h.Dataset(groupBoundaries + "/" + name + "/" + what)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	slab, axis := d.Whole(), 0
	for _, v := range []struct {
		varies bool
		index  int
	}{{f.boundaries[at].Sample, i}, {f.boundaries[at].Time, frame}} {
		if v.varies && axis < len(slab.Start) {
			slab.Start[axis], slab.Count[axis] = v.index, 1
			axis++
		}
	}
	n := 1
	for _, c := range slab.Count {
		if n *= c; n < 1 || n > maxLine {
			return nil, fmt.Errorf("well: %s: %s has shape %v", f.h.Path(), d.Path(), d.Shape)
		}
	}
	values := make([]N, n)
	return values, h5.Read(d, values, slab)
}
