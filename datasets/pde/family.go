package pde

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// interval is the range of a setting that each trajectory draws for itself, uniformly.
type interval struct {
	name     string
	from, to float64
}

// parseInterval reads "0.5..1.5"; ok is false for anything that is no range.
func parseInterval(name, text string) (r interval, ok bool, err error) {
	from, to, ok := strings.Cut(text, "..")
	if !ok {
		return r, false, nil
	}
	r.name = name
	var errs [2]error
	r.from, errs[0] = strconv.ParseFloat(from, 64)
	r.to, errs[1] = strconv.ParseFloat(to, 64)
	if errs[0] != nil || errs[1] != nil || !(r.from < r.to) {
		return r, true, errors.New("expected a number, or a range of two rising numbers such as 0.5..1.5")
	}
	return r, true, nil
}

// family is an equation with settings that differ between trajectories: a [datasets.Family].
type family struct {
	spec     eddy.Spec // of the member in the middle of all ranges, with the ranges' settings as Params
	name     string
	settings map[string]string
	ranges   []interval

	mu      sync.Mutex
	members map[string]Problem // by their values, see member
}

// membersKept bounds the memory of a family: rollouts ask for the members of a batch again and again.
const membersKept = 64

// newFamily makes the family and checks the ends of the ranges. middle is the problem of their middles.
func newFamily(name string, middle Problem, ranges []interval) (*family, error) {
	f := &family{spec: middle.Solver.Spec(), name: name, settings: middle.Settings, ranges: ranges, members: map[string]Problem{}}
	for _, r := range ranges {
		f.spec.Params = append(f.spec.Params, eddy.Param{Name: r.name, Value: (r.from + r.to) / 2})
	}
	ends := [2][]float64{}
	for _, r := range ranges {
		ends[0], ends[1] = append(ends[0], r.from), append(ends[1], r.to)
	}
	for _, end := range ends {
		if _, err := f.member(end); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Spec lists the settings that differ as Params, with the middle of their ranges as values.
func (f *family) Spec() eddy.Spec { return f.spec }

// Condition draws the parameters from their ranges; there are no static fields.
func (f *family) Condition(rng *rand.Rand, _, cond []float64) error {
	for i, r := range f.ranges {
		cond[i] = r.from + (r.to-r.from)*rng.Float64()
	}
	return nil
}

// Member is the solver of the given parameters and its law.
func (f *family) Member(_, cond []float64) (eddy.Precise, datasets.Initial, error) {
	p, err := f.member(cond)
	return p.Solver, p.Initial, err
}

// member makes the problem of the given parameters, or finds it.
func (f *family) member(cond []float64) (Problem, error) {
	settings := maps.Clone(f.settings)
	var key strings.Builder
	for i, r := range f.ranges {
		settings[r.name] = strconv.FormatFloat(cond[i], 'g', -1, 64)
		key.WriteString(settings[r.name] + " ")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if p, ok := f.members[key.String()]; ok {
		return p, nil
	}
	p, err := Named(f.name, settings)
	if err != nil {
		return Problem{}, err
	}
	if len(f.members) >= membersKept {
		clear(f.members)
	}
	f.members[key.String()] = p
	return p, nil
}

// Step advances each row by the member of its row of in.Cond [B, P]; in.U is [B, 1, C, X…], dst [B, C, X…]. Without in.Cond all rows have the values of the Spec.
func (f *family) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	op := "pde: " + f.name + ": Step"
	if in.U == nil {
		return &eddy.ShapeError{Op: op, What: "input", Hint: "there is none"}
	}
	frame := f.spec.FrameShape()
	eddy.MustShape(op, "input", in.U.Shape, append([]int{-1, 1}, frame...))
	eddy.MustShape(op, "destination", dst.Shape, append([]int{in.U.Shape[0]}, frame...))
	if in.Cond != nil {
		eddy.MustShape(op, "parameters", in.Cond.Shape, []int{in.U.Shape[0], len(f.ranges)})
	}
	cond := make([]float64, len(f.ranges))
	for b := range in.U.Shape[0] {
		for i, p := range f.spec.Params {
			cond[i] = p.Value
			if in.Cond != nil {
				cond[i] = float64(in.Cond.Data[b*len(cond)+i])
			}
		}
		p, err := f.member(cond)
		if err != nil {
			return err
		}
		if err := p.Solver.Step(ctx, dst.Rows(b, b+1), eddy.Input{U: in.U.Rows(b, b+1)}); err != nil {
			return err
		}
	}
	return ctx.Err()
}
