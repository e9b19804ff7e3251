package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
	"github.com/eddy-pde/eddy/rollout"
)

type rolloutFlags struct {
	data       string
	out        string
	trajectory int // −1: all
	start      int // −1: the first frame with enough history
	steps      int // 0: to the end of the data
	sampling   samplingFlags
	resume     bool
}

func (a *app) rollout() *cobra.Command {
	var f rolloutFlags
	cmd := &cobra.Command{
		Use:   "rollout RUN --data FILE --out FILE [flags]",
		Short: "roll a trained surrogate out from the states of a data file",
		Long: `Rollout starts a trained surrogate from states of a data file, feeds it what it said last, and writes the trajectories to an HDF5 file in The Well's layout.
The first frame of each is the state that it started from; T steps are T+1 frames. Without --trajectory it rolls out all trajectories, from the first frame
with enough history to the end of the data; --steps may go beyond that end. Where a step of the surrogate is several frames of the file, frames are
counted in steps of the surrogate.

Frames go to the file as they are made, so a rollout may be as long as the disk is large; an interrupted one goes on from its middle with --resume. Mean,
variance, extremes and mean spectrum of every field are gathered on the way and written beside the file as NAME.statistics.json.

A run of kind refiner draws samples: with --members M the file holds M rollouts of every trajectory, one behind the other, each with random streams of its
own that follow from --seed. Several runs joined by commas are an ensemble: a step is the mean of their steps, or with --members M the file holds the rollouts of
the first M of them.

Standard error tells when a rollout leaves what the run was trained on, and when one diverges: its frames from there on are NaN, and the other trajectories go
on.`,
		Example: `  eddy rollout run --data test.hdf5 --out rollout.hdf5
  eddy rollout run --data test.hdf5 --out long.hdf5 --trajectory 0 --start 10 --steps 100000
  eddy rollout refined --data test.hdf5 --out samples.hdf5 --members 16 --seed 1`,
		Args: exactly("RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "data", "out"); err != nil {
				return err
			}
			for flag, value := range map[string]int{"trajectory": f.trajectory, "start": f.start, "steps": f.steps} {
				least := 0
				if flag == "steps" {
					least = 1
				}
				if cmd.Flags().Changed(flag) && value < least {
					return usagef("rollout: --%s %d, expected at least %d", flag, value, least)
				}
			}
			return a.runRollout(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "`FILE` or folder whose states to start from")
	flags.StringVar(&f.out, "out", "", "`FILE` to write")
	flags.IntVar(&f.trajectory, "trajectory", -1, "number of the one trajectory to start from (default: all)")
	flags.IntVar(&f.start, "start", -1, "number of the frame to start from (default: the first with enough history)")
	flags.IntVar(&f.steps, "steps", 0, "number of steps (default: to the end of the data)")
	f.sampling.add(cmd)
	flags.BoolVar(&f.resume, "resume", false, "go on with an interrupted rollout")
	// -1 stands for "not given", which the texts above explain; with this, help does not print it.
	flags.Lookup("trajectory").DefValue = "0"
	flags.Lookup("start").DefValue = "0"
	return cmd
}

func (a *app) runRollout(ctx context.Context, run string, f rolloutFlags) error {
	model, err := a.loadSurrogate(run, f.sampling)
	if err != nil {
		return err
	}
	if err := checkFresh("rollout", f.out, f.resume); err != nil {
		return err
	}
	data, err := a.openFor(ctx, run, model.Spec(), f.data)
	if err != nil {
		return err
	}
	a.noteTimes(f.data, data)
	p, err := planRollout(model.Spec(), data, f)
	if err != nil {
		return err
	}
	return a.writeRollout(ctx, model.Model, model.meta.Validity(), data, p, f, p.meta(model, data, f.sampling))
}

// checkFresh refuses to overwrite a file.
func checkFresh(command, path string, resume bool) error {
	if _, err := os.Stat(path); err == nil && !resume {
		return fmt.Errorf("%s: %s exists: choose another name or remove it", command, path)
	}
	return nil
}

// rolloutPlan says from where to where.
type rolloutPlan struct {
	trajectories []int // of the data
	start, steps int
}

func planRollout(model eddy.Spec, data testData, f rolloutFlags) (rolloutPlan, error) {
	p := rolloutPlan{start: f.start, steps: f.steps}
	if p.start < 0 {
		p.start = model.History - 1
	}
	if p.start < model.History-1 {
		return p, usagef("rollout: --start %d: the model sees %d states, so the first start is frame %d", p.start, model.History, model.History-1)
	}
	if f.trajectory >= data.Len() {
		return p, usagef("rollout: --trajectory %d: %s has %d trajectories, numbered from 0", f.trajectory, data.path, data.Len())
	}
	shortest := math.MaxInt
	for i := range data.Len() {
		if f.trajectory < 0 || i == f.trajectory {
			p.trajectories = append(p.trajectories, i)
			shortest = min(shortest, data.Frames(i))
		}
	}
	if p.start >= shortest {
		return p, usagef("rollout: --start %d: trajectories of %s have %d frames a step of the model apart, numbered from 0", p.start, data.path, shortest)
	}
	if p.steps == 0 {
		p.steps = shortest - 1 - p.start
		if p.steps == 0 {
			return p, usagef("rollout: frame %d is the last one of %s, so there are no steps to its end: give --steps", p.start, data.path)
		}
	}
	if model.Steady && p.start+p.steps > 1 {
		return p, usagef("rollout: %d steps from frame %d of a steady problem, which has one, from the input (frame 0) to the solution", p.steps, p.start)
	}
	return p, nil
}

// meta is what the file of a rollout says of itself: the attributes of the data, so that whoever reads it knows the equation, and what was done with them.
func (p rolloutPlan) meta(model surrogate, data testData, f samplingFlags) datasets.Meta {
	spec := data.Spec()
	spec.History, spec.Dt = 1, model.Spec().Dt
	m := datasets.Meta{Spec: spec, Trajectories: len(p.trajectories) * f.members, Frames: p.steps + 1, Attributes: map[string]string{}}
	for i := range m.Frames {
		m.T = append(m.T, float64(p.start+i)*spec.Dt)
	}
	maps.Copy(m.Attributes, data.attributes)
	maps.Copy(m.Attributes, map[string]string{
		"split": "rollout", "source": filepath.Base(data.path), "start": strconv.Itoa(p.start),
		"steps": strconv.Itoa(p.steps), "trajectories": strconv.Itoa(len(p.trajectories)),
		"model": fmt.Sprintf("%s of %d parameters, step %d, seed %d", model.meta.Kind, model.parameters, model.meta.Step, model.meta.Seed),
	})
	if _, draws := model.Model.(eddy.Ensemble); draws {
		m.Attributes["members"], m.Attributes["sample_seed"] = strconv.Itoa(f.members), strconv.FormatUint(f.seed, 10)
		if model.plan != "" {
			m.Attributes["plan"] = model.plan
		}
	}
	if len(p.trajectories) == 1 {
		m.Attributes["trajectory"] = strconv.Itoa(p.trajectories[0])
	}
	return m
}

func (a *app) writeRollout(ctx context.Context, m eddy.Model, validity *rollout.Envelope, data testData, p rolloutPlan, f rolloutFlags, meta datasets.Meta) error {
	if !f.resume {
		if err := well.Discard(f.out); err != nil {
			return err
		}
	}
	w := well.NewWriter(f.out)
	done, err := w.Begin(ctx, meta)
	if err != nil {
		return err
	}
	var guard *rollout.Guard
	if validity != nil {
		if guard, err = rollout.NewGuard(validity, meta.Spec, rollout.Slack{}); err != nil {
			return err
		}
	}
	s := &stream{app: a, guard: guard, model: m, data: data, plan: p, flags: f, meta: meta, w: w}
	made := 0
	for r := range meta.Trajectories {
		made += max(w.Appended(r)-1, 0)
	}
	s.bar = a.progress("rollout", "steps", made, meta.Trajectories*p.steps)
	defer s.bar.drop()
	fresh := done < meta.Trajectories // else the file is there, and nothing is to be done
	if done, err = s.run(ctx, done); err != nil {
		return a.giveUp(ctx, w, f.out, max(done, min(w.Appended(done), 1)), err)
	}
	if fresh {
		if err := s.writeStatistics(); err != nil {
			return err
		}
	}
	if err := w.Close(ctx); err != nil {
		return a.giveUp(ctx, w, f.out, done, err)
	}
	s.bar.close()
	fmt.Fprintln(a.out, f.out)
	return nil
}

// wide is a row in float64; nil for nil.
func wide(t *eddy.Tensor, row int) []float64 {
	if t == nil {
		return nil
	}
	data := t.Row(row).Data
	out := make([]float64, len(data))
	for i, v := range data {
		out[i] = float64(v)
	}
	return out
}

// giveUp ends the writing of a file after err. What is there is kept for --resume, unless it is nothing (kept = 0).
func (a *app) giveUp(ctx context.Context, w datasets.Writer, path string, kept int, err error) error {
	_ = w.Close(ctx) // records what is complete; that the rest is missing is known
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return &stopped{advice: "what is written is kept, resume with: " + a.again("--resume"), err: ctx.Err()}
	}
	if blowUp := new(datasets.BlowUpError); kept == 0 || errors.As(err, &blowUp) { // another attempt will not go on with these
		return errors.Join(err, well.Discard(path))
	}
	return fmt.Errorf("%w (what is written is kept, go on with: %s)", err, a.again("--resume"))
}

// startOf reads what a model is handed at a frame: the states up to it, and what belongs to the trajectory.
func startOf(ctx context.Context, history int, data testData, start int, trajs []int) (eddy.Input, error) {
	spec := data.Spec()
	in := eddy.Input{U: eddy.NewTensor(append([]int{len(trajs), history}, spec.FrameShape()...)...), T: make([]float64, len(trajs))}
	if n := len(spec.Statics); n > 0 {
		in.Static = eddy.NewTensor(append([]int{len(trajs), n}, spec.Grid.Shape()...)...)
	}
	if n := len(spec.Params); n > 0 {
		in.Cond = eddy.NewTensor(len(trajs), n)
	}
	for i, traj := range trajs {
		if err := data.Read(ctx, in.U.Row(i), traj, start+1-history); err != nil {
			return in, err
		}
		in.T[i] = float64(start) * spec.Dt
		var static, cond *eddy.Tensor
		if in.Static != nil {
			static = in.Static.Row(i)
		}
		if in.Cond != nil {
			cond = in.Cond.Row(i)
		}
		if err := datasets.ReadCondition(ctx, data.Dataset, static, cond, traj); err != nil {
			return in, err
		}
	}
	return in, nil
}
