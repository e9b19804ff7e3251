package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/config"
	"github.com/eddy-pde/eddy/operators/train"
)

type trainFlags struct {
	out    string
	set    []string
	seed   uint64
	seeded bool // --seed was given
	resume bool
}

func (a *app) train() *cobra.Command {
	var f trainFlags
	var asExample bool
	cmd := &cobra.Command{
		Use:   "train CONFIG.toml --out RUN [flags]",
		Short: "train a surrogate",
		Long: `Train fits the model that a config file describes and keeps everything about it in the folder RUN: config.toml (complete), checkpoints, metrics.csv and
log.jsonl. It can be stopped at any moment, even by kill -9, and goes on with --resume to the same final weights, bit for bit.

A complete config file, with the default of every key (eddy train --example prints it alone):

` + indent(exampleConfig()),
		Example: `  eddy train --example > ks.toml
  eddy train ks.toml --out run
  eddy train ks.toml --out run --resume
  eddy train ks.toml --out wide --set model.width=64 --set train.steps=20000 --seed 2`,
		Args: func(cmd *cobra.Command, args []string) error {
			if asExample {
				return exactly()(cmd, args)
			}
			return exactly("CONFIG.toml")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if asExample {
				fmt.Fprint(a.out, exampleConfig())
				return nil
			}
			if err := required(cmd, "out"); err != nil {
				return err
			}
			f.seeded = cmd.Flags().Changed("seed")
			return a.runTrain(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "`RUN`, the folder of the run; it must not hold one unless --resume is given")
	flags.StringArrayVar(&f.set, "set", nil, "`key=value` in place of the file's, such as optim.lr=3e-4; may be repeated")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of weights, data order and noise, in place of the file's")
	flags.BoolVar(&f.resume, "resume", false, "go on with the run in RUN")
	flags.BoolVar(&asExample, "example", false, "print a complete config file and do nothing else")
	return cmd
}

func (a *app) runTrain(ctx context.Context, path string, f trainFlags) error {
	if f.seeded {
		f.set = append(f.set, "seed="+strconv.FormatUint(f.seed, 10))
	}
	cfg, doc, err := readRunConfig(path, f.set)
	if err != nil {
		return err
	}
	if err := checkRunFolder(f.out, f.resume); err != nil {
		return err
	}
	training, valid, err := a.trainingData(ctx, cfg.Data)
	if err != nil {
		return err
	}
	trainer, err := newTrainer(cfg, doc, training, f.out)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return fmt.Errorf("train: run folder: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var unwritten error // why the config could not be written
	watch := a.watchTraining(cfg.Train)
	trainer.Observe = func(e train.Event) {
		if e.Kind == train.Started { // not before: a run that refuses to be resumed keeps its config
			if unwritten = config.Write(filepath.Join(f.out, configFile), cfg); unwritten != nil {
				stop()
			}
		}
		watch.event(e)
	}
	fit := trainer.Fit
	if f.resume {
		fit = trainer.Resume
	}
	report, err := fit(ctx, watch.counted(training), valid)
	watch.close()
	if unwritten != nil {
		return unwritten
	}
	if err != nil {
		if stop := new(train.InterruptedError); errors.As(err, &stop) {
			return &stopped{advice: fmt.Sprintf("step %d is saved, resume with: %s", stop.Step, a.again("--resume")), err: err}
		}
		return err
	}
	a.note("%s", trainingSummary(report))
	fmt.Fprintln(a.out, f.out)
	return nil
}

// checkRunFolder refuses to overwrite a run.
func checkRunFolder(dir string, resume bool) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return fmt.Errorf("train: %s is a file, expected a folder for the run", dir)
	}
	for _, name := range []string{train.StateFile, train.ModelFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil && !resume {
			return fmt.Errorf("train: %s already holds a run: add --resume to go on with it, or choose another folder", dir)
		}
	}
	return nil
}

// trainingData opens the files of [data]; valid is nil where none is named.
func (a *app) trainingData(ctx context.Context, c dataConfig) (training, valid datasets.Dataset, err error) {
	if training, err = a.openStrided(ctx, c.Train, c.Stride); err != nil {
		return nil, nil, fmt.Errorf("data.train: %w", err)
	}
	if c.Valid == "" {
		return training, nil, nil
	}
	if valid, err = a.openStrided(ctx, c.Valid, c.Stride); err != nil {
		return nil, nil, fmt.Errorf("data.valid: %w", err)
	}
	return training, valid, nil
}

// again is the command line that was given, with one more flag unless it was there.
func (a *app) again(flag string) string {
	if slices.Contains(a.args, flag) {
		return a.commandLine()
	}
	return a.commandLine() + " " + flag
}

// commandLine is the command as it was given.
func (a *app) commandLine() string {
	words := []string{"eddy"}
	for _, w := range a.args {
		words = append(words, quote(w))
	}
	return strings.Join(words, " ")
}

// quote writes a word so that a shell reads it as one.
func quote(w string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_-./=:,+@%", c)
	}
	if w != "" && !strings.ContainsFunc(w, func(c rune) bool { return !plain(c) }) {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// trainingWatch turns the trainer's events into progress: first of the pass over the training data that measures them, then of the steps.
type trainingWatch struct {
	app       *app
	schedule  train.Schedule
	measuring atomic.Pointer[progress] // nil when nothing is measured
	frames    int                      // of the training data
	bar       *progress                // nil before the first step
	valid     string
}

func (a *app) watchTraining(s train.Schedule) *trainingWatch {
	return &trainingWatch{app: a, schedule: s}
}

// countedData tells a trainingWatch of the frames that are read.
type countedData struct {
	datasets.Dataset
	watch *trainingWatch
}

func (w *trainingWatch) counted(ds datasets.Dataset) datasets.Dataset {
	for i := range ds.Len() {
		w.frames += ds.Frames(i)
	}
	return countedData{ds, w}
}

// Read reads as the data set below does.
func (d countedData) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	err := d.Dataset.Read(ctx, dst, traj, frame)
	if p := d.watch.measuring.Load(); p != nil && err == nil {
		p.add(dst.Shape[0])
	}
	return err
}

// Condition hands over what the data set below has.
func (d countedData) Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	var c *eddy.Tensor
	if cond != nil {
		c = eddy.FromSlice(cond, len(cond))
	}
	return datasets.ReadCondition(ctx, d.Dataset, static, c, traj)
}

// inThousandths is the scale of the bar where only the time is limited.
const inThousandths = 1000

func (w *trainingWatch) event(e train.Event) {
	switch e.Kind {
	case train.Preparing:
		w.measuring.Store(w.app.progress("measure the training data", "frames", 0, w.frames))
		return
	case train.Started:
		w.endMeasuring()
		unit, total := "steps", w.schedule.Steps
		if total == 0 {
			unit, total = "‰ of the time", inThousandths
		}
		w.bar = w.app.progress("train", unit, 0, total)
		w.bar.begin(w.position(e))
		return
	case train.Validated:
		w.valid = fmt.Sprintf(", validation %.4g", float64(e.Validation.Rollout))
	case train.Stepped, train.Saved, train.Finished:
	}
	w.bar.set(w.position(e), fmt.Sprintf("loss %.4g%s", e.Loss, w.valid))
}

func (w *trainingWatch) position(e train.Event) int {
	if w.schedule.Steps == 0 {
		return int(e.Progress * inThousandths)
	}
	return e.Step
}

func (w *trainingWatch) endMeasuring() {
	if p := w.measuring.Swap(nil); p != nil {
		p.drop()
	}
}

func (w *trainingWatch) close() {
	w.endMeasuring()
	if w.bar != nil {
		w.bar.close()
	}
}

func trainingSummary(r train.Report) string {
	s := fmt.Sprintf("train: %d parameters, %d steps, loss %.4g, %.0f s", r.Parameters, r.Step, r.Loss, r.Seconds)
	if r.Loss == 0 { // no step was made
		s = fmt.Sprintf("train: %d parameters, %d steps, %.0f s; nothing was left to train", r.Parameters, r.Step, r.Seconds)
	}
	if r.Best != nil {
		s += fmt.Sprintf("; best validation: %.4g at step %d", float64(r.Best.Validation.Rollout), r.Best.Step)
	}
	if r.Stopped == "time" {
		s += "; stopped by train.minutes"
	}
	return s
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}
