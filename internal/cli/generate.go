package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/datasets/well"
)

// equationsHelp is the table of equations: name, dimensions of space, what it is.
func equationsHelp() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, name := range pde.Names() {
		doc, dims := pde.Describe(name)
		fmt.Fprintf(w, "  %s\t%s-D\t%s\n", name, dims, doc)
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

// presetsHelp is the table of presets: name, published sizes, what it imitates.
func presetsHelp() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, p := range pde.Presets() {
		fmt.Fprintf(w, "  %s\t%d×%d\t%s\n", p.Name, p.Train.Trajectories, p.Train.Steps, p.Doc)
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

// settingsHelp lists the settings of every equation, one paragraph each.
func settingsHelp() string {
	const width = 150
	names := 0
	for _, name := range pde.Names() {
		names = max(names, len(name))
	}
	var b strings.Builder
	for _, name := range pde.Names() {
		line := fmt.Sprintf("  %-*s ", names, name)
		for _, k := range pde.Keys(name) {
			item := " " + k.Name + "=" + cmp.Or(k.Default, "(grid)")
			if len(line)+len(item) > width {
				b.WriteString(line + "\n")
				line = strings.Repeat(" ", names+3)
			}
			line += item
		}
		b.WriteString(line + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

type generateFlags struct {
	out          string
	trajectories int
	steps        int
	grid         string
	seed         uint64
	split        string
	set          []string
	resume       bool
}

func (a *app) generate() *cobra.Command {
	var f generateFlags
	cmd := &cobra.Command{
		Use:   "generate PDE|PRESET --out FILE [--trajectories N] [--steps T] [flags]",
		Short: "make data with a built-in solver",
		Long: `Generate solves a partial differential equation from random initial states and writes the trajectories to an HDF5 file in The Well's layout, with every
parameter and the seed in the file. T steps are T+1 frames. The same seed gives the same bytes, whatever the number of threads. An equation needs --trajectories and
--steps; a preset has those of the set that it is named after, which the flags replace, as --grid and --set replace its settings.

Equations:
` + equationsHelp() + `

Presets, with trajectories × steps of their training set:
` + presetsHelp() + `

Keys of --set, with their defaults (grid: points per axis; solve: points that the solver computes on; dt: time between frames; length: side of the domain;
warmup: frames dropped at the start, -1 for the equation's own time; substeps: solver steps a frame, 0 for the solver's own choice). A key that is a number takes a
range, such as viscosity=0.5..1.5: each trajectory draws its own value, which the file records.

` + settingsHelp() + `

and for all of them dtype=float32 (or float64), the type of the values in the file.`,
		Example: `  eddy generate ks --out train.hdf5 --trajectories 64 --steps 200 --seed 1
  eddy generate pdebench/burgers-nu0.01 --out burgers.hdf5 --trajectories 100
  eddy generate kolmogorov --out test.hdf5 --trajectories 16 --steps 100 --grid 64x64 --seed 1 --split test --set viscosity=0.01`,
		Args: exactly("PDE or PRESET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !isPreset(args[0]) && !slices.Contains(pde.Names(), args[0]) {
				return usagef("generate: no equation %q, expected one of %s, or a preset such as pdebench/burgers-nu0.01 (eddy generate --help lists them)", args[0], strings.Join(pde.Names(), ", "))
			}
			needed := []string{"out", "trajectories", "steps"}
			if isPreset(args[0]) {
				needed = needed[:1]
			}
			if err := required(cmd, needed...); err != nil {
				return err
			}
			for _, n := range []struct {
				flag  string
				value int
			}{{"trajectories", f.trajectories}, {"steps", f.steps}} {
				if cmd.Flags().Changed(n.flag) && n.value < 1 {
					return usagef("generate: --%s %d, expected at least 1", n.flag, n.value)
				}
			}
			return a.runGenerate(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "`FILE` to write")
	flags.IntVar(&f.trajectories, "trajectories", 0, "number of trajectories (default of a preset: those of its set)")
	flags.IntVar(&f.steps, "steps", 0, "steps per trajectory; the file has one frame more (default of a preset: those of its set)")
	flags.StringVar(&f.grid, "grid", "", "points per axis, such as 256 or 64x64 (default: the equation's own)")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the initial states")
	flags.StringVar(&f.split, "split", "train", "train, valid or test: recorded in the file and part of the random stream, so that splits of one seed differ")
	flags.StringArrayVar(&f.set, "set", nil, "`key=value` of the equation; may be repeated")
	flags.BoolVar(&f.resume, "resume", false, "go on with an interrupted file")
	return cmd
}

// isPreset tells the name of a preset, benchmark/set, from that of an equation.
func isPreset(name string) bool { return strings.Contains(name, "/") }

// recipe is what a name stands for: an equation with no settings, or those of a preset. Sizes that f does not give become the preset's.
func recipe(name string, f *generateFlags) (pde.Benchmark, error) {
	if !isPreset(name) {
		return pde.Benchmark{Equation: name}, nil
	}
	p, err := pde.Preset(name)
	if err != nil {
		return p, &usageError{err}
	}
	size := p.Size(f.split)
	f.trajectories, f.steps = cmp.Or(f.trajectories, size.Trajectories), cmp.Or(f.steps, size.Steps)
	return p, nil
}

func (a *app) runGenerate(ctx context.Context, name string, f generateFlags) error {
	preset, err := recipe(name, &f)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"train", "valid", "test"}, f.split) {
		return usagef("generate: --split %s, expected train, valid or test", f.split)
	}
	settings, err := keyValues(f.set)
	if err != nil {
		return err
	}
	float64s, err := storage(settings)
	if err != nil {
		return err
	}
	if f.grid != "" {
		settings["grid"] = f.grid
	}
	problem, err := preset.Problem(settings)
	if err != nil {
		return &usageError{err}
	}
	if err := checkFresh("generate", f.out, f.resume); err != nil {
		return err
	}

	attributes := maps.Clone(problem.Settings)
	attributes["pde"] = preset.Equation
	if preset.Name != "" {
		attributes["preset"] = preset.Name
	}
	plan := datasets.Plan{
		Trajectories: f.trajectories, Steps: f.steps, Seed: f.seed, Split: f.split,
		Warmup: problem.Warmup, Float64: float64s, Attributes: attributes,
	}
	if !f.resume {
		if err := well.Discard(f.out); err != nil {
			return err
		}
	}
	bar := a.progress("generate "+name, "trajectories", 0, f.trajectories)
	defer bar.drop()
	w := &countingWriter{ConditionWriter: well.NewWriter(f.out), bar: bar}
	if err := datasets.Generate(ctx, w, problem.Model(), problem.Initial, plan); err != nil {
		return a.giveUp(ctx, w, f.out, w.complete, err)
	}
	bar.close()
	fmt.Fprintln(a.out, f.out)
	return nil
}

// countingWriter counts the trajectories that are complete.
type countingWriter struct {
	datasets.ConditionWriter
	bar      *progress
	complete int
}

// Begin also puts the progress at what an earlier run has done.
func (w *countingWriter) Begin(ctx context.Context, m datasets.Meta) (int, error) {
	done, err := w.ConditionWriter.Begin(ctx, m)
	w.complete = done
	w.bar.begin(done)
	return done, err
}

func (w *countingWriter) Write(ctx context.Context, traj int, frames []float64) error {
	err := w.ConditionWriter.Write(ctx, traj, frames)
	if err == nil {
		w.complete++
		w.bar.add(1)
	}
	return err
}

// keyValues reads a list of key=value.
func keyValues(list []string) (map[string]string, error) {
	m := map[string]string{}
	for _, s := range list {
		key, value, ok := strings.Cut(s, "=")
		if !ok || key == "" {
			return nil, usagef("--set %s: expected key=value, such as --set viscosity=0.01", s)
		}
		m[key] = value
	}
	return m, nil
}

// storage takes the key dtype out of the settings, which is a matter of the file and not of the equation.
func storage(settings map[string]string) (float64s bool, err error) {
	dtype, ok := settings["dtype"]
	delete(settings, "dtype")
	switch {
	case !ok, dtype == "float32":
		return false, nil
	case dtype == "float64":
		return true, nil
	}
	return false, usagef("generate: dtype = %s, expected float32 or float64", dtype)
}
