// Command memory measures the resident memory of trainings, each in a process of its own:
//
//	streaming   the data are a file far larger than that (-gigabytes), read in windows at random; then the same file is inspected as a whole
//	growth      small data and many steps: what a step leaves behind would show
//
// It prints one JSON object after each of some steps, and after the inspection: memory now and the highest so far, in MB. The data are noise, since only their size matters, and are removed at the
// end. It reads /proc, so it runs on Linux.
//
//	go run ./benchmarks/memory
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/open"
	"github.com/eddy-pde/eddy/datasets/well"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/train"
)

var (
	gigabytes = flag.Float64("gigabytes", 10, "size of the streamed file in GB")
	inspected = flag.String("inspect", "", "a file to inspect, in this process; the command calls itself so")
	data      = flag.String("train", "", "a file to train on, in this process; the command calls itself so")
	modes     = flag.Int("modes", 12, "modes of that network")
	marks     = flag.String("marks", "", "steps of that training after which memory is read, separated by commas")
)

func main() {
	flag.Parse()
	ctx, do := context.Background(), measure
	switch {
	case *data != "":
		do = trainHere
	case *inspected != "":
		do = inspectHere
	}
	if err := do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "memory benchmark:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "eddy-memory")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	const frames = 500
	for _, c := range []struct {
		name, modes, marks string
		shape              []int
		trajectories       int
	}{
		{"growth", "16", "200,1200,2200,3200", []int{256}, 16},
		{"streaming", "12", "20,60", []int{128, 128}, max(int(*gigabytes*1e9/(4*128*128*frames)), 1)},
	} {
		file := filepath.Join(dir, c.name+".hdf5")
		if err := noise(ctx, file, c.shape, c.trajectories, frames); err != nil {
			return err
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s: a file of %d MB\n", c.name, info.Size()/1e6)
		for _, args := range [][]string{{"-train", file, "-modes", c.modes, "-marks", c.marks}, {"-inspect", file}} {
			cmd := exec.CommandContext(ctx, os.Args[0], args...)
			cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	return nil
}

// inspectHere looks at all values of the file -inspect and reports.
func inspectHere(ctx context.Context) error {
	r, err := open.Inspect(ctx, *inspected, true, nil)
	if err != nil {
		return err
	}
	return report(map[string]any{"data": filepath.Base(*inspected), "inspected_trajectories": r.Trajectories, "problems": len(r.Problems)})
}

// noise writes white noise in The Well's layout.
func noise(ctx context.Context, file string, shape []int, trajectories, frames int) error {
	spec := eddy.Spec{Name: "noise", Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, shape...), Dt: 1, History: 1}
	m := datasets.Meta{Spec: spec, Trajectories: trajectories, Frames: frames, T: make([]float64, frames)}
	for i := range m.T {
		m.T[i] = float64(i)
	}
	w := well.NewWriter(file)
	if _, err := w.Begin(ctx, m); err != nil {
		return err
	}
	rng, u := rand.New(rand.NewPCG(1, 1)), make([]float64, frames*spec.Grid.Points())
	for traj := range trajectories {
		for i := range u {
			u[i] = rng.Float64() - 0.5
		}
		if err := w.Write(ctx, traj, u); err != nil {
			return errors.Join(err, w.Close(ctx))
		}
	}
	return w.Close(ctx)
}

// trainHere trains the default network of width 32 in batches of 16 on the file -train and reports after the steps -marks.
func trainHere(ctx context.Context) error {
	var at []int
	for text := range strings.SplitSeq(*marks, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("-marks %s: expected steps such as 200,1200", *marks)
		}
		at = append(at, n)
	}
	ds, _, err := open.Open(*data)
	if err != nil {
		return err
	}
	defer datasets.Closer(ds) //nolint:errcheck // only read
	model := operators.Config{Kind: operators.FNO, FNO: fno.Config{Modes: []int{*modes}, Width: 32}}
	network, err := operators.New(model, ds.Spec(), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		return err
	}
	config := train.DefaultConfig()
	config.Train.Steps, config.Train.Batch, config.Optim.Warmup = slices.Max(at), 16, 10
	t, err := train.New(network, config)
	if err != nil {
		return err
	}
	if t.Run, err = model.Run(1); err != nil {
		return err
	}
	var failed error
	t.Observe = func(e train.Event) {
		if e.Kind == train.Stepped && slices.Contains(at, e.Step) {
			failed = errors.Join(failed, report(map[string]any{"data": filepath.Base(*data), "step": e.Step}))
		}
	}
	_, err = t.Fit(ctx, ds, nil)
	return errors.Join(err, failed)
}

// report prints the memory of this process behind what row says already.
func report(row map[string]any) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		for key, name := range map[string]string{"VmRSS:": "resident_mb", "VmHWM:": "peak_mb"} {
			if f := strings.Fields(line); len(f) > 1 && f[0] == key {
				kb, err := strconv.Atoi(f[1])
				if err != nil {
					return err
				}
				row[name] = float64(kb) / 1e3
			}
		}
	}
	text, err := json.Marshal(row)
	if err != nil {
		return err
	}
	fmt.Println(string(text))
	return nil
}
