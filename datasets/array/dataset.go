package array

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// Group is some trajectories: the arrays of one file, or of one group of it.
type Group struct {
	Fields  []Part // their channels, one behind the other, are the channels of a state
	Initial []Part // as Fields without time: frame 0, where Fields begin with frame 1; nil where they begin with frame 0
	Statics []Part // likewise the static fields
	// Times are the times of the frames, for all trajectories or one list for each.
	Times [][]float64
	// Params are the values of the equation's scalars by name, for all trajectories or one for each.
	Params map[string][]float64
}

// Dataset is a data set of arrays. It implements datasets.Conditioned and datasets.Parametric, is safe for concurrent use, and holds its files open until Close.
type Dataset struct {
	name    string // of the layout and the file, for errors
	spec    eddy.Spec
	groups  []group
	numbers datasets.Numbering
	known   map[string][2]float64
	coords  [][]float64
	closers []io.Closer
}

var (
	_ datasets.Conditioned = (*Dataset)(nil)
	_ datasets.Parametric  = (*Dataset)(nil)
)

// group is a Group whose extents are known.
type group struct {
	Group
	trajectories, frames int
}

// Plan is what [New] is told.
type Plan struct {
	Name string // of the layout and the file, for errors: "fnomat: data.mat"
	// Spec is complete but for Dt and Params, which come from the groups.
	Spec   eddy.Spec
	Groups []Group
	// Coordinates are those that the file gives, for each axis of the grid; nil, or an empty list, where it gives none.
	Coordinates [][]float64
	Closers     []io.Closer // closed with the data set
}

// New makes a data set. It says what does not fit, and then closes nothing.
func New(p Plan) (*Dataset, error) {
	ds := &Dataset{name: p.Name, spec: p.Spec, coords: p.Coordinates, closers: p.Closers}
	ds.spec.History = 1
	for i, g := range p.Groups {
		if err := ds.add(g); err != nil {
			if len(p.Groups) > 1 {
				err = fmt.Errorf("group %d: %w", i, err)
			}
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	if ds.Len() == 0 {
		return nil, fmt.Errorf("%s: no trajectories", p.Name)
	}
	ds.known = ds.parameters()
	for _, name := range slices.Sorted(maps.Keys(ds.known)) {
		if r := ds.known[name]; r[0] != r[1] {
			ds.spec.Params = append(ds.spec.Params, ds.param(name))
		}
	}
	return ds, nil
}

func (ds *Dataset) add(from Group) error {
	g := group{Group: from, trajectories: 1, frames: 2}
	grid := ds.spec.Grid.Shape()
	channels := func(parts []Part, want int, what string, time bool) error {
		n := 0
		for i, p := range parts {
			if err := p.Check(grid, time); err != nil {
				return fmt.Errorf("array %d of the %s %w", i, what, err)
			}
			n += p.extent(Component)
			if t := p.extent(Trajectory); t > 1 {
				if g.trajectories > 1 && t != g.trajectories {
					return fmt.Errorf("array %d of the %s has %d trajectories, others %d", i, what, t, g.trajectories)
				}
				g.trajectories = t
			}
			if p.scattered() {
				parts[i].spool = new(spool)
			}
		}
		if n != want {
			return fmt.Errorf("the arrays of the %s have %d channels, expected %d", what, n, want)
		}
		return nil
	}
	g.Fields, g.Statics, g.Initial = slices.Clone(g.Fields), slices.Clone(g.Statics), slices.Clone(g.Initial)
	if err := channels(g.Fields, ds.spec.Channels(), "fields", !ds.spec.Steady); err != nil {
		return err
	}
	if err := channels(g.Statics, len(ds.spec.Statics), "static fields", false); err != nil {
		return err
	}
	if g.Initial != nil {
		if err := channels(g.Initial, ds.spec.Channels(), "initial state", false); err != nil {
			return err
		}
	}
	for i, p := range g.Fields {
		if p.axis(Trajectory) < 0 && g.trajectories > 1 {
			return fmt.Errorf("array %d of the fields has no axis for %d trajectories", i, g.trajectories)
		}
		if t := p.extent(Time); !ds.spec.Steady && t != g.Fields[0].extent(Time) {
			return fmt.Errorf("array %d of the fields has %d frames, the first %d", i, t, g.Fields[0].extent(Time))
		}
	}
	if err := ds.timing(&g); err != nil {
		return err
	}
	for name, v := range g.Params {
		if len(v) != 1 && len(v) != g.trajectories {
			return fmt.Errorf("parameter %q has %d values for %d trajectories", name, len(v), g.trajectories)
		}
	}
	ds.groups = append(ds.groups, g)
	ds.numbers.Append(g.trajectories)
	return nil
}

// timing takes the number of frames and the time step from a group.
func (ds *Dataset) timing(g *group) error {
	if ds.spec.Steady {
		g.Times = [][]float64{{0, 1}}
		return nil
	}
	g.frames = g.Fields[0].extent(Time)
	if g.Initial != nil {
		g.frames++
	}
	if n := len(g.Times); n != 1 && n != g.trajectories {
		return fmt.Errorf("%d lists of times for %d trajectories", n, g.trajectories)
	}
	for _, t := range g.Times {
		if len(t) != g.frames {
			return fmt.Errorf("%d times for %d frames", len(t), g.frames)
		}
		for _, v := range t {
			if v-v != 0 {
				return fmt.Errorf("a time of %g", v)
			}
		}
	}
	if g.frames < 2 {
		return nil
	}
	dt := MeanStep(g.Times[0])
	if !(dt > 0) {
		return fmt.Errorf("times from %g to %g, expected growing ones", g.Times[0][0], g.Times[0][g.frames-1])
	}
	const tol = 1e-4 // as eddy.Spec.CheckData
	if ds.spec.Dt == 0 {
		ds.spec.Dt = dt
	} else if math.Abs(dt-ds.spec.Dt) > tol*dt {
		return fmt.Errorf("a time step of %g, the first group has %g", dt, ds.spec.Dt)
	}
	return nil
}

// MeanStep is the mean distance of a list of at least two coordinates, without the rounding of decimal fractions in binary.
func MeanStep(x []float64) float64 {
	n := len(x)
	step := (x[n-1] - x[0]) / float64(n-1)
	const rounding = 1e-14 // of a sum or a product, relative
	if r, err := strconv.ParseFloat(strconv.FormatFloat(step, 'g', 12, 64), 64); err == nil && math.Abs(r-step) < rounding*math.Abs(step) {
		return r
	}
	return step
}

// Spec describes the data.
func (ds *Dataset) Spec() eddy.Spec { return ds.spec }

// Len is the number of trajectories.
func (ds *Dataset) Len() int { return ds.numbers.Len() }

func (ds *Dataset) at(traj int) (*group, int) {
	i, member := ds.numbers.Find(traj)
	return &ds.groups[i], member
}

// Frames is the number of frames of a trajectory.
func (ds *Dataset) Frames(traj int) int {
	g, _ := ds.at(traj)
	return g.frames
}

// Times are the times of a trajectory's frames.
func (ds *Dataset) Times(traj int) []float64 {
	g, i := ds.at(traj)
	return slices.Clone(g.Times[min(i, len(g.Times)-1)])
}

// Coordinates are those of the points along an axis as the file gives them, nil where it gives none.
func (ds *Dataset) Coordinates(axis int) []float64 {
	if axis >= len(ds.coords) || len(ds.coords[axis]) == 0 {
		return nil
	}
	return slices.Clone(ds.coords[axis])
}

// Close closes the files and drops what was copied from them. Reads fail afterwards.
func (ds *Dataset) Close() error {
	for _, g := range ds.groups {
		for _, p := range slices.Concat(g.Fields, g.Initial, g.Statics) {
			if p.spool != nil {
				p.spool.close()
			}
		}
	}
	var errs []error
	for _, c := range ds.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Read fills dst [T, C, X…] with frames frame … frame+T−1 of a trajectory.
func (ds *Dataset) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if err := datasets.CheckRead(ds, dst, traj, frame); err != nil {
		return fmt.Errorf("%s: %w", ds.name, err)
	}
	g, i := ds.at(traj)
	frames := dst.Shape[0]
	if frame == 0 && (ds.spec.Steady || g.Initial != nil) {
		first := dst.Row(0).Data
		clear(first) // of a steady problem
		if err := ds.fill(ctx, g.Initial, first, i, 0, 1, ds.spec.Channels()); err != nil {
			return err
		}
		if frames--; frames == 0 {
			return ctx.Err()
		}
		dst, frame = dst.Rows(1, dst.Shape[0]), 1
	}
	if ds.spec.Steady || g.Initial != nil {
		frame--
	}
	return ds.fill(ctx, g.Fields, dst.Data, i, frame, frames, ds.spec.Channels())
}

// fill reads parts that are the channels of dst.
func (ds *Dataset) fill(ctx context.Context, parts []Part, dst []float32, traj, frame, frames, channels int) error {
	first := 0
	for _, p := range parts {
		if err := p.read(ctx, dst, traj, frame, frames, first, channels); err != nil {
			return fmt.Errorf("%s: %w", ds.name, err)
		}
		first += p.extent(Component)
	}
	return nil
}

// Condition fills static [F, X…] and cond [P] of a trajectory.
func (ds *Dataset) Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	if traj < 0 || traj >= ds.Len() {
		return fmt.Errorf("%s: trajectory %d, expected 0 … %d", ds.name, traj, ds.Len()-1)
	}
	g, i := ds.at(traj)
	if cond != nil {
		eddy.MustShape(ds.name, "parameters", []int{len(cond)}, []int{len(ds.spec.Params)})
		for k, p := range ds.spec.Params {
			v := g.Params[p.Name]
			cond[k] = float32(v[min(i, len(v)-1)])
		}
	}
	if static == nil {
		return ctx.Err()
	}
	eddy.MustShape(ds.name, "static fields", static.Shape, append([]int{len(ds.spec.Statics)}, ds.spec.Grid.Shape()...))
	return ds.fill(ctx, g.Statics, static.Data, i, 0, 1, len(ds.spec.Statics))
}

// Parameters gives the least and the greatest value of every scalar of the equation that all groups know.
func (ds *Dataset) Parameters() map[string][2]float64 { return maps.Clone(ds.known) }

func (ds *Dataset) parameters() map[string][2]float64 {
	ranges := map[string][2]float64{}
names:
	for name := range ds.groups[0].Params {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, g := range ds.groups {
			if len(g.Params[name]) == 0 {
				continue names
			}
			lo, hi = min(lo, slices.Min(g.Params[name])), max(hi, slices.Max(g.Params[name]))
		}
		ranges[name] = [2]float64{lo, hi}
	}
	return ranges
}

// param is a scalar with its value in the first trajectory.
func (ds *Dataset) param(name string) eddy.Param {
	return eddy.Param{Name: name, Value: ds.groups[0].Params[name][0]}
}

// WithParams is the same data with exactly these scalars as Spec.Params. It shares the open files, which Close of either closes.
func (ds *Dataset) WithParams(names ...string) (datasets.Dataset, error) {
	view := *ds
	view.spec.Params = nil
	for _, name := range names {
		if _, ok := ds.known[name]; !ok {
			return nil, fmt.Errorf("%s: no parameter %q; it knows %q", ds.name, name, slices.Sorted(maps.Keys(ds.known)))
		}
		view.spec.Params = append(view.spec.Params, ds.param(name))
	}
	return &view, nil
}
