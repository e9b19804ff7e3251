package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/open"
	"github.com/eddy-pde/eddy/internal/atomicfile"
	"github.com/eddy-pde/eddy/refiner"
)

// measured is what is kept of one model.
type measured struct {
	Name       string
	Seed       int
	Parameters int
	Spent      spent
	Curves     curves
	Levels     [][]float64 `json:",omitempty"` // of a refiner: power of the error over one step per wavenumber, after the first prediction and after each refinement step
	Samples    []sampled   `json:",omitempty"`
}

func (b *bench) measureFile(name string) string {
	return filepath.Join(b.out, "measures", name+".json")
}

// measureAll measures what is trained and not measured yet.
func (b *bench) measureAll(ctx context.Context, list []experiment) (err error) {
	test, _, err := open.Open(filepath.Join(b.out, "test.hdf5"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, datasets.Closer(test)) }()
	dev, _, err := open.Open(filepath.Join(b.out, "dev.hdf5"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, datasets.Closer(dev)) }()
	for _, e := range list {
		for seed := range max(e.seeds, 1) {
			if err := ctx.Err(); err != nil {
				return err
			}
			name := job{e, seed}.name()
			if _, err := os.Stat(b.measureFile(name)); err == nil || !b.ready(e, seed) {
				continue
			}
			m, err := b.measureOne(ctx, e, seed, dev, test)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			text, err := json.Marshal(finite(m))
			if err != nil {
				return err
			}
			if err := atomicfile.Write(b.measureFile(name), text); err != nil {
				return err
			}
			all := trajectories(len(m.Curves.Correlation))
			fmt.Printf("%s: one-step error %.3g, %.1f intervals above 0.8, %.1f above 0.9\n", name, m.Curves.OneStep, m.Curves.crossing(0.8, all), m.Curves.crossing(0.9, all))
		}
	}
	return nil
}

// ready tells whether what a model needs is trained.
func (b *bench) ready(e experiment, seed int) bool {
	if e.joined == "" {
		return b.trained(job{e.run(), seed}.name())
	}
	for s := range 3 {
		if !b.trained(job{experiment{name: e.joined}, s}.name()) {
			return false
		}
	}
	return true
}

func (b *bench) measureOne(ctx context.Context, e experiment, seed int, dev, test datasets.Dataset) (measured, error) {
	out := measured{Name: e.name, Seed: seed}
	models, parameters, err := b.models(e, seed)
	if err != nil {
		return out, err
	}
	out.Parameters = parameters
	if out.Spent, err = b.spentOn(e, seed); err != nil {
		return out, err
	}
	if out.Curves, err = measure(ctx, models, test); err != nil {
		return out, err
	}
	r, ok := models[0].(*refiner.Model)
	if !ok {
		return out, nil
	}
	if out.Levels, err = levelSpectra(ctx, r, test); err != nil {
		return out, err
	}
	out.Samples, err = samples(ctx, r, e.sampled, dev, test)
	return out, err
}

// spentOn adds up the trainings behind a model.
func (b *bench) spentOn(e experiment, seed int) (spent, error) {
	var sum spent
	add := func(name string) error {
		text, err := os.ReadFile(filepath.Join(b.dir(name), spentFile))
		if err != nil {
			return err
		}
		var s spent
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
		sum.Steps += s.Steps
		sum.CPU += s.CPU
		sum.Wall += s.Wall
		sum.Threads = s.Threads
		return nil
	}
	if e.joined != "" {
		for s := range 3 {
			if err := add(job{experiment{name: e.joined}, s}.name()); err != nil {
				return sum, err
			}
		}
		return sum, nil
	}
	if err := add(job{e.run(), seed}.name()); err != nil {
		return sum, err
	}
	if e.from != "" {
		return sum, add(job{experiment{name: e.from}, seed}.name())
	}
	return sum, nil
}

// finite replaces what JSON cannot hold.
func finite(m measured) measured {
	for i := range m.Samples {
		if math.IsNaN(m.Samples[i].RankCorrelation) {
			m.Samples[i].RankCorrelation = 0
		}
	}
	return m
}

// read gives the measurements of all seeds of an experiment that are there.
func (b *bench) read(e experiment) ([]measured, error) {
	var all []measured
	for seed := range max(e.seeds, 1) {
		text, err := os.ReadFile(b.measureFile(job{e, seed}.name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var m measured
		if err := json.Unmarshal(text, &m); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func trajectories(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
