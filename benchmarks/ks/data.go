package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/datasets/well"
)

// The law of PDE-Refiner's data: length and time step differ from trajectory to trajectory, and the network is told both.
const (
	meanLength, meanDt = 64.0, 100.0 / 499 // interval, time between frames
	spread             = 0.1               // both are uniform within ±10 %
	dropped            = 360               // frames of warm-up
	points, solvePoint = 64, 192           // stored and computed
	substeps           = 2                 // ETDRK4 steps between frames
)

// split is one file.
type split struct {
	name                 string
	trajectories, frames int
	seed                 uint64
}

var splits = []split{
	{"train", 2048, 140, 1},
	{"valid", 32, 640, 2},
	{"test", 128, 640, 3},
	{"dev", 128, 640, 4},        // what choices were made on
	{"small", smallSet, 140, 1}, // for the question how little data is enough: trained on more than 20 times
	{"small-20", smallSet / 5, 140, 1},
}

const smallSet = 500

// fractionFile is the file that holds a part of the small set.
func fractionFile(part float64) string {
	if part < 1 {
		return "small-20.hdf5"
	}
	return "small.hdf5"
}

// generate makes the files that are not there yet.
func generate(ctx context.Context, dir string) error {
	for _, s := range splits {
		if err := s.write(ctx, filepath.Join(dir, s.name+".hdf5")); err != nil {
			return err
		}
	}
	return nil
}

// write makes one file; an interrupted or complete one is gone on with.
func (s split) write(ctx context.Context, path string) error {
	w := well.NewWriter(path)
	m := datasets.Meta{
		Spec: eddy.Spec{
			Name: "ks", Fields: []eddy.Field{{Name: "u"}}, Params: []eddy.Param{{Name: "dt"}, {Name: "dx"}},
			Grid: eddy.PeriodicGrid(meanLength, points), Dt: meanDt, History: 1,
		},
		Trajectories: s.trajectories, Frames: s.frames,
		Attributes: map[string]string{
			"pde": "ks", "viscosity": "1", "seed": strconv.FormatUint(s.seed, 10), "split": s.name,
			"law": "length uniform in 64 ± 10 %, dt uniform in 100/499 ± 10 %, both drawn per trajectory", "generator": datasets.GeneratorVersion,
		},
	}
	for i := range s.frames {
		m.T = append(m.T, float64(i)*meanDt)
	}
	done, err := w.Begin(ctx, m)
	if err != nil {
		return err
	}
	for i := done; i < s.trajectories; i++ {
		if err := s.trajectory(ctx, w, i); err != nil {
			return fmt.Errorf("%s: trajectory %d: %w", path, i, err)
		}
	}
	return w.Close(ctx)
}

// trajectory draws length and time step, solves and stores.
func (s split) trajectory(ctx context.Context, w *well.Writer, i int) error {
	stream, _, _ := strings.Cut(s.name, "-") // a part of a set begins as the set does
	rng := datasets.Stream(s.seed, stream, i)
	length, dt := within(rng, meanLength), within(rng, meanDt)
	ks := pde.DefaultKS()
	ks.Grid, ks.Solve, ks.Length, ks.Dt, ks.Substeps, ks.Warmup = []int{points}, []int{solvePoint}, length, dt, substeps, dropped
	problem, err := ks.Problem()
	if err != nil {
		return err
	}
	store := &keep{}
	plan := datasets.Plan{Trajectories: 1, Steps: s.frames - 1, Seed: rng.Uint64(), Split: stream, Warmup: dropped, Attributes: maps.Clone(problem.Settings)}
	if err := datasets.Generate(ctx, store, problem.Solver, problem.Initial, plan); err != nil {
		return err
	}
	if err := w.WriteCondition(ctx, i, nil, []float64{dt, length / points}); err != nil {
		return err
	}
	return w.Write(ctx, i, store.frames)
}

func within(rng *rand.Rand, mean float64) float64 {
	return mean * (1 + spread*(2*rng.Float64()-1))
}

// keep is a datasets.Writer of one trajectory in memory.
type keep struct{ frames []float64 }

func (*keep) Begin(context.Context, datasets.Meta) (int, error) { return 0, nil }

func (k *keep) Write(_ context.Context, _ int, frames []float64) error {
	k.frames = append(k.frames[:0], frames...)
	return nil
}

func (*keep) Close(context.Context) error { return nil }
