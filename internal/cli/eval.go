package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy/rollout/metric"
	"github.com/eddy-pde/eddy/rollout/report"
)

type evalFlags struct {
	data     string
	out      string
	steps    int
	against  []string
	metrics  string
	lyapunov float64 // largest Lyapunov exponent; 0: not given
	cost     bool
	horizon  int
	sampling samplingFlags
}

func (a *app) eval() *cobra.Command {
	var f evalFlags
	cmd := &cobra.Command{
		Use:   "eval RUN… --data FILE --out DIR [flags]",
		Short: "measure trained surrogates on test data and write a report",
		Long: `Eval rolls trained surrogates out beside the truth and writes to DIR:

  report.html     pictures, curves with confidence bands, spectra and comparisons on one page that needs no network
  summary.json    errors and correlation per step, steps until the correlation falls below 0.8, 0.9 and 0.95, seconds per step, rankings
  metrics.csv     every value: by model, trajectory, member, step, field and metric
  tables/         the tables of the page as CSV and LaTeX
  figures/        its curves as SVG and PNG, its pictures as PNG

Several runs are compared on the same trajectories. A rank says of how many others a run is worse beyond doubt: the 95 % interval of the difference, from a
bootstrap over trajectories, leaves out zero. Runs joined by commas are one ensemble: their mean, or with --members M the first M of them as members.

Baselines to hold them against, in a list separated by commas:

  persistence     the last state, for ever
  climatology     the mean state of the data
  solver:GRID     the solver that made the data, computing on GRID (such as 32x32) points; for files of eddy generate
  solver          the same on its own grid

--metrics measures more than the report itself needs. It takes names and groups, separated by commas: all, ensemble, compat (as computed by the toolkit that a
metric comes from, defects included), pdebench, well, apebench, pdearena, poseidon, fno. eddy eval --metrics list prints them all. --lyapunov adds horizons in
Lyapunov times, which compare between chaotic systems: it takes their largest exponent, in the data's unit of 1/time.

--break-even says after how many simulations a run has paid for its training: it looks for the cheapest setting of the solver (coarser grids, longer steps) that is
as accurate at the step --horizon, and times both by turns.

A run that knows what it was trained on is watched: the report says when its rollouts, or the test data themselves, leave that.`,
		Example: `  eddy eval run --data test.hdf5 --out evaluation
  eddy eval run --data test.hdf5 --out evaluation --against persistence,climatology,solver:32x32 --break-even
  eddy eval small large --data test.hdf5 --out comparison --steps 100 --against persistence
  eddy eval refined --data test.hdf5 --out ensemble --members 16 --seed 1 --metrics ensemble
  eddy eval one two,three,four --data test.hdf5 --out mean`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.metrics == listMetrics {
				return nil
			}
			return atLeastOne("RUN")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.metrics == listMetrics {
				return printMetrics(a.out)
			}
			if err := required(cmd, "data", "out"); err != nil {
				return err
			}
			if cmd.Flags().Changed("steps") && f.steps < 1 {
				return usagef("eval: --steps %d, expected at least 1", f.steps)
			}
			if cmd.Flags().Changed("lyapunov") && !(f.lyapunov > 0) {
				return usagef("eval: --lyapunov %g, expected a positive exponent: only chaotic systems have a Lyapunov time", f.lyapunov)
			}
			if cmd.Flags().Changed("horizon") && (f.horizon < 1 || !f.cost) {
				return usagef("eval: --horizon %d, expected at least 1 beside --break-even", f.horizon)
			}
			return a.runEval(cmd.Context(), args, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "`FILE` or folder of the test data")
	flags.StringVar(&f.out, "out", "", "`DIR` to write to")
	flags.IntVar(&f.steps, "steps", 0, "length of the rollouts (default: to the end of the data)")
	flags.StringSliceVar(&f.against, "against", nil, "`LIST` of baselines: persistence,climatology,solver:GRID")
	flags.StringVar(&f.metrics, "metrics", "", "`LIST` of more metrics and groups of them: all, well, pdebench, … (list: print them)")
	flags.Float64Var(&f.lyapunov, "lyapunov", 0, "largest Lyapunov exponent, a `RATE`, for horizons in Lyapunov times (default: none)")
	flags.BoolVar(&f.cost, "break-even", false, "say after how many simulations the first run has paid for its training")
	flags.IntVar(&f.horizon, "horizon", 0, "`STEP` at which --break-even judges accuracy (default: where the correlation falls to 0.8)")
	f.sampling.add(cmd)
	return cmd
}

func (a *app) runEval(ctx context.Context, runs []string, f evalFlags) error {
	for _, name := range f.against {
		if err := checkBaseline(name); err != nil {
			return err
		}
	}
	if info, err := os.Stat(f.out); err == nil && !info.IsDir() {
		return fmt.Errorf("eval: --out: %s is a file, expected a folder for the report", f.out)
	}
	f.sampling.others = slices.ContainsFunc(runs, draws)
	var models []report.Contender
	for _, run := range runs {
		s, err := a.loadSurrogate(run, f.sampling)
		if err != nil {
			return err
		}
		models = append(models, report.Contender{Name: runName(run), Model: s.Model, Parameters: s.parameters, Envelope: s.meta.Validity()})
	}
	data, err := a.openFor(ctx, runs[0], models[0].Model.Spec(), f.data)
	if err != nil {
		return err
	}
	for i, m := range models[1:] {
		if err := m.Model.Spec().CheckData(data.Spec()); err != nil {
			return fmt.Errorf("%s, as %s steps it, does not fit %s: %w: runs that are compared step the same fields by the same time; evaluate this one by itself",
				f.data, runs[0], runs[i+1], err)
		}
	}
	o := report.Options{
		Steps: f.steps, Data: filepath.Base(f.data), Command: a.commandLine(), Config: configText(runs[0]), Members: f.sampling.members, Seed: f.sampling.seed,
	}
	if f.metrics != "" {
		if o.Metrics, err = metric.Select(f.metrics, data.Spec()); err != nil {
			return usagef("eval: --metrics: %w (eddy eval --metrics list tells what each is)", err)
		}
	}
	if f.lyapunov > 0 {
		o.Metrics = append(o.Metrics, metric.Horizon(f.lyapunov))
	}
	for _, name := range f.against {
		c, err := baseline(ctx, name, data)
		if err != nil {
			return err
		}
		o.Against = append(o.Against, c)
	}
	var balance report.BreakEvenOptions
	if f.cost { // what it needs is looked for before the long work
		if balance, err = a.breakEven(ctx, runs[0], data, f); err != nil {
			return err
		}
	}
	bar := a.progress("eval", "steps", 0, 0)
	defer bar.drop()
	o.Progress = bar.of
	e, err := report.Evaluate(ctx, models, data, o)
	if err != nil {
		return err
	}
	if f.cost {
		if err := e.MeasureBreakEven(ctx, models[0], data, balance); err != nil {
			return err
		}
	}
	if err := e.Write(f.out); err != nil {
		return err
	}
	if err := e.WriteFigures(f.out); err != nil {
		return err
	}
	bar.close()
	printEvaluation(a.out, e)
	if b := e.BreakEven; b != nil {
		fmt.Fprintf(a.out, "\nbreak-even: %s\n", b.Reason)
	}
	fmt.Fprintf(a.out, "\n%s\n", filepath.Join(f.out, report.ReportFile))
	return nil
}

// counted is a number of things: 1 step, 2 steps, 2 trajectories.
func counted(n int, thing string) string {
	switch stem, ok := strings.CutSuffix(thing, "y"); {
	case n == 1:
		return "1 " + thing
	case ok:
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// listMetrics is the value of --metrics that prints the catalogue.
const listMetrics = "list"

// printMetrics lists the catalogue of metrics.
func printMetrics(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tORIGIN\tWHAT IT IS")
	for _, m := range metric.Catalogue() {
		origin := m.Origin
		if m.Compat {
			origin += ", as is"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", m.Name, origin, m.About)
	}
	return t.Flush()
}

// printEvaluation writes a table with one row a contender.
func printEvaluation(w io.Writer, e *report.Evaluation) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "MODEL\tONE-STEP nRMSE\tnRMSE AT THE END")
	for _, threshold := range report.Thresholds {
		fmt.Fprintf(t, "\tSTEPS TO %g", threshold)
	}
	fmt.Fprintln(t, "\tSECONDS/STEP")
	for _, r := range slices.Concat(e.Models, e.Baselines) {
		fmt.Fprintf(t, "%s\t%.4g\t%.4g", r.Name, r.OneStepNRMSE, r.NRMSE[len(r.NRMSE)-1])
		for _, c := range r.Crossings() {
			more := ""
			if c.Censored {
				more = "+"
			}
			fmt.Fprintf(t, "\t%d%s", c.Steps, more)
		}
		fmt.Fprintf(t, "\t%.2g\n", r.SecondsPerStep)
	}
	_ = t.Flush() // to the user's terminal
	fmt.Fprintf(w, "%s, %s of %g; a + says that the correlation never fell below\n", counted(e.Trajectories, "trajectory"), counted(e.Steps, "step"), e.Spec.Dt)
	if len(e.Models) > 1 {
		printRankings(w, e)
	}
	for _, note := range e.Notes {
		fmt.Fprintf(w, "note: %s\n", note)
	}
	for _, r := range e.Models {
		printValidity(w, r, e.Trajectories)
	}
}

// printRankings puts the contenders in order, each with its rank.
func printRankings(w io.Writer, e *report.Evaluation) {
	for _, r := range e.Rankings {
		var names []string
		for _, s := range r.Standings {
			rank := "–"
			if s.Rank > 0 {
				rank = strconv.Itoa(s.Rank)
			}
			names = append(names, rank+" "+s.Name)
		}
		fmt.Fprintf(w, "by %s: %s\n", r.Title, strings.Join(names, ", "))
	}
	fmt.Fprintln(w, "equal ranks: these trajectories do not tell them apart")
}

// printValidity tells of a run that was led out of what it was trained on.
func printValidity(w io.Writer, r report.Result, trajectories int) {
	v := r.Validity
	if v == nil {
		return
	}
	if v.Outside > 0 {
		fmt.Fprintf(w, "%s: %d of %d trajectories start outside of its training data: %s\n", r.Name, v.Outside, trajectories, strings.TrimPrefix(v.Start.Error(), "rollout: "))
	}
	if first := v.First(); first != nil {
		fmt.Fprintf(w, "%s: %s left its training data, the first: %s\n", r.Name, counted(len(v.Exits), "rollout"), strings.TrimPrefix(first.Error(), "rollout: "))
	}
}

// runName is what a run is called in a report: its folder's name, or the file's for a checkpoint. Runs joined by commas have their names joined.
func runName(path string) string {
	var names []string
	for run := range strings.SplitSeq(path, ",") {
		if abs, err := filepath.Abs(run); err == nil {
			run = abs // "." and ".." have names too
		}
		names = append(names, strings.TrimSuffix(filepath.Base(run), ".safetensors"))
	}
	return strings.Join(names, "+")
}

// configText is the config that a run was made with; empty where it is not beside the weights.
func configText(run string) string {
	run, _, _ = strings.Cut(run, ",") // of an ensemble of runs, that of the first
	if info, err := os.Stat(run); err == nil && !info.IsDir() {
		run = filepath.Dir(run)
	}
	text, err := os.ReadFile(filepath.Join(run, configFile))
	if err != nil {
		return ""
	}
	return string(text)
}
