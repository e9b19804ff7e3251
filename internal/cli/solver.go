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
	if err != nil {
		return report.Contender{}, usagef("--against %s: %w", name, err)
	}
	return report.Contender{Name: name, Model: p.Model(), Note: note}, nil
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
	settings["grid"], settings["dt"] = shapeText(spec.Grid.Shape()), dt
	if grid != "" {
		settings["solve"] = grid
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
	if o.Families, err = solverFamilies(data); err != nil {
		return o, err
	}
	o.DataSteps, err = a.dataSteps(ctx, runs[0], data)
	return o, err
}

// leastPoints is the coarsest grid that a solver is tried on, in points per axis.
const leastPoints = 8

// solverFamilies are settings of the solver that made the data: on its own grid and on grids coarser by factors of two, on each with the substeps that keep it stable and
// with fewer.
func solverFamilies(data testData) ([][]report.Contender, error) {
	const flag = "--break-even"
	equation, own, err := solverSettings(flag, "", data)
	if err != nil {
		return nil, err
	}
	first, err := substepFamily("solver", equation, own)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	families := [][]report.Contender{first}
	if !has(pde.Keys(equation), "solve") {
		return families, nil
	}
	shape := data.Spec().Grid.Shape()
	for {
		for i := range shape {
			shape[i] /= 2
		}
		if slices.Min(shape) < leastPoints {
			return families, nil
		}
		grid := shapeText(shape)
		_, settings, err := solverSettings(flag, grid, data)
		if err != nil {
			return nil, err
		}
		family, err := substepFamily("solver:"+grid, equation, settings)
		if err != nil { // the method does not go so coarse
			return families, nil //nolint:nilerr // and those before are all there is
		}
		families = append(families, family)
	}
}

// substepFamily is a solver with the substeps of its settings and then with half as many, down to one.
func substepFamily(name, equation string, settings map[string]string) ([]report.Contender, error) {
	p, err := pde.Named(equation, settings)
	if err != nil {
		return nil, err
	}
	n, _ := strconv.Atoi(p.Settings["substeps"])
	if n < 1 { // a method that does not count them
		return []report.Contender{{Name: name, Model: p.Model()}}, nil
	}
	named := func(n int) string {
		if n == 1 {
			return name + ", 1 substep"
		}
		return fmt.Sprintf("%s, %d substeps", name, n)
	}
	family := []report.Contender{{Name: named(n), Model: p.Model()}}
	fewer := maps.Clone(settings)
	if has(pde.Keys(equation), "max_speed") {
		fewer["max_speed"] = "1e9" // else fast states would get more of them
	}
	for n /= 2; n >= 1; n /= 2 {
		fewer["substeps"] = strconv.Itoa(n)
		if p, err := pde.Named(equation, fewer); err == nil { // else the method does not allow so few
			family = append(family, report.Contender{Name: named(n), Model: p.Model()})
		}
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
