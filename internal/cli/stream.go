package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// Bounds of what a rollout holds in memory, however long it is: the trajectories that roll out together, and the values of their frames that wait to be written.
const (
	groupMost   = 16
	groupValues = 32 << 20
	bufferMost  = 256 // frames a trajectory
	bufferTotal = 4 << 20
)

// checkpointEvery is how often a rollout makes safe what it has.
const checkpointEvery = 5 * time.Second

// stream writes rollouts to a file as they are made. Row r of the file is member r mod members of a trajectory of the data.
type stream struct {
	app    *app
	model  eddy.Model
	data   testData
	plan   rolloutPlan
	flags  rolloutFlags
	meta   datasets.Meta
	w      datasets.FrameWriter
	guard  *rollout.Guard // nil where nobody knows what the model was trained on
	state  streamState
	bar    *progress
	began  time.Time // since the last checkpoint
	buffer *eddy.Tensor
	left   int // trajectories that left the training data since this command began
}

// leftNamed is how many trajectories that leave the training data are told of one by one.
const leftNamed = 3

// streamState is what a checkpoint keeps beside the frames.
type streamState struct {
	Rows []*rowState `json:"rows"` // of all rows begun so far
}

// rowState is how a row fares.
type rowState struct {
	Trajectory int                 `json:"trajectory"` // of the data
	Member     int                 `json:"member"`
	Diverged   int                 `json:"diverged,omitempty"` // step at which it did; 0: not so far
	Left       int                 `json:"left,omitempty"`     // step at which it left the training data; 0: not so far
	How        string              `json:"how,omitempty"`      // what left
	Statistics *rollout.Statistics `json:"statistics"`
}

// run writes all rows from the one after `done` on and returns how many are complete.
func (s *stream) run(ctx context.Context, done int) (complete int, err error) {
	if err := s.restore(); err != nil {
		return done, err
	}
	n := s.meta.Trajectories
	group := min(max(groupValues/((s.model.Spec().History+4)*eddy.Size(s.meta.Spec.FrameShape())), 1), groupMost)
	for done < n {
		g := rowGroup{stream: s, from: done, to: min(done+group, n)}
		if err := g.run(ctx); err != nil {
			return done, err
		}
		done = g.to
	}
	return done, nil
}

// restore takes up what an interrupted run left.
func (s *stream) restore() error {
	s.began = time.Now()
	if s.w.State() == nil {
		return nil
	}
	var rows struct{ Rows []json.RawMessage }
	if err := json.Unmarshal(s.w.State(), &rows); err != nil {
		return fmt.Errorf("%s: the record of the interrupted rollout: %w (start again without --resume)", s.flags.out, err)
	}
	for _, raw := range rows.Rows {
		row := s.fresh(len(s.state.Rows))
		if err := json.Unmarshal(raw, row); err != nil {
			return fmt.Errorf("%s: the record of the interrupted rollout: %w (start again without --resume)", s.flags.out, err)
		}
		s.state.Rows = append(s.state.Rows, row)
	}
	return nil
}

// fresh is the state of a row at its start.
func (s *stream) fresh(row int) *rowState {
	return &rowState{Trajectory: s.plan.trajectories[row/s.flags.sampling.members], Member: row % s.flags.sampling.members, Statistics: rollout.NewStatistics(s.meta.Spec)}
}

// checkpoint makes everything so far safe.
func (s *stream) checkpoint(ctx context.Context) error {
	state, err := json.Marshal(s.state)
	if err != nil {
		return err
	}
	s.began = time.Now()
	return s.w.Checkpoint(ctx, state)
}

// rowGroup is the rows from … to−1 of the file, which roll out together.
type rowGroup struct {
	*stream
	from, to int
	step     int          // steps made
	living   []int        // rows of the file that are rolled out, one each row of the batch
	frames   *eddy.Tensor // [rows, K, C, X…], frames that wait
	waiting  int
}

// run rolls the rows out to their end, from where an interrupted run was.
func (g *rowGroup) run(ctx context.Context) (err error) {
	n := g.to - g.from
	k := min(max(bufferTotal/(n*eddy.Size(g.meta.Spec.FrameShape())), 1), bufferMost)
	if g.buffer == nil || g.buffer.Shape[0] < n || g.buffer.Shape[1] != k {
		g.buffer = eddy.NewTensor(append([]int{n, k}, g.meta.Spec.FrameShape()...)...)
	}
	g.frames = g.buffer.Rows(0, n)
	in, keys, err := g.begin(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && g.step > 0 { // what there is goes into the file, so that a resumed run begins there
			err = errors.Join(err, g.flush(context.WithoutCancel(ctx)), g.checkpoint(ctx))
		}
	}()
	if len(g.living) > 0 && g.step < g.plan.steps {
		if err := g.roll(ctx, in, keys); err != nil {
			return err
		}
	}
	for g.step < g.plan.steps { // none is left
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := g.put(ctx, nil); err != nil {
			return err
		}
	}
	if err := g.flush(ctx); err != nil {
		return err
	}
	return g.checkpoint(ctx)
}

// roll makes the steps of the living rows until the end, or until none is left.
func (g *rowGroup) roll(ctx context.Context, in eddy.Input, keys []eddy.Key) error {
	steps := rollout.Steps(ctx, g.model, in)
	if m, ok := g.model.(eddy.Ensemble); ok {
		steps = rollout.Draws(ctx, m, in, keys)
	}
	before := g.step
	for u, err := range steps {
		if d := new(rollout.DivergenceError); errors.As(err, &d) {
			g.noteDivergence(d, before)
		} else if err != nil {
			return err
		}
		if err := g.put(ctx, u); err != nil {
			return err
		}
		if g.step == g.plan.steps {
			break
		}
	}
	return nil
}

// begin makes the start of the rows: states of the data, or the last frames in the file.
func (g *rowGroup) begin(ctx context.Context) (eddy.Input, []eddy.Key, error) {
	g.step = g.w.Appended(g.from) - 1
	fresh := g.step < 0
	var trajs []int
	for r := g.from; r < g.to; r++ {
		if fresh {
			g.state.Rows = append(g.state.Rows[:r], g.fresh(r))
		}
		if g.state.Rows[r].Diverged == 0 {
			g.living = append(g.living, r)
			trajs = append(trajs, g.state.Rows[r].Trajectory)
		}
	}
	var in eddy.Input
	if len(g.living) > 0 {
		var err error
		if in, err = startOf(ctx, g.model.Spec().History, g.data, g.plan.start, trajs); err != nil {
			return in, nil, err
		}
	}
	if fresh {
		if err := g.open(ctx, in); err != nil {
			return in, nil, err
		}
	} else if err := g.rewind(ctx, in); err != nil {
		return in, nil, err
	}
	keys := make([]eddy.Key, len(g.living))
	for i, r := range g.living {
		row := g.state.Rows[r]
		keys[i] = eddy.Key{Seed: g.flags.sampling.seed, Trajectory: uint64(row.Trajectory), Member: uint64(row.Member), Step: uint64(g.step)}
	}
	return in, keys, nil
}

// open begins the rows in the file and puts their first frames there.
func (g *rowGroup) open(ctx context.Context, in eddy.Input) error {
	for i, r := range g.living {
		if err := g.w.Start(ctx, r, wide(in.Static, i), wide(in.Cond, i)); err != nil {
			return err
		}
		h := in.U.Shape[1]
		g.frames.Row(i).Row(0).CopyFrom(in.U.Row(i).Row(h - 1))
	}
	g.step, g.waiting = 0, 1
	return nil
}

// rewind moves the states that the model is handed to the last frames in the file; where these are fewer than it looks back, the data's come before them.
func (g *rowGroup) rewind(ctx context.Context, in eddy.Input) error {
	for i, r := range g.living {
		u := in.U.Row(i)
		h := u.Shape[0]
		kept := max(h-1-g.step, 0) // of the data
		for j := range kept {
			u.Row(j).CopyFrom(u.Row(j + h - kept - 1))
		}
		if err := g.w.ReadBack(ctx, u.Rows(kept, h), r, max(g.step+1-h, 0)); err != nil {
			return err
		}
		in.T[i] = float64(g.plan.start+g.step) * g.meta.Spec.Dt
	}
	return nil
}

// put adds a state of the living rows [B, C, X…] to what waits; the others, and all where u is nil, get NaN.
func (g *rowGroup) put(ctx context.Context, u *eddy.Tensor) error {
	g.step++
	k, at := g.frames.Shape[1], g.waiting
	if at == k {
		if err := g.flush(ctx); err != nil {
			return err
		}
		at = 0
	}
	for r := range g.to - g.from {
		fillNaN(g.frames.Row(r).Row(at).Data)
	}
	if u != nil {
		par.For(len(g.living), func(i int) {
			r := g.living[i]
			g.frames.Row(r - g.from).Row(at).CopyFrom(u.Row(i))
			if row := g.state.Rows[r]; row.Diverged == 0 {
				row.Statistics.Add(g.step, u.Row(i))
			}
		})
	}
	if u != nil && g.guard != nil {
		g.noteExits(u)
	}
	g.waiting = at + 1
	g.bar.add(g.to - g.from)
	if time.Since(g.began) < checkpointEvery {
		return nil
	}
	if err := g.flush(ctx); err != nil {
		return err
	}
	return g.checkpoint(ctx)
}

// flush writes what waits.
func (g *rowGroup) flush(ctx context.Context) error {
	if g.waiting == 0 {
		return nil
	}
	for i := range g.to - g.from {
		if err := g.w.Append(ctx, g.from+i, g.frames.Row(i).Rows(0, g.waiting)); err != nil {
			return err
		}
	}
	g.waiting = 0
	return nil
}

// noteDivergence tells of the rows that were fine until now, with --quiet too: the file holds NaN. Steps of d count from step `before`.
func (g *rowGroup) noteDivergence(d *rollout.DivergenceError, before int) {
	for i, s := range d.Steps {
		row := g.state.Rows[g.living[i]]
		if s == 0 || row.Diverged > 0 {
			continue
		}
		row.Diverged = before + s
		member := ""
		if g.flags.sampling.members > 1 {
			member = fmt.Sprintf(", member %d,", row.Member)
		}
		fmt.Fprintf(g.app.err, "rollout: trajectory %d%s diverged at step %d, its frames from there on are NaN\n", row.Trajectory, member, row.Diverged)
	}
}

// noteExits tells of the rows that leave what the model was trained on.
func (g *rowGroup) noteExits(u *eddy.Tensor) {
	for i, exit := range g.guard.Check(u) {
		row := g.state.Rows[g.living[i]]
		if exit == nil || row.Left > 0 {
			continue
		}
		exit.Trajectory, exit.Step, exit.Time = row.Trajectory, g.step, float64(g.plan.start+g.step)*g.meta.Spec.Dt
		row.Left, row.How = g.step, exit.Error()
		if row.Member > 0 { // it would say much the same as the first of its trajectory
			continue
		}
		if g.left++; g.left <= leftNamed {
			g.app.note("%s", exit.Error())
		}
	}
}

func fillNaN(v []float32) {
	for i := range v {
		v[i] = float32(math.NaN())
	}
}

// writeStatistics writes NAME.statistics.json beside NAME.hdf5: what the rollouts looked like, gathered on the way.
func (s *stream) writeStatistics() error {
	var of struct {
		Steps       int         `json:"steps"`
		Dt          float64     `json:"dt"`
		Wavenumbers []float64   `json:"wavenumbers"` // of the entries of power
		Rows        []*rowState `json:"rows"`
	}
	of.Steps, of.Dt, of.Rows = s.plan.steps, s.meta.Spec.Dt, s.state.Rows
	plan := metric.NewSpectrum(s.meta.Spec.Grid)
	for j := range plan.Shells() {
		of.Wavenumbers = append(of.Wavenumbers, plan.Wavenumber(j))
	}
	path := strings.TrimSuffix(s.flags.out, filepath.Ext(s.flags.out)) + ".statistics.json"
	if more := s.left - leftNamed; more > 0 {
		s.app.note("rollout: %d more trajectories left the training data; %s says where and how", more, path)
	}
	return writeJSON(path, of)
}
