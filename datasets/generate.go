package datasets

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// GeneratorVersion is recorded as attribute "generator". It changes whenever the same plan gives other numbers than before.
const GeneratorVersion = "eddy/2"

// Plan says what Generate makes.
type Plan struct {
	Trajectories int               // number of trajectories, at least 1
	Steps        int               // steps per trajectory of the solver's Spec().Dt; T steps are T+1 frames
	Seed         uint64            // enters every random stream
	Split        string            // "train", "valid", "test"; enters every random stream, so that splits of one seed are disjoint
	Warmup       int               // frames stepped and dropped before the first one that is kept
	Float64      bool              // store float64 instead of float32
	Attributes   map[string]string // recorded beside what Generate adds: seed, split, trajectories, steps, warmup, generator
}

// Restricted is a solver that computes with more than its states show: on a finer grid, say. Generate carries the full states from step to step and stores
// restrictions, and has full initial states drawn.
type Restricted interface {
	eddy.Precise
	// Full is the solver of full states.
	Full() eddy.Precise
	// Restrict writes to dst [B, C, X…] of Spec() the states that belong to the full ones, [B, C, X…] of Full().Spec(). The slices must not overlap.
	Restrict(dst, full []float64) error
}

// BlowUpError says that a solver's state became infinite or NaN.
type BlowUpError struct {
	Trajectory int
	Step       int     // steps of the solver since the initial state, warm-up included; 0: the initial state itself
	Substep    int     // the substep of that step, counted from 1; 0 where the solver is not Traced
	Time       float64 // time since the initial state: of the end of the substep where it is known, else of the step
	Field      string  // the first field with such a value
}

// Error is one line with advice.
func (e *BlowUpError) Error() string {
	if e.Step == 0 {
		return fmt.Sprintf("trajectory %d: the initial %s is not finite", e.Trajectory, e.Field)
	}
	at := ""
	if e.Substep > 0 {
		at = fmt.Sprintf(", substep %d", e.Substep)
	}
	return fmt.Sprintf("trajectory %d: the solver's %s is no longer finite after step %d%s (time %g): take more substeps, a finer grid or a larger viscosity",
		e.Trajectory, e.Field, e.Step, at, e.Time)
}

// Stream is the random stream of one trajectory. It depends on its arguments alone; streams that differ in any of them are independent.
func Stream(seed uint64, split string, trajectory int) *rand.Rand {
	return rand.New(rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "eddy trajectory\x00%d\x00%s\x00%d", seed, split, trajectory))))
}

// Generate draws initial states, steps them and hands the trajectories to w in order, several of them being computed at a time. Numbers do not depend on how
// many. A solver that is Precise keeps its state in float64 between steps; another needs History 1 and rounds it to float32. Of a Family each trajectory is the
// rollout of a member of its own, whose initial law takes the place of ic; of a steady problem it is the input and the solution, one step, with times 0 and 1.
//
// Where w.Begin reports trajectories of an earlier run, Generate goes on after them. When ctx ends, or anything fails, the trajectories before stay with w, whose
// Close is then not called, and the same call with a fresh writer on the same file goes on. A state that is not finite ends it with a *BlowUpError.
func Generate(ctx context.Context, w Writer, solver eddy.Model, ic Initial, p Plan) (err error) {
	defer eddy.Recover(&err)
	spec := solver.Spec()
	switch {
	case p.Trajectories < 1 || p.Steps < 0 || p.Warmup < 0:
		return fmt.Errorf("datasets: plan of %d trajectories, %d steps and %d frames of warm-up: expected at least 1, 0 and 0", p.Trajectories, p.Steps, p.Warmup)
	case spec.History > 1:
		return fmt.Errorf("datasets: solver %s needs %d states for a step, expected 1: an initial state is one state", spec.Name, spec.History)
	case spec.Steady && (p.Steps > 1 || p.Warmup > 0):
		return fmt.Errorf("datasets: %d steps and %d of warm-up of %s, a steady problem: expected 1 and 0, from the input to the solution", p.Steps, p.Warmup, spec.Name)
	}
	if conditioned := len(spec.Statics) > 0 || len(spec.Params) > 0; conditioned {
		if _, ok := solver.(Family); !ok {
			return fmt.Errorf("datasets: solver %s wants static fields or parameters at every step, expected one that has them fixed or a Family", spec.Name)
		}
		if _, ok := w.(ConditionWriter); !ok {
			return fmt.Errorf("datasets: the trajectories of %s have parameters or static fields of their own, which a %T does not store", spec.Name, w)
		}
	}
	done, err := w.Begin(ctx, p.meta(spec))
	if err != nil {
		return err
	}
	if err := generate(ctx, w, solver, ic, p, done); err != nil {
		return err
	}
	return w.Close(ctx)
}

func (p Plan) meta(spec eddy.Spec) Meta {
	m := Meta{Spec: spec, Trajectories: p.Trajectories, Frames: p.Steps + 1, Float64: p.Float64, Attributes: maps.Clone(p.Attributes)}
	for i := range m.Frames {
		if spec.Steady {
			m.T = append(m.T, float64(i))
			continue
		}
		m.T = append(m.T, float64(i)*spec.Dt)
	}
	if m.Attributes == nil {
		m.Attributes = map[string]string{}
	}
	maps.Copy(m.Attributes, map[string]string{
		"seed":         strconv.FormatUint(p.Seed, 10),
		"split":        p.Split,
		"trajectories": strconv.Itoa(p.Trajectories),
		"steps":        strconv.Itoa(p.Steps),
		"warmup":       strconv.Itoa(p.Warmup),
		"generator":    GeneratorVersion,
	})
	return m
}

// product is what a worker hands to the writer.
type product struct{ frames, static, cond []float64 }

// generate computes trajectories done … Trajectories−1: on each worker one at a time, or with a Grouped solver, which shares states among threads itself, a group at a
// time on one. A worker takes a buffer before it takes the next group, so the one that is to be written next always has a buffer, and the memory is that of one group
// more than there are workers.
func generate(ctx context.Context, w Writer, solver eddy.Model, ic Initial, p Plan, done int) error {
	left := p.Trajectories - done
	if left <= 0 {
		return nil
	}
	size := groupSize(solver, left)
	groups := (left + size - 1) / size
	workers := min(par.Threads(), groups)
	if size > 1 {
		workers = 1
	}
	free := make(chan []product, workers+1)
	for range cap(free) {
		free <- make([]product, size)
	}
	ready := make([]chan []product, groups)
	for i := range ready {
		ready[i] = make(chan []product, 1)
	}
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() (err error) {
			defer eddy.Recover(&err)
			m := maker{solver: solver, initial: ic, plan: p}
			for {
				var out []product
				select {
				case out = <-free:
				case <-ctx.Done():
					return ctx.Err()
				}
				i := int(next.Add(1)) - 1
				if i >= groups {
					return nil
				}
				out = out[:min(size, left-i*size)]
				made, err := m.group(ctx, out, done+i*size)
				ready[i] <- out[:made]
				if err != nil {
					return err
				}
			}
		})
	}
	g.Go(func() error {
		for i := range groups {
			select {
			case out := <-ready[i]:
				for j := range out {
					if err := out[j].write(ctx, w, done+i*size+j); err != nil {
						return err
					}
				}
				free <- out[:cap(out)]
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return g.Wait()
}

// Grouped is a solver that is fastest where it steps several states at a time. Numbers do not depend on how many they are.
type Grouped interface {
	eddy.Precise
	// Together is the number of states beyond which it gains nothing.
	Together() int
}

// groupSize is the number of trajectories of a group: as many as the solver likes on every thread.
func groupSize(solver eddy.Model, left int) int {
	if r, ok := solver.(Restricted); ok {
		solver = r.Full()
	}
	if g, ok := solver.(Grouped); ok && g.Together() > 1 {
		return min(g.Together()*par.Threads(), left)
	}
	return 1
}

func (o *product) write(ctx context.Context, w Writer, traj int) error {
	if len(o.static) > 0 || len(o.cond) > 0 {
		if err := w.(ConditionWriter).WriteCondition(ctx, traj, o.static, o.cond); err != nil {
			return err
		}
	}
	return w.Write(ctx, traj, o.frames)
}

// maker computes one group of trajectories after another.
type maker struct {
	solver  eddy.Model
	initial Initial
	plan    Plan
	stepper *stepper // of solver, unless that is a Family
}

// group fills out with the trajectories from `first` on and returns how many are made. A group in which one fails is computed again one by one, so that those before it
// are complete.
func (m *maker) group(ctx context.Context, out []product, first int) (made int, err error) {
	if f, ok := m.solver.(Family); ok { // of which each member is a solver of its own
		for i := range out {
			if err := m.member(ctx, f, &out[i], first+i); err != nil {
				return i, err
			}
		}
		return len(out), nil
	}
	if m.stepper == nil {
		m.stepper = newStepper(m.solver)
	}
	frames, rngs := make([][]float64, len(out)), make([]*rand.Rand, len(out))
	for i := range out {
		if out[i].frames == nil {
			out[i].frames = make([]float64, (m.plan.Steps+1)*m.stepper.shown)
		}
		frames[i], rngs[i] = out[i].frames, Stream(m.plan.Seed, m.plan.Split, first+i)
	}
	err = m.stepper.trajectories(ctx, frames, m.initial, m.plan, first, rngs)
	if err == nil || len(out) == 1 || ctx.Err() != nil {
		return len(out), err
	}
	for i := range out {
		rng := []*rand.Rand{Stream(m.plan.Seed, m.plan.Split, first+i)}
		if err := m.stepper.trajectories(ctx, frames[i:i+1], m.initial, m.plan, first+i, rng); err != nil {
			return i, err
		}
	}
	return len(out), err
}

// member fills out with trajectory traj of a family.
func (m *maker) member(ctx context.Context, f Family, out *product, traj int) error {
	spec, rng := f.Spec(), Stream(m.plan.Seed, m.plan.Split, traj)
	if out.frames == nil {
		out.static, out.cond = make([]float64, len(spec.Statics)*spec.Grid.Points()), make([]float64, len(spec.Params))
	}
	if err := f.Condition(rng, out.static, out.cond); err != nil {
		return fmt.Errorf("datasets: condition of trajectory %d: %w", traj, err)
	}
	solver, law, err := f.Member(out.static, out.cond)
	if err != nil {
		return fmt.Errorf("datasets: trajectory %d: %w", traj, err)
	}
	s := newStepper(solver)
	if out.frames == nil {
		out.frames = make([]float64, (m.plan.Steps+1)*s.shown)
	}
	return s.trajectories(ctx, [][]float64{out.frames}, law, m.plan, traj, []*rand.Rand{rng})
}

// stepper carries states of a few trajectories.
type stepper struct {
	step  func(ctx context.Context, state []float64) error // replaces states by the next ones
	show  func(dst, state []float64) error                 // what is stored of a state
	trace func(before []float64) (substep int, at float64) // nil where the solver is not Traced
	state []float64                                        // [trajectory][C, X…]
	last  []float64                                        // states before the step, where trace is not nil
	size  int                                              // length of a state
	shown int                                              // length of what is stored of it
	spec  eddy.Spec                                        // of state
}

func newStepper(solver eddy.Model) *stepper {
	s := &stepper{shown: eddy.Size(solver.Spec().FrameShape())}
	s.show = func(dst, state []float64) error {
		copy(dst, state)
		return nil
	}
	full := solver
	if r, ok := solver.(Restricted); ok {
		full, s.show = r.Full(), r.Restrict
	}
	s.spec = full.Spec()
	s.size = eddy.Size(s.spec.FrameShape())
	if t, ok := full.(Traced); ok {
		s.trace = t.Trace
	}
	if precise, ok := full.(eddy.Precise); ok {
		s.step = func(ctx context.Context, state []float64) error { return precise.Step64(ctx, state, state) }
		return s
	}
	frame := s.spec.FrameShape()
	u := eddy.NewTensor(append([]int{1, 1}, frame...)...)
	v := eddy.NewTensor(append([]int{1}, frame...)...)
	s.step = func(ctx context.Context, state []float64) error {
		for i, x := range state {
			u.Data[i] = float32(x)
		}
		if err := full.Step(ctx, v, eddy.Input{U: u}); err != nil {
			return err
		}
		for i, x := range v.Data {
			state[i] = float64(x)
		}
		return nil
	}
	return s
}

// trajectories fills frames, [Steps+1, C, X…] each, of the trajectories from `first` on.
func (s *stepper) trajectories(ctx context.Context, frames [][]float64, ic Initial, p Plan, first int, rngs []*rand.Rand) error {
	if n := len(frames) * s.size; len(s.state) != n {
		s.state = make([]float64, n)
		if s.trace != nil {
			s.last = make([]float64, n)
		}
	}
	for i, rng := range rngs {
		if err := ic.Draw(rng, s.state[i*s.size:(i+1)*s.size]); err != nil {
			return fmt.Errorf("datasets: initial state of trajectory %d: %w", first+i, err)
		}
	}
	for step := 0; ; step++ {
		if i := nonFinite(s.state); i >= 0 {
			return fmt.Errorf("datasets: %w", s.blowUp(first, step, i))
		}
		if shown := step - p.Warmup; shown >= 0 {
			errs := make([]error, len(frames))
			par.For(len(frames), func(i int) {
				errs[i] = s.show(frames[i][shown*s.shown:(shown+1)*s.shown], s.state[i*s.size:(i+1)*s.size])
			})
			if err := errors.Join(errs...); err != nil {
				return err
			}
			if shown == p.Steps {
				return nil
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		copy(s.last, s.state)
		if err := s.step(ctx, s.state); err != nil {
			return err
		}
	}
}

// blowUp says when the state was lost that has its first such value at index i.
func (s *stepper) blowUp(first, step, i int) *BlowUpError {
	traj, at := i/s.size, i%s.size/s.spec.Grid.Points()
	e := &BlowUpError{Trajectory: first + traj, Step: step, Time: float64(step) * s.spec.Dt, Field: s.spec.Fields[at].Name}
	if s.trace != nil && step > 0 {
		if substep, after := s.trace(s.last[traj*s.size : (traj+1)*s.size]); substep > 0 {
			e.Substep, e.Time = substep, float64(step-1)*s.spec.Dt+after
		}
	}
	return e
}

// nonFinite is the index of the first NaN or infinite value, −1 where there is none.
func nonFinite(x []float64) int {
	sum := 0.0
	for _, v := range x {
		sum += v - v // 0, or NaN where v is infinite or NaN
	}
	if !math.IsNaN(sum) {
		return -1
	}
	return slices.IndexFunc(x, func(v float64) bool { return math.IsNaN(v - v) })
}
