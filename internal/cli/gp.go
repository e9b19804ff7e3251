package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
	"github.com/eddy-pde/eddy/gp"
	"github.com/eddy-pde/eddy/internal/config"
	"github.com/eddy-pde/eddy/rollout/report"
)

type gpFlags struct {
	out    string
	solver string
	seed   uint64
	seeded bool
}

func (a *app) gp() *cobra.Command {
	var f gpFlags
	cmd := &cobra.Command{
		Use:   "gp PROBLEM.toml --out DIR [flags]",
		Short: "solve a linear or semilinear PDE with a Gaussian process",
		Long: `Gp solves a boundary value problem on a box with a Gaussian-process solver and writes solution.hdf5 (mean and standard deviation), summary.json and
report.html to DIR. A problem file, relative paths of which are relative to it:

  # u'' = f with u = sin 100x
  domain = [[0, 6.283185307179586]]
  points = [400]
  terms = [{ axis = 0, order = 2, coefficient = 1 }]      # a number or an expression in the axis' coordinate
  nonlinearity = ""                                       # N(u, x, y, z), added to the operator
  forcing = "-10000*sin(100*x)"                           # a number, an expression, or { file, field }
  noise = 0                                               # standard deviation on the forcing, or "learn"
  boundary = [
    { axis = 0, side = "lo", kind = "dirichlet", value = 0 },   # dirichlet | neumann | periodic | inflow
    { axis = 0, side = "hi", kind = "dirichlet", value = 0 },
  ]
  exact = "sin(100*x)"                                    # for the report alone
  solver = "fdsm"                                         # fdsm | gphm | cheb
  seed = 0

  [options]
  tolerance = 1e-12`,
		Example: `  eddy gp problem.toml --out solution
  eddy gp problem.toml --out solution --solver cheb`,
		Args: exactly("PROBLEM.toml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "out"); err != nil {
				return err
			}
			f.seeded = cmd.Flags().Changed("seed")
			return a.runGP(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "`DIR` to write to")
	flags.StringVar(&f.solver, "solver", "", "fdsm, gphm or cheb, in place of the file's")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of everything random, in place of the file's")
	return cmd
}

// gpSummary is summary.json.
type gpSummary struct {
	Solver        string   `json:"solver"`
	Points        []int    `json:"points"`
	Unknowns      int      `json:"unknowns"`
	Seconds       float64  `json:"seconds"`
	Residual      float64  `json:"residual"`
	ErrorEstimate float64  `json:"error_estimate"`
	Noise         float64  `json:"noise"`
	RelL2         *float64 `json:"rel_l2,omitempty"`
	Notes         []string `json:"notes,omitempty"`
}

func (a *app) runGP(ctx context.Context, path string, f gpFlags) error {
	problem, options, err := a.readProblem(ctx, path, f)
	if err != nil {
		return err
	}
	posterior, err := a.solve(ctx, problem, options)
	if err != nil {
		return err
	}
	summary := gpSummary{
		Solver: posterior.Solver, Points: posterior.Points, Unknowns: posterior.Unknowns, Seconds: posterior.Seconds,
		Residual: posterior.Residual, ErrorEstimate: posterior.ErrorEstimate, Noise: posterior.Noise, Notes: posterior.Notes,
	}
	if problem.Exact != nil {
		e, err := posterior.RelL2(problem.Exact, problem.ReportGrid())
		if err != nil {
			return fmt.Errorf("exact: %w", err)
		}
		summary.RelL2 = &e
	}
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return fmt.Errorf("gp: %w", err)
	}
	if err := writeSolution(ctx, filepath.Join(f.out, "solution.hdf5"), problem, posterior, options); err != nil {
		return err
	}
	if err := report.WriteGP(filepath.Join(f.out, "report.html"), problem, posterior); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(f.out, "summary.json"), summary); err != nil {
		return err
	}
	for _, n := range posterior.Notes {
		a.note("gp: %s", n)
	}
	return printJSON(a.out, summary)
}

// solve shows how far the one solver that iterates for long has come.
func (a *app) solve(ctx context.Context, p *gp.Problem, o gp.Options) (*gp.Posterior, error) {
	if o.Solver != gp.GPHM {
		return gp.Solve(ctx, p, o)
	}
	steps := o.Iterations
	switch {
	case steps > 0:
	case o.Mode == "adam":
		steps = gp.AdamSteps
	default:
		steps = gp.ProfiledSteps
	}
	bar := a.progress("gp", "steps", 0, steps)
	defer bar.drop()
	o.Progress = func(i int, loss float64) { bar.set(i, fmt.Sprintf("loss %.4g", loss)) }
	return gp.Solve(ctx, p, o)
}

// readProblem reads the problem file and what it refers to.
func (a *app) readProblem(ctx context.Context, path string, f gpFlags) (*gp.Problem, gp.Options, error) {
	var flags []string // the flags are overrides of the file
	if f.solver != "" {
		flags = append(flags, "solver="+strconv.Quote(f.solver))
	}
	if f.seeded {
		flags = append(flags, "seed="+strconv.FormatUint(f.seed, 10))
	}
	set, err := config.ParseOverrides(flags)
	if err != nil {
		return nil, gp.Options{}, &usageError{err}
	}
	if err := exists(path, wantProblem); err != nil {
		return nil, gp.Options{}, err
	}
	var file gp.File
	doc, err := config.Read(path, &file, set...)
	if err != nil {
		return nil, gp.Options{}, &usageError{err}
	}
	problem, options, err := file.Problem(func(name, field string) (*gp.Data, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		return a.gridded(ctx, name, field)
	})
	if err != nil {
		return nil, options, &usageError{doc.Locate(err)}
	}
	return problem, options, nil
}

// gridded reads one field of the first frame of the first trajectory of a data file.
func (a *app) gridded(ctx context.Context, path, field string) (*gp.Data, error) {
	ds, err := a.openData(ctx, path)
	if err != nil {
		return nil, err
	}
	spec := ds.Spec()
	channel := slices.Index(spec.FieldNames(), field)
	if channel < 0 {
		return nil, fmt.Errorf("%s: no field %q, the file has %q", path, field, spec.FieldNames())
	}
	frame := eddy.NewTensor(append([]int{1}, spec.FrameShape()...)...)
	if err := ds.Read(ctx, frame, 0, 0); err != nil {
		return nil, err
	}
	d := &gp.Data{}
	for _, axis := range spec.Grid.Axes {
		x := make([]float64, axis.Points)
		for i := range x {
			x[i] = axis.Origin + float64(i)*axis.Step()
		}
		d.Grid = append(d.Grid, x)
	}
	for _, v := range frame.Row(0).Row(channel).Data {
		d.Values = append(d.Values, float64(v))
	}
	return d, nil
}

// writeSolution writes mean and standard deviation on the report grid as a data file of one frame.
func writeSolution(ctx context.Context, path string, p *gp.Problem, q *gp.Posterior, o gp.Options) error {
	grid := p.ReportGrid()
	spec := eddy.Spec{Name: "gp", Fields: []eddy.Field{{Name: "u"}, {Name: "u_std"}}, History: 1, Steady: true}
	n := 1
	for i, x := range grid {
		d := p.Domain[i]
		spec.Grid.Axes = append(spec.Grid.Axes, eddy.Axis{Name: string("xyz"[i]), Points: len(x), Origin: d.Lo, Length: d.Length()})
		n *= len(x)
	}
	frame := make([]float64, 2*n)
	q.Mean(frame[:n], grid, nil)
	if err := q.Std(frame[n:], grid); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	w := well.NewWriter(path)
	meta := datasets.Meta{
		Spec: spec, Trajectories: 1, Frames: 1, T: []float64{0}, Float64: true,
		Attributes: map[string]string{"solver": q.Solver, "seed": strconv.FormatUint(o.Seed, 10)},
	}
	if _, err := w.Begin(ctx, meta); err != nil {
		return err
	}
	if err := w.Write(ctx, 0, frame); err != nil {
		return errors.Join(err, w.Close(ctx))
	}
	return w.Close(ctx)
}
