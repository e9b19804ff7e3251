package report

import (
	"context"
	"errors"
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// Options says how to evaluate. The zero value rolls every trajectory out to the end of the data, against nothing.
type Options struct {
	Steps   int         // length of the rollouts; 0: to the end of the shortest trajectory
	Batch   int         // trajectories that step together; 0: up to 16, fewer where they are large
	Against []Contender // baselines, see Baseline; a solver on a grid of its own choice is one too

	// Members is the number of rollouts of every trajectory by contenders that are an eddy.Ensemble, 0 for 1. Member j of trajectory i draws step s from
	// eddy.Key{Seed, i, j, s}.
	Members int
	Seed    uint64          // of the draws, and of the bootstrap
	Metrics []metric.Metric // to be measured beside those that a report needs, see metric.Select

	// For the record, printed in the files.
	Data    string // name of the data
	Command string // the command that repeats the evaluation
	Config  string // configuration of the model, any text
	Threads int    // 0: as many as are set now

	// Progress, if set, is called now and then with the steps done and to be done, over all contenders.
	Progress func(done, total int)
}

// Evaluate rolls models and baselines out beside the truth. See the package doc for what is measured, [Evaluation.Write] for the files. The first model is the
// one that headlines speak of.
//
// It fails where a model does not fit the data (fields, time step, grid), where a trajectory is too short, where the data hold NaN, or with ctx.Err(). A model
// that diverges is a result.
func Evaluate(ctx context.Context, models []Contender, ds datasets.Dataset, o Options) (e *Evaluation, err error) {
	defer eddy.Recover(&err)
	r, err := newRunner(models, ds, o)
	if err != nil {
		return nil, err
	}
	for from := 0; from < ds.Len(); from += r.batch {
		if err := r.group(ctx, from, min(from+r.batch, ds.Len())); err != nil {
			return nil, err
		}
	}
	return r.evaluation(), nil
}

// runner is an evaluation under way.
type runner struct {
	ds     datasets.Dataset
	spec   eddy.Spec
	o      Options
	all    []Contender // models, then baselines
	models int
	start  int // frame from which rollouts start
	steps  int
	frames int // frames used of every trajectory
	batch  int

	plan    *metric.Plan
	metrics metricSet
	tallies []*tally // one a contender
	truth   *truthTally
	film    *film
	bands   []metric.Band
	done    int
	notes   []string
}

func newRunner(models []Contender, ds datasets.Dataset, o Options) (*runner, error) {
	if len(models) == 0 {
		return nil, errors.New("report: no model to evaluate")
	}
	if o.Members < 0 {
		return nil, fmt.Errorf("report: %d members asked for, expected 0 (one) or more", o.Members)
	}
	r := &runner{ds: ds, spec: ds.Spec(), o: o, models: len(models)}
	if r.spec.Grid.Dims() == 0 {
		return nil, errors.New("report: the data have no space axis, so there is nothing to take means and correlations over")
	}
	r.all = distinct(models, o.Against)
	ensembles := false
	for _, c := range r.all {
		s := c.Model.Spec()
		if err := s.CheckData(r.spec); err != nil {
			return nil, fmt.Errorf("report: %s does not fit the data: %w", c.Name, err)
		}
		r.start = max(r.start, s.History-1)
		ensembles = ensembles || r.members(c) > 1
	}
	if err := r.length(); err != nil {
		return nil, err
	}
	var err error
	if r.metrics, err = choose(r.spec, o.Metrics, ensembles); err != nil {
		return nil, err
	}
	r.batch = o.Batch
	if r.batch <= 0 {
		r.batch = r.chooseBatch()
	}
	r.batch = min(r.batch, ds.Len())
	if o.Threads <= 0 {
		r.o.Threads = par.Threads()
	}
	r.plan = metric.NewPlan(r.spec)
	spectrum := metric.NewSpectrum(r.spec.Grid)
	r.bands = metric.Bands(spectrum.Shells())
	if spectrum.Windowed() {
		r.notes = append(r.notes, "The domain is not periodic along every axis. Spectra and errors per band are taken under a Hann window along those axes; all other numbers are not windowed.")
	}
	if err := datasets.CheckTimes(ds); err != nil {
		r.notes = append(r.notes, fmt.Sprintf("The frames of the data are not evenly spaced (%v), but every step is taken to be one of %g: errors hold a part that is the data's.", err, r.spec.Dt))
	}
	r.truth = newTruthTally(r, spectrum)
	for _, c := range r.all {
		t := newTally(r, r.members(c), spectrum.Shells())
		if t.watch, err = newWatch(c, r.spec); err != nil {
			return nil, err
		}
		r.tallies = append(r.tallies, t)
	}
	r.film = newFilm(r)
	return r, nil
}

// members is the number of rollouts of every trajectory by a contender.
func (r *runner) members(c Contender) int {
	if _, draws := c.Model.(eddy.Ensemble); draws {
		return max(r.o.Members, 1)
	}
	return 1
}

// metricSet is what is measured, by what is compared.
type metricSet struct{ states, members, rollouts []metric.Metric }

// choose takes what a report needs, and then what was asked for.
func choose(spec eddy.Spec, asked []metric.Metric, ensembles bool) (s metricSet, err error) {
	need := "nrmse,vrmse,correlation"
	for _, b := range metric.Bands(metric.NewSpectrum(spec.Grid).Shells()) {
		need += ",frmse_" + b.Name + ",band_error_" + b.Name
	}
	if ensembles {
		need += ",crps,spread,skill,spread_skill,member_correlation"
	}
	needed, err := metric.Select(need, spec)
	if err != nil {
		return s, fmt.Errorf("report: %w", err)
	}
	seen := map[string]bool{}
	for _, m := range append(needed, asked...) {
		if err := m.Check(spec); err != nil {
			return s, fmt.Errorf("report: %w", err)
		}
		if seen[m.Name] {
			continue
		}
		seen[m.Name] = true
		switch m.Of {
		case metric.States:
			s.states = append(s.states, m)
		case metric.Members:
			s.members = append(s.members, m)
		case metric.Rollouts:
			s.rollouts = append(s.rollouts, m)
		}
	}
	if ensembles { // a mean of members can be right where no member is
		for _, m := range s.states[:3] {
			m.Name, m.About = m.Name+ofMean, m.About+", of the mean over members"
			s.members = append(s.members, m)
		}
	}
	return s, nil
}

// distinct joins two lists of contenders and gives those of equal names a number.
func distinct(models, against []Contender) []Contender {
	all := append(append([]Contender(nil), models...), against...)
	seen := map[string]int{}
	for i := range all {
		if all[i].Name == "" {
			all[i].Name = "model"
		}
		name := all[i].Name
		if seen[name]++; seen[name] > 1 {
			all[i].Name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
	}
	return all
}

// length decides how many frames and steps are used.
func (r *runner) length() error {
	if r.ds.Len() == 0 {
		return errors.New("report: the data set has no trajectories")
	}
	shortest, longest := 0, 0
	for i := range r.ds.Len() {
		n := r.ds.Frames(i)
		if n < r.ds.Frames(shortest) {
			shortest = i
		}
		longest = max(longest, n)
	}
	r.frames = r.ds.Frames(shortest)
	available := r.frames - 1 - r.start
	switch {
	case available < 1:
		return fmt.Errorf("report: trajectory %d has %d frames; %d of history and one to compare with are needed: leave it out, or make longer data", shortest, r.frames, r.start+1)
	case r.o.Steps > available:
		return fmt.Errorf("report: %d steps asked for, but trajectory %d has %d frames, enough for %d steps after frame %d: ask for fewer, or evaluate on longer data", r.o.Steps, shortest, r.frames, available, r.start)
	case r.o.Steps < 0:
		return fmt.Errorf("report: %d steps asked for, expected 0 (to the end of the data) or more", r.o.Steps)
	case r.o.Steps > 0:
		r.steps = r.o.Steps
	default:
		r.steps = available
	}
	if r.spec.Steady {
		r.steps = 1
	}
	if longest > r.frames {
		r.notes = append(r.notes, fmt.Sprintf("Trajectories differ in length (%d to %d frames). The first %d frames of each are used.", r.frames, longest, r.frames))
	}
	return nil
}

// maxLoad bounds the values that a batch of trajectories holds at a time, over all contenders: 1 GiB of float32.
const maxLoad = 256 << 20

// chooseBatch is 16 trajectories, or as many as fit.
func (r *runner) chooseBatch() int {
	state := eddy.Size(r.spec.FrameShape())
	perTrajectory := state * (r.start + 3)
	for _, c := range r.all {
		perTrajectory += state * (2*max(c.Model.Spec().History, 1) + 4) * r.members(c)
	}
	return max(1, min(16, maxLoad/perTrajectory))
}

// group evaluates trajectories from … to−1: one pass over their frames, in which every contender makes one step from the truth and one of its rollout.
func (r *runner) group(ctx context.Context, from, to int) error {
	source := newSource(r.ds, from, to, r.frames)
	condition, err := source.condition(ctx)
	if err != nil {
		return err
	}
	contests := make([]*contest, len(r.all))
	for i, c := range r.all {
		contests[i] = newContest(r, c.Model, r.tallies[i], condition, from, to)
	}
	defer func() {
		for _, c := range contests {
			if c.stop != nil {
				c.stop()
			}
		}
	}()
	target := eddy.NewTensor(append([]int{to - from}, r.spec.FrameShape()...)...)
	for f := range r.frames {
		if err := source.frame(ctx, target, f); err != nil {
			return err
		}
		step := f - r.start
		if step >= 1 {
			r.truth.see(r, step, target)
			for i, c := range contests {
				if err := c.compete(ctx, r, i, step); err != nil {
					return fmt.Errorf("report: %s: %w", r.all[i].Name, err)
				}
			}
		}
		for i, c := range contests {
			c.see(target, float64(f)*r.spec.Dt)
			if step == 0 {
				c.begin(ctx)
				if from == 0 {
					r.film.addPrediction(i, 0, target.Row(0))
				}
			}
		}
		if from == 0 {
			r.film.addTruth(step, target.Row(0))
			if step >= 0 && step <= r.steps {
				r.truth.fan = append(r.truth.fan, atProbe(target.Row(0)))
			}
		}
		if r.o.Progress != nil && step >= 1 {
			r.done += (to - from) * len(r.all)
			r.o.Progress(r.done, (r.frames-1-r.start)*r.ds.Len()*len(r.all))
		}
	}
	for _, c := range contests {
		c.tally.finish(from, c.runs)
	}
	return nil
}
