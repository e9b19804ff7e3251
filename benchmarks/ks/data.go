package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
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
	phases               bool // every fourth frame, from each of four starts: four trajectories of a quarter of the frames for each one solved
	mirrored             bool // and those again as −u(−x)
}

var splits = []split{
	{name: "train", trajectories: 2048, frames: 140, seed: 1},
	{name: "valid", trajectories: 32, frames: 640, seed: 2},
	{name: "test", trajectories: 128, frames: 640, seed: 3},
	{name: "dev", trajectories: 128, frames: 640, seed: 4}, // what choices were made on
	// For the question how little data is enough, a set that is gone through more than 20 times, a fifth of it, and what the recipe makes of that.
	{name: "small", trajectories: smallSet, frames: 140, seed: 1, phases: true},
	{name: "small-20", trajectories: smallSet / 5, frames: 140, seed: 1, phases: true},
	{name: "small-20-mirrored", trajectories: smallSet / 5, frames: 140, seed: 1, phases: true, mirrored: true},
}

const smallSet = 300

// generate makes the files that are not there yet.
func generate(ctx context.Context, dir string) error {
	for _, s := range splits {
		path := filepath.Join(dir, s.name+".hdf5")
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := s.write(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// write makes one file; an interrupted one is gone on with.
func (s split) write(ctx context.Context, path string) error {
	w := well.NewWriter(path)
	m := datasets.Meta{
		Spec: eddy.Spec{
			Name: "ks", Fields: []eddy.Field{{Name: "u"}}, Params: []eddy.Param{{Name: "dt"}, {Name: "dx"}},
			Grid: eddy.PeriodicGrid(meanLength, points), Dt: meanDt * float64(s.stride()), History: 1,
		},
		Trajectories: s.trajectories * s.rows(), Frames: s.stored(),
		Attributes: map[string]string{
			"pde": "ks", "viscosity": "1", "seed": strconv.FormatUint(s.seed, 10), "split": s.name,
			"law": "length uniform in 64 ± 10 %, dt uniform in 100/499 ± 10 %, both drawn per trajectory", "generator": datasets.GeneratorVersion,
		},
	}
	for i := range m.Frames {
		m.T = append(m.T, float64(i)*m.Spec.Dt)
	}
	done, err := w.Begin(ctx, m)
	if err != nil {
		return err
	}
	if done%s.rows() != 0 {
		return fmt.Errorf("%s was interrupted amid the rows of a trajectory: remove the files that begin with its name", path)
	}
	for i := done / s.rows(); i < s.trajectories; i++ {
		if err := s.trajectory(ctx, w, i); err != nil {
			return fmt.Errorf("%s: trajectory %d: %w", path, i, err)
		}
	}
	return w.Close(ctx)
}

// stride is how many frames of the solver lie between those of a row.
func (s split) stride() int {
	if s.phases {
		return interval
	}
	return 1
}

// stored is how many frames a row has.
func (s split) stored() int { return s.frames / s.stride() }

// rows is how many trajectories of the file come from one that is solved.
func (s split) rows() int {
	n := s.stride()
	if s.mirrored {
		n *= 2
	}
	return n
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
	for row := range s.rows() {
		at := i*s.rows() + row
		if err := w.WriteCondition(ctx, at, nil, []float64{dt, length / points}); err != nil {
			return err
		}
		if err := w.Write(ctx, at, s.row(store.frames, row)); err != nil {
			return err
		}
	}
	return nil
}

// row picks the frames of one row of the file.
func (s split) row(frames []float64, row int) []float64 {
	var out []float64
	for k := range s.stored() {
		from := (k*s.stride() + row%s.stride()) * points
		u := frames[from : from+points]
		if row >= s.stride() {
			v := make([]float64, points)
			mirror(v, u, points)
			u = v
		}
		out = append(out, u...)
	}
	return out
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
