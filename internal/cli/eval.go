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

	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/rollout/report"
)

type evalFlags struct {
	data     string
	out      string
	steps    int
	against  []string
	sampling samplingFlags
}

func (a *app) eval() *cobra.Command {
	var f evalFlags
	cmd := &cobra.Command{
		Use:   "eval RUN… --data FILE --out DIR [flags]",
		Short: "measure trained surrogates on test data and write a report",
		Long: `Eval rolls trained surrogates out beside the truth and writes to DIR: summary.json (errors and correlation per step, steps until the correlation falls below
0.8, 0.9 and 0.95, seconds per step), metrics.csv (every value) and report.html (pictures, curves and spectra on one page that needs no network).

Baselines to hold them against, in a list separated by commas:

  persistence     the last state, for ever
  climatology     the mean state of the data
  solver:GRID     the solver that made the data, computing on GRID (such as 32x32) points; for files of eddy generate
  solver          the same on its own grid`,
		Example: `  eddy eval run --data test.hdf5 --out evaluation
  eddy eval run --data test.hdf5 --out evaluation --against persistence,climatology,solver:32x32
  eddy eval small large --data test.hdf5 --out comparison --steps 100 --against persistence`,
		Args: atLeastOne("RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "data", "out"); err != nil {
				return err
			}
			if cmd.Flags().Changed("steps") && f.steps < 1 {
				return usagef("eval: --steps %d, expected at least 1", f.steps)
			}
			return a.runEval(cmd.Context(), args, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "`FILE` or folder of the test data")
	flags.StringVar(&f.out, "out", "", "`DIR` to write to")
	flags.IntVar(&f.steps, "steps", 0, "length of the rollouts (default: to the end of the data)")
	flags.StringSliceVar(&f.against, "against", nil, "`LIST` of baselines: persistence,climatology,solver:GRID")
	f.sampling.add(cmd)
	return cmd
}

func (a *app) runEval(ctx context.Context, runs []string, f evalFlags) error {
	for _, name := range f.against {
		if err := checkBaseline(name); err != nil {
			return err
		}
	}
	var models []report.Contender
	for _, run := range runs {
		s, err := a.loadSurrogate(run, f.sampling)
		if err != nil {
			return err
		}
		models = append(models, report.Contender{Name: runName(run), Model: s.Model, Parameters: s.parameters})
	}
	data, err := a.openFor(ctx, runs[0], models[0].Model.Spec(), f.data)
	if err != nil {
		return err
	}
	o := report.Options{Steps: f.steps, Data: filepath.Base(f.data), Command: a.commandLine(), Config: configText(runs[0])}
	for _, name := range f.against {
		c, err := baseline(ctx, name, data)
		if err != nil {
			return err
		}
		o.Against = append(o.Against, c)
	}
	bar := a.progress("eval", "steps", 0, 0)
	defer bar.drop()
	o.Progress = bar.of
	e, err := report.Evaluate(ctx, models, data, o)
	if err != nil {
		return err
	}
	if err := e.Write(f.out); err != nil {
		return err
	}
	bar.close()
	printEvaluation(a.out, e)
	fmt.Fprintf(a.out, "\n%s\n", filepath.Join(f.out, report.ReportFile))
	return nil
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
	fmt.Fprintf(w, "%d trajectories, %d steps of %g; a + says that the correlation never fell below\n", e.Trajectories, e.Steps, e.Spec.Dt)
}

// runName is what a run is called in a report: its folder's name, or the file's for a checkpoint.
func runName(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs // "." and ".." have names too
	}
	return strings.TrimSuffix(filepath.Base(path), ".safetensors")
}

// configText is the config that a run was made with; empty where it is not beside the weights.
func configText(run string) string {
	if info, err := os.Stat(run); err == nil && !info.IsDir() {
		run = filepath.Dir(run)
	}
	text, err := os.ReadFile(filepath.Join(run, configFile))
	if err != nil {
		return ""
	}
	return string(text)
}

// solverName is the baseline that steps the data's own solver.
const solverName = "solver"

// checkBaseline finds an unknown name before any data are read.
func checkBaseline(name string) error {
	kind, _, _ := strings.Cut(name, ":")
	if slices.Contains([]string{"persistence", "climatology"}, name) || kind == solverName {
		return nil
	}
	return usagef("eval: --against %s, expected a list of persistence, climatology, solver:GRID (such as solver:32x32)", name)
}

func baseline(ctx context.Context, name string, data testData) (report.Contender, error) {
	kind, grid, _ := strings.Cut(name, ":")
	if kind == solverName {
		return solver(name, grid, data)
	}
	return report.Baseline(ctx, name, data)
}

// solver is the solver that made the data, computing on a grid of the given text ("32x32"; empty for its own), which reads and writes states on the grid of the
// data by their Fourier coefficients.
func solver(name, grid string, data testData) (report.Contender, error) {
	equation := data.attributes["pde"]
	keys := pde.Keys(equation)
	if keys == nil {
		return report.Contender{}, fmt.Errorf("--against %s: %s does not say which equation of eddy it was generated with (attribute pde = %q, expected one of %s)",
			name, data.path, equation, strings.Join(pde.Names(), ", "))
	}
	settings := map[string]string{}
	for _, k := range keys {
		if v, ok := data.attributes[k.Name]; ok {
			settings[k.Name] = v
		}
	}
	spec := data.Spec()
	dt := strconv.FormatFloat(spec.Dt, 'g', -1, 64)
	if grid != "" || dt != settings["dt"] {
		settings["substeps"] = "0" // those of the file belong to its grid and frame interval
	}
	settings["grid"], settings["dt"] = shapeText(spec.Grid.Shape()), dt
	note := "The solver that made the data, started from the states of the file."
	if grid != "" {
		settings["solve"] = grid
		note = fmt.Sprintf("The solver that made the data, computing on %s points; states go to its grid and back by their Fourier coefficients.", grid)
	}
	p, err := pde.Named(equation, settings)
	if err != nil {
		return report.Contender{}, usagef("--against %s: %w", name, err)
	}
	return report.Contender{Name: name, Model: p.Model(), Note: note}, nil
}
