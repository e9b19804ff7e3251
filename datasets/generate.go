package datasets

import (
	"context"
	"crypto/sha256"
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

// generate computes trajectories done … Trajectories−1. A worker takes a buffer before it takes the next trajectory, so the one that is to be written next always
// has a buffer, and the memory is that of one trajectory more than there are workers.
func generate(ctx context.Context, w Writer, solver eddy.Model, ic Initial, p Plan, done int) error {
	left := p.Trajectories - done
	if left <= 0 {
		return nil
	}
	workers := min(par.Threads(), left)
	free := make(chan *product, workers+1)
	for range cap(free) {
		free <- &product{}
	}
	ready := make([]chan *product, left)
	for i := range ready {
		ready[i] = make(chan *product, 1)
	}
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() (err error) {
			defer eddy.Recover(&err)
			m := maker{solver: solver, initial: ic, plan: p}
			for {
				var out *product
				select {
				case out = <-free:
				case <-ctx.Done():
					return ctx.Err()
				}
				i := int(next.Add(1)) - 1
				if i >= left {
					return nil
				}
				if err := m.trajectory(ctx, out, done+i); err != nil {
					return err
				}
				ready[i] <- out
			}
		})
	}
	g.Go(func() error {
		for i := range left {
			select {
			case out := <-ready[i]:
				if err := out.write(ctx, w, done+i); err != nil {
					return err
				}
				free <- out
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return g.Wait()
}

func (o *product) write(ctx context.Context, w Writer, traj int) error {
	if len(o.static) > 0 || len(o.cond) > 0 {
		if err := w.(ConditionWriter).WriteCondition(ctx, traj, o.static, o.cond); err != nil {
			return err
		}
	}
	return w.Write(ctx, traj, o.frames)
}

// maker computes one trajectory after another.
type maker struct {
	solver  eddy.Model
	initial Initial
	plan    Plan
	stepper *stepper // of solver, unless that is a Family
}

// trajectory fills out with trajectory traj.
func (m *maker) trajectory(ctx context.Context, out *product, traj int) error {
	rng := Stream(m.plan.Seed, m.plan.Split, traj)
	s, law := m.stepper, m.initial
	if f, ok := m.solver.(Family); ok {
		spec := f.Spec()
		if out.frames == nil {
			out.static, out.cond = make([]float64, len(spec.Statics)*spec.Grid.Points()), make([]float64, len(spec.Params))
		}
		if err := f.Condition(rng, out.static, out.cond); err != nil {
			return fmt.Errorf("datasets: condition of trajectory %d: %w", traj, err)
		}
		member, initial, err := f.Member(out.static, out.cond)
		if err != nil {
			return fmt.Errorf("datasets: trajectory %d: %w", traj, err)
		}
		s, law = newStepper(member), initial
	} else if s == nil {
		s = newStepper(m.solver)
		m.stepper = s
	}
	if out.frames == nil {
		out.frames = make([]float64, (m.plan.Steps+1)*s.shown)
	}
	return s.trajectory(ctx, out.frames, law, m.plan, traj, rng)
}

// stepper carries one state.
type stepper struct {
	step  func(ctx context.Context) error                  // replaces state by the next one
	show  func(dst []float64) error                        // what is stored of state
	trace func(before []float64) (substep int, at float64) // nil where the solver is not Traced
	state []float64
	last  []float64 // state before the step, where trace is not nil
	shown int       // length of what is stored
	spec  eddy.Spec // of state
}

func newStepper(solver eddy.Model) *stepper {
	s := &stepper{shown: eddy.Size(solver.Spec().FrameShape())}
	s.show = func(dst []float64) error {
		copy(dst, s.state)
		return nil
	}
	full := solver
	if r, ok := solver.(Restricted); ok {
		full = r.Full()
		s.show = func(dst []float64) error { return r.Restrict(dst, s.state) }
	}
	s.spec = full.Spec()
	s.state = make([]float64, eddy.Size(s.spec.FrameShape()))
	if t, ok := full.(Traced); ok {
		s.trace, s.last = t.Trace, make([]float64, len(s.state))
	}
	if precise, ok := full.(eddy.Precise); ok {
		s.step = func(ctx context.Context) error { return precise.Step64(ctx, s.state, s.state) }
		return s
	}
	frame := s.spec.FrameShape()
	u := eddy.NewTensor(append([]int{1, 1}, frame...)...)
	v := eddy.NewTensor(append([]int{1}, frame...)...)
	s.step = func(ctx context.Context) error {
		for i, x := range s.state {
			u.Data[i] = float32(x)
		}
		if err := full.Step(ctx, v, eddy.Input{U: u}); err != nil {
			return err
		}
		for i, x := range v.Data {
			s.state[i] = float64(x)
		}
		return nil
	}
	return s
}

// trajectory fills frames [Steps+1, C, X…].
func (s *stepper) trajectory(ctx context.Context, frames []float64, ic Initial, p Plan, traj int, rng *rand.Rand) error {
	if err := ic.Draw(rng, s.state); err != nil {
		return fmt.Errorf("datasets: initial state of trajectory %d: %w", traj, err)
	}
	for step := 0; ; step++ {
		if i := nonFinite(s.state); i >= 0 {
			return fmt.Errorf("datasets: %w", s.blowUp(traj, step, i))
		}
		if i := step - p.Warmup; i >= 0 {
			if err := s.show(frames[i*s.shown : (i+1)*s.shown]); err != nil {
				return err
			}
			if i == p.Steps {
				return nil
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		copy(s.last, s.state)
		if err := s.step(ctx); err != nil {
			return fmt.Errorf("datasets: trajectory %d, step %d, from time %g on: %w", traj, step+1, float64(step)*s.spec.Dt, err)
		}
	}
}

// blowUp says when the state was lost that has its first such value at index i.
func (s *stepper) blowUp(traj, step, i int) *BlowUpError {
	e := &BlowUpError{Trajectory: traj, Step: step, Time: float64(step) * s.spec.Dt, Field: s.spec.Fields[i/s.spec.Grid.Points()].Name}
	if s.trace != nil && step > 0 {
		if substep, at := s.trace(s.last); substep > 0 {
			e.Substep, e.Time = substep, float64(step-1)*s.spec.Dt+at
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
