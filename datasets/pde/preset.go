package pde

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Benchmark is a benchmark's data set by its name: an equation, the settings that imitate it, and its published size.
type Benchmark struct {
	Name     string            // benchmark and set, "pdebench/burgers-nu0.01"
	Doc      string            // one line: what it imitates and in what it differs, no full stop
	Equation string            // of Names
	Settings map[string]string // for Named; keys that are absent have the equation's defaults
	Train    Size              // published sizes
	Valid    Size              // zero: as Test
	Test     Size
}

// Size is that of one split.
type Size struct{ Trajectories, Steps int }

// Size is the published size of a split, "train", "valid" or "test".
func (p Benchmark) Size(split string) Size {
	switch {
	case split == "train":
		return p.Train
	case split == "valid" && p.Valid != Size{}:
		return p.Valid
	}
	return p.Test
}

// Problem is that of the preset with some settings replaced.
func (p Benchmark) Problem(settings map[string]string) (Problem, error) {
	all := maps.Clone(p.Settings)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, settings)
	return Named(p.Equation, all)
}

// Presets lists all presets in alphabetical order.
func Presets() []Benchmark {
	all := slices.Clone(presets)
	slices.SortFunc(all, func(a, b Benchmark) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Preset is the benchmark of a name of Presets. An unknown name is an error that lists those of the same benchmark, or the benchmarks.
func Preset(name string) (Benchmark, error) {
	suite, _, ok := strings.Cut(name, "/")
	var near []string
	for _, p := range Presets() {
		s, _, _ := strings.Cut(p.Name, "/")
		switch {
		case p.Name == name:
			return p, nil
		case s == suite:
			near = append(near, p.Name)
		}
	}
	if !ok || near == nil {
		for _, p := range Presets() {
			s, _, _ := strings.Cut(p.Name, "/")
			if s += "/…"; !slices.Contains(near, s) {
				near = append(near, s)
			}
		}
	}
	return Benchmark{}, fmt.Errorf("pde: no preset %q, expected one of %s", name, strings.Join(near, ", "))
}
