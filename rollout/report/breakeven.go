package report

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// BreakEvenOptions says what a surrogate is held against, and what it has cost.
type BreakEvenOptions struct {
	// Families are settings of a solver, such as one list a grid, in each from the most accurate to the cheapest: the rest of a list is not tried where one is less accurate
	// than the surrogate.
	Families [][]Contender
	Training float64 // seconds that the training took
	// DataSteps is the number of steps of Spec.Dt in the training data, over all trajectories: what they have cost follows from the time of the first setting of the first
	// family, which should be the one that made them. 0: unknown, or no cost of the surrogate's.
	DataSteps float64
	Horizon   int // step at which accuracy is judged; 0: where the mean correlation of the surrogate falls below 0.8, or the end of the rollouts
	// Trajectories is how many are compared; 0: the first 16.
	Trajectories int
	Caveat       string        // what a reader must know of the families: that there is no coarser grid, say; may be empty
	Round        time.Duration // the least time for which either is timed before it is the other's turn; 0: 150 ms
}

// BreakEven says after how many simulations a surrogate has paid for its training. The solver that it is held against is the cheapest setting that is as accurate, on
// the same trajectories, at the same step, with the same threads, and timed by turns with the surrogate in the same process.
type BreakEven struct {
	Surrogate    string             `json:"surrogate"`
	Horizon      int                `json:"horizon"` // steps of a simulation, and the step at which accuracy is judged
	Trajectories int                `json:"trajectories"`
	Threads      int                `json:"threads"`
	NRMSE        Number             `json:"nrmse"` // of the surrogate at the horizon
	Solvers      []BreakEvenSolver  `json:"solvers"`
	Against      string             `json:"against"` // the solver chosen
	Training     Number             `json:"training_seconds"`
	Data         Number             `json:"data_seconds,omitempty"`
	Cost         Number             `json:"seconds_per_simulation"`
	SolverCost   Number             `json:"solver_seconds_per_simulation"`
	Timings      []BreakEvenTimings `json:"timings"`
	Simulations  *int               `json:"simulations"`                     // after which the surrogate has paid for its training; null: never
	WithData     *int               `json:"simulations_with_data,omitempty"` // and for the data it was trained on
	Reason       string             `json:"reason"`                          // the answer in words
}

// BreakEvenSolver is a setting of the solver that was tried.
type BreakEvenSolver struct {
	Name     string `json:"name"`
	NRMSE    Number `json:"nrmse"`            // at the horizon
	Seconds  Number `json:"seconds_per_step"` // of one trajectory
	Accurate bool   `json:"accurate"`         // at least as the surrogate
}

// BreakEvenTimings are medians over rounds in which surrogate and solver took turns, in seconds per step of one trajectory.
type BreakEvenTimings struct {
	Batch     int    `json:"batch"`
	Surrogate Number `json:"surrogate"`
	Solver    Number `json:"solver"`
}

// MeasureBreakEven compares the cost of a contender, one of e's models, with that of a solver at matched error and keeps the answer in e.BreakEven.
func (e *Evaluation) MeasureBreakEven(ctx context.Context, surrogate Contender, ds datasets.Dataset, o BreakEvenOptions) (err error) {
	defer eddy.Recover(&err)
	if len(o.Families) == 0 || len(o.Families[0]) == 0 {
		return errors.New("report: break-even: no solver to hold the surrogate against")
	}
	if o.Round <= 0 {
		o.Round = timingRound
	}
	b := &balance{e: e, ds: ds, o: o}
	if err := b.prepare(surrogate); err != nil {
		return err
	}
	if err := b.match(ctx); err != nil {
		return err
	}
	if err := b.time(ctx); err != nil {
		return err
	}
	b.answer()
	e.BreakEven = &b.out
	return nil
}

// balance is a comparison of costs under way.
type balance struct {
	e         *Evaluation
	ds        datasets.Dataset
	o         BreakEvenOptions
	surrogate Contender
	solver    Contender // the one chosen
	n         int       // trajectories
	out       BreakEven
}

func (b *balance) prepare(surrogate Contender) error {
	var of *Result
	for i := range b.e.Models {
		if b.e.Models[i].Name == surrogate.Name {
			of = &b.e.Models[i]
		}
	}
	if of == nil {
		return fmt.Errorf("report: break-even: %s is not one of the models evaluated", surrogate.Name)
	}
	b.surrogate, b.n = surrogate, b.o.Trajectories
	if b.n <= 0 {
		b.n = 16
	}
	b.n = min(b.n, b.ds.Len())
	h := b.o.Horizon
	switch {
	case h > b.e.Steps:
		return fmt.Errorf("report: break-even: horizon of %d steps, but the rollouts have %d", h, b.e.Steps)
	case h <= 0:
		h = max(1, of.Crossings()[0].Steps)
	}
	b.out = BreakEven{
		Surrogate: surrogate.Name, Horizon: h, Trajectories: b.n, Threads: b.e.Threads, Training: Number(b.o.Training),
	}
	return nil
}

// Solvers that are as accurate and take no more than so many seconds are timed so many times more before one is chosen.
const (
	rematches = 3
	quick     = 1.0
)

// match finds the error of the surrogate at the horizon and the solvers that are as accurate.
func (b *balance) match(ctx context.Context) error {
	target, _, err := b.run(ctx, b.surrogate)
	if err != nil {
		return err
	}
	b.out.NRMSE = Number(target)
	best, least := math.Inf(1), math.Inf(1)
	for _, family := range b.o.Families {
		for _, c := range family {
			v, seconds, err := b.run(ctx, c)
			if err != nil {
				return err
			}
			for range rematches { // the least of several, so that a busy moment does not choose
				if v > target || seconds*float64(b.n*b.out.Horizon) > quick {
					break
				}
				_, again, err := b.run(ctx, c)
				if err != nil {
					return err
				}
				seconds = min(seconds, again)
			}
			s := BreakEvenSolver{Name: c.Name, NRMSE: Number(v), Seconds: Number(seconds), Accurate: v <= target}
			b.out.Solvers = append(b.out.Solvers, s)
			if s.Accurate && seconds < best {
				best, b.solver, b.out.Against = seconds, c, c.Name
			}
			if !s.Accurate {
				if v < least && b.out.Against == "" { // none so far: the most accurate there is
					least, b.solver = v, c
				}
				break
			}
		}
	}
	b.out.Data = Number(b.o.DataSteps) * b.out.Solvers[0].Seconds
	return nil
}

// run rolls a contender out to the horizon from the starts of the evaluation and returns its nRMSE there, the mean over trajectories and fields, and the seconds of a
// step of one trajectory.
func (b *balance) run(ctx context.Context, c Contender) (nrmse, seconds float64, err error) {
	var mean average
	spent, steps := 0.0, 0
	for from := 0; from < b.n; from += b.e.Batch {
		to := min(from+b.e.Batch, b.n)
		in, truth, err := b.start(ctx, c.Model, from, to)
		if err != nil {
			return 0, 0, err
		}
		state, took, made, err := b.roll(ctx, c.Model, in, from, b.out.Horizon)
		if err != nil {
			return 0, 0, fmt.Errorf("report: break-even: %s: %w", c.Name, err)
		}
		v := make([]float64, truth.Shape[0]*truth.Shape[1])
		metric.NRMSE(v, state, truth)
		mean.add(v, metric.Zero(truth))
		spent, steps = spent+took, steps+made*(to-from)
	}
	return mean.value(), spent / float64(max(steps, 1)), nil
}

// start reads what a model is handed at the start of trajectories from … to−1, and the truth at the horizon.
func (b *balance) start(ctx context.Context, m eddy.Model, from, to int) (in eddy.Input, truth *eddy.Tensor, err error) {
	in, err = newSource(b.ds, from, to, 1).condition(ctx)
	if err != nil {
		return in, nil, err
	}
	h := max(m.Spec().History, 1)
	shape := b.e.Spec.FrameShape()
	in.U, truth = eddy.NewTensor(append([]int{to - from, h}, shape...)...), eddy.NewTensor(append([]int{to - from}, shape...)...)
	for i := range to - from {
		if err := b.ds.Read(ctx, in.U.Row(i), from+i, b.e.Start+1-h); err != nil {
			return in, nil, err
		}
		if err := b.ds.Read(ctx, truth.Rows(i, i+1), from+i, b.e.Start+b.out.Horizon); err != nil {
			return in, nil, err
		}
		in.T = append(in.T, float64(b.e.Start)*b.e.Spec.Dt)
	}
	return in, truth, nil
}

// roll makes up to n steps and returns the last state, NaN where rows diverged, the seconds that all but the first took (a model may compile itself in that), scaled to all,
// and the number of steps made.
func (b *balance) roll(ctx context.Context, m eddy.Model, in eddy.Input, from, n int) (state *eddy.Tensor, seconds float64, made int, err error) {
	seq := rollout.Steps(ctx, m, in)
	if s, ok := m.(eddy.Ensemble); ok {
		_, keys := rollout.Members(in, 1, b.e.Seed, from)
		seq = rollout.Draws(ctx, s, in, keys)
	}
	began := time.Now()
	var first time.Duration
	state = notANumber(append([]int{in.U.Shape[0]}, in.U.Shape[2:]...))
	for u, err := range seq {
		if d := new(rollout.DivergenceError); err != nil && !errors.As(err, &d) {
			return nil, 0, 0, err
		}
		if made++; made == 1 {
			first = time.Since(began)
		}
		if made == n {
			copy(state.Data, u.Data)
			break
		}
	}
	took := time.Since(began)
	if made > 1 {
		took = (took - first) * time.Duration(made) / time.Duration(made-1)
	}
	return state, took.Seconds(), made, nil
}

// Rounds of timing, the least time of each where Options do not say, and the least number of steps in it.
const (
	timingRounds = 5
	timingRound  = 150 * time.Millisecond
	timingSteps  = 4
)

// time lets surrogate and solver take turns, one trajectory at a time and in batches, and takes for each the batch that suits it better.
func (b *balance) time(ctx context.Context) error {
	cost := [2]float64{math.Inf(1), math.Inf(1)}
	batches := []int{1}
	if n := min(b.e.Batch, b.n); n > 1 {
		batches = append(batches, n)
	}
	for _, batch := range batches {
		medians, err := b.turns(ctx, batch)
		if err != nil {
			return err
		}
		b.out.Timings = append(b.out.Timings, BreakEvenTimings{batch, Number(medians[0]), Number(medians[1])})
		for i, m := range medians {
			cost[i] = min(cost[i], m)
		}
	}
	b.out.Cost, b.out.SolverCost = Number(cost[0]*float64(b.out.Horizon)), Number(cost[1]*float64(b.out.Horizon))
	return nil
}

// turns are the median seconds per step and trajectory of surrogate and solver in batches of a size.
func (b *balance) turns(ctx context.Context, batch int) (median [2]float64, err error) {
	var rounds [2][]float64
	for range timingRounds {
		for i, c := range []Contender{b.surrogate, b.solver} {
			in, _, err := b.start(ctx, c.Model, 0, batch)
			if err != nil {
				return median, err
			}
			spent, steps := 0.0, 0
			for began := time.Now(); steps == 0 || time.Since(began) < b.o.Round; {
				_, seconds, made, err := b.roll(ctx, c.Model, in, 0, max(b.out.Horizon, timingSteps))
				if err != nil {
					return median, fmt.Errorf("report: break-even: %s: %w", c.Name, err)
				}
				spent, steps = spent+seconds, steps+made
			}
			rounds[i] = append(rounds[i], spent/float64(steps*batch))
		}
	}
	for i, r := range rounds {
		slices.Sort(r)
		median[i] = r[len(r)/2]
	}
	return median, nil
}

// answer weighs the costs.
func (b *balance) answer() {
	o := &b.out
	matched := o.Against != ""
	if !matched {
		o.Against = b.solver.Name
	}
	if b.o.Caveat != "" {
		defer func() { o.Reason += " (" + b.o.Caveat + ")" }()
	}
	against := fmt.Sprintf("%s, the cheapest setting tried that is as accurate at step %d (nRMSE %s against %s)", o.Against, o.Horizon, short(b.nrmseOf(o.Against)), short(float64(o.NRMSE)))
	if !matched {
		against = fmt.Sprintf("%s, the most accurate setting tried, though even that is less accurate than the surrogate at step %d (nRMSE %s against %s)",
			o.Against, o.Horizon, short(b.nrmseOf(o.Against)), short(float64(o.NRMSE)))
	}
	gain := float64(o.SolverCost - o.Cost)
	switch v := float64(o.NRMSE); {
	case v-v != 0:
		o.Reason = fmt.Sprintf("never: rollouts of %s diverge before step %d", o.Surrogate, o.Horizon)
	case !(gain > 0):
		o.Reason = fmt.Sprintf("never: a simulation of %s takes %s with %s and %s with %s",
			count(o.Horizon, "step"), duration(float64(o.Cost)), o.Surrogate, duration(float64(o.SolverCost)), against)
	default:
		n := int(math.Ceil(float64(o.Training) / gain))
		o.Simulations = &n
		o.Reason = fmt.Sprintf("after %s of %s: %s of training, and then %s each with %s instead of %s with %s",
			simulations(n), count(o.Horizon, "step"), duration(float64(o.Training)), duration(float64(o.Cost)), o.Surrogate, duration(float64(o.SolverCost)), against)
		if o.Data > 0 {
			m := int(math.Ceil(float64(o.Training+o.Data) / gain))
			o.WithData = &m
			o.Reason += fmt.Sprintf("; with the %s that the solver took to make the training data, after %s", duration(float64(o.Data)), simulations(m))
		}
	}
}

// nrmseOf is the error of a solver tried.
func (b *balance) nrmseOf(name string) float64 {
	for _, s := range b.out.Solvers {
		if s.Name == name {
			return float64(s.NRMSE)
		}
	}
	return math.NaN()
}

// simulations is a number of them in words.
func simulations(n int) string {
	if n == 1 {
		return "1 simulation"
	}
	return thousands(n) + " simulations"
}
