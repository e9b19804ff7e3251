package cli_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
	"github.com/eddy-pde/eddy/internal/h5"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/train"
)

// makeData is the program "makedata FILE [nan] [fields=a,b] [foreign]": it writes a small data file that no solver makes, waves on 32 points, 4 trajectories of 8
// frames. With nan, one value of trajectory 2, frame 5 is NaN; with foreign, the file is HDF5 in nobody's layout. It is a program of its own because libhdf5 leaves its files open in processes that are started meanwhile.
func makeData() {
	if err := writeWaves(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// makeUnstable is the program "makeunstable DATA RUN": it writes a run for the data of DATA whose every step multiplies the state by far more than 1.
func makeUnstable() {
	if err := writeUnstable(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func writeUnstable(data, run string) error {
	ds, err := well.Open(data)
	if err != nil {
		return err
	}
	defer ds.Close()
	c := operators.Config{Kind: operators.FNO, FNO: fno.Config{Modes: []int{4}, Width: 4, Layers: 1}}
	m, err := operators.New(c, ds.Spec(), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		return err
	}
	for _, p := range m.Params() {
		for i := range p.Data() {
			p.Data()[i] *= 100
		}
	}
	if err := os.MkdirAll(run, 0o755); err != nil {
		return err
	}
	return operators.Save(filepath.Join(run, train.ModelFile), c, m, operators.PhysicalMeta(ds.Spec()))
}

func writeWaves(path string, options []string) error {
	if slices.Contains(options, "foreign") {
		f, err := h5.Create(path)
		if err != nil {
			return err
		}
		return errors.Join(f.CreateGroup("/measurements"), f.Close())
	}
	const points, trajectories, frames = 32, 4, 8
	names := []string{"u"}
	for _, option := range options {
		if list, ok := strings.CutPrefix(option, "fields="); ok {
			names = strings.Split(list, ",")
		}
	}
	spec := eddy.Spec{Name: "waves", Grid: eddy.PeriodicGrid(1, points), Dt: 0.5, History: 1}
	for _, name := range names {
		spec.Fields = append(spec.Fields, eddy.Field{Name: name})
	}
	meta := datasets.Meta{Spec: spec, Trajectories: trajectories, Frames: frames}
	for i := range frames {
		meta.T = append(meta.T, float64(i)*spec.Dt)
	}
	ctx := context.Background()
	w := well.NewWriter(path)
	if _, err := w.Begin(ctx, meta); err != nil {
		return err
	}
	for traj := range trajectories {
		u := make([]float64, frames*len(names)*points)
		for i := range u {
			x, t := float64(i%points)/points, float64(i/(points*len(names)))
			u[i] = math.Sin(2*math.Pi*(x-0.05*t)+float64(traj)) + 0.3*math.Cos(4*math.Pi*x)
		}
		if traj == 2 && slices.Contains(options, "nan") {
			u[5*len(names)*points+7] = math.NaN()
		}
		if err := w.Write(ctx, traj, u); err != nil {
			return err
		}
	}
	return w.Close(ctx)
}
