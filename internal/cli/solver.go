package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/rollout/report"
)

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
	equation, settings, err := solverSettings(name, grid, data)
	if err != nil {
		return report.Contender{}, err
	}
	note := "The solver that made the data, started from the states of the file."
	if grid != "" {
		note = fmt.Sprintf("The solver that made the data, computing on %s points; states go to its grid and back by their Fourier coefficients.", grid)
	}
	p, err := pde.Named(equation, settings)
	if err == nil {
		return report.Contender{Name: name, Model: p.Model(), Note: note}, nil
	}
	if grid != "" { // a method of cells goes to coarser ones by means
		if family, coarseErr := coarseFamily(name, grid, data); coarseErr == nil {
			note = fmt.Sprintf("The solver that made the data, computing on %s cells; states go to its grid by means over blocks of cells, and back by planes through them.", grid)
			return report.Contender{Name: name, Model: family[0].Model, Note: note}, nil
		}
	}
	return report.Contender{}, usagef("--against %s: %w", name, err)
}

// solverSettings are those of the solver that made the data, computing on a grid of the given text; empty for its own.
func solverSettings(name, grid string, data testData) (equation string, settings map[string]string, err error) {
	equation = data.attributes["pde"]
	keys := pde.Keys(equation)
	if keys == nil {
		return "", nil, fmt.Errorf("%s: %s does not say which equation of eddy it was generated with (attribute pde = %q, expected one of %s)",
			name, data.path, equation, strings.Join(pde.Names(), ", "))
	}
	settings = map[string]string{}
	for _, k := range keys {
		if v, ok := data.attributes[k.Name]; ok {
			settings[k.Name] = v
		}
	}
	spec := data.Spec()
	dt := strconv.FormatFloat(spec.Dt, 'g', -1, 64)
	if has(keys, "substeps") && (grid != "" || dt != settings["dt"]) {
		settings["substeps"] = "0" // those of the file belong to its grid and frame interval
	}
	settings["grid"] = shapeText(spec.Grid.Shape())
	if has(keys, "dt") { // a steady problem has none
		settings["dt"] = dt
	}
	if grid != "" {
		settings["solve"] = grid // an equation without this setting says so itself
	}
	return equation, settings, nil
}

func has(keys []pde.Key, name string) bool {
	return slices.ContainsFunc(keys, func(k pde.Key) bool { return k.Name == name })
}

// breakEven finds what a break-even report needs: what the run has cost and the settings of the solver to hold it against.
func (a *app) breakEven(ctx context.Context, run string, data testData, f evalFlags) (o report.BreakEvenOptions, err error) {
	o.Horizon = f.horizon
	runs := strings.Split(run, ",") // of an ensemble all were trained, on data that were made once
	for _, r := range runs {
		seconds, err := train.TrainingSeconds(r)
		if err != nil {
			return o, fmt.Errorf("--break-even: %w", err)
		}
		o.Training += seconds
	}
	if o.Families, o.Caveat, err = solverFamilies(data); err != nil {
		return o, err
	}
	o.DataSteps, err = a.dataSteps(ctx, runs[0], data)
	return o, err
}

// leastPoints is the coarsest grid that a solver is tried on, in points per axis.
const leastPoints = 8

// solverFamilies are settings of the solver that made the data: on its own grid and on grids coarser by factors of two, on each with the substeps that keep it stable and
// with fewer. caveat says where there is no coarser grid.
func solverFamilies(data testData) (families [][]report.Contender, caveat string, err error) {
	const flag = "--break-even"
	equation, own, err := solverSettings(flag, "", data)
	if err != nil {
		return nil, "", err
	}
	as := func(m eddy.Model) (eddy.Model, error) { return m, nil }
	first, err := substepFamily("solver", equation, own, as)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", flag, err)
	}
	families = [][]report.Contender{first}
	shape := data.Spec().Grid.Shape()
	for {
		for i := range shape {
			shape[i] /= 2
		}
		if slices.Min(shape) < leastPoints {
			break
		}
		family, err := coarseFamily(flag, shapeText(shape), data)
		if err != nil { // the method does not go so coarse
			break
		}
		families = append(families, family)
	}
	if len(families) == 1 {
		caveat = "this solver computes on no coarser grid, so none was tried: a solver that does may be as accurate and cheaper"
	}
	return families, caveat, nil
}

// coarseFamily is the solver on a coarser grid: by itself where it goes there from the states of the data, else by means over blocks of cells.
func coarseFamily(flag, grid string, data testData) ([]report.Contender, error) {
	equation, settings, err := solverSettings(flag, grid, data)
	if err != nil {
		return nil, err
	}
	name := "solver:" + grid
	if has(pde.Keys(equation), "solve") {
		if family, err := substepFamily(name, equation, settings, func(m eddy.Model) (eddy.Model, error) { return m, nil }); err == nil {
			return family, nil
		}
	}
	delete(settings, "solve")
	settings["grid"] = grid
	return substepFamily(name, equation, settings, func(m eddy.Model) (eddy.Model, error) { return report.Coarsened(m, data.Spec()) })
}

// substepFamily is a solver, seen as a model of the data, with the substeps of its settings and then with half as many, down to one.
func substepFamily(name, equation string, settings map[string]string, as func(eddy.Model) (eddy.Model, error)) ([]report.Contender, error) {
	p, err := pde.Named(equation, settings)
	if err != nil {
		return nil, err
	}
	first, err := as(p.Model())
	if err != nil {
		return nil, err
	}
	n, _ := strconv.Atoi(p.Settings["substeps"])
	if n < 1 { // a method that does not count them
		return []report.Contender{{Name: name, Model: first}}, nil
	}
	named := func(n int) string {
		if n == 1 {
			return name + ", 1 substep"
		}
		return fmt.Sprintf("%s, %d substeps", name, n)
	}
	family := []report.Contender{{Name: named(n), Model: first}}
	fewer := maps.Clone(settings)
	if has(pde.Keys(equation), "max_speed") {
		fewer["max_speed"] = "1e9" // else fast states would get more of them
	}
	for n /= 2; n >= 1; n /= 2 {
		fewer["substeps"] = strconv.Itoa(n)
		if p, err = pde.Named(equation, fewer); err != nil {
			return family, nil //nolint:nilerr // the method does not allow so few, and those before are all there is
		}
		m, err := as(p.Model())
		if err != nil {
			return nil, err
		}
		family = append(family, report.Contender{Name: named(n), Model: m})
	}
	return family, nil
}

// dataSteps is the number of steps of the evaluation's interval in the run's training data, warm-up included; 0 where they are not there any more or no solver of ours
// made them.
func (a *app) dataSteps(ctx context.Context, run string, data testData) (float64, error) {
	if info, err := os.Stat(run); err == nil && !info.IsDir() {
		run = filepath.Dir(run)
	}
	c, _, err := readRunConfig(filepath.Join(run, configFile), nil)
	if err != nil {
		return 0, nil //nolint:nilerr // a run without a config does not say
	}
	ds, err := a.openData(ctx, c.Data.Train)
	if errors.Is(err, os.ErrNotExist) {
		a.note("note: %s, which %s was trained on, is not there: what it cost does not enter", c.Data.Train, run)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	attributes, err := datasets.Attributes(ds)
	if err != nil {
		return 0, err
	}
	if attributes["pde"] != data.attributes["pde"] {
		return 0, nil
	}
	warmup, _ := strconv.Atoi(attributes["warmup"])
	frames := 0
	for i := range ds.Len() {
		frames += ds.Frames(i) - 1 + max(warmup, 0)
	}
	return float64(frames) * ds.Spec().Dt / data.Spec().Dt, nil
}
