// Command ns gives the error of the FNO paper's Navier–Stokes task: from the first frames of every test trajectory (10 in the paper) to all the following ones, the relative
// L2 error over space and time together, mean over the trajectories. Persistence (the last given frame stays) stands beside the runs named as arguments. One
// JSON object a row.
//
//	go run ./benchmarks/ns -test test.hdf5 -given 10 [RUN…]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/open"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/rollout"
)

var (
	testFile = flag.String("test", "", "file of the test trajectories")
	given    = flag.Int("given", 10, "frames that are given")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "ns benchmark:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	ds, _, err := open.Open(*testFile)
	if err != nil {
		return err
	}
	defer datasets.Closer(ds) //nolint:errcheck // only read
	models := []eddy.Model{rollout.NewPersistence(ds.Spec())}
	names := []string{"persistence"}
	for _, dir := range flag.Args() {
		op, err := operators.Load(dir)
		if err != nil {
			return err
		}
		models, names = append(models, op), append(names, filepath.Base(dir))
	}
	for i, m := range models {
		e, err := relativeL2(ctx, m, ds)
		if err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
		line, err := json.Marshal(map[string]any{"model": names[i], "relative_l2": e, "given": *given, "test": ds.Len()})
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	}
	return nil
}

// relativeL2 is the mean over the trajectories of ‖rollout − truth‖ / ‖truth‖ over all frames after the given ones. A rollout that diverged counts as infinite.
func relativeL2(ctx context.Context, m eddy.Model, ds datasets.Dataset) (float64, error) {
	history, sum := m.Spec().History, 0.0
	if history > *given {
		return 0, fmt.Errorf("the model needs %d frames, -given is %d", history, *given)
	}
	for traj := range ds.Len() {
		truth := eddy.NewTensor(append([]int{ds.Frames(traj)}, ds.Spec().FrameShape()...)...)
		if err := ds.Read(ctx, truth, traj, 0); err != nil {
			return 0, err
		}
		start := truth.Rows(*given-history, *given)
		future := truth.Rows(*given, truth.Shape[0])
		tr, err := rollout.Run(ctx, m, eddy.Input{U: start.Reshape(append([]int{1}, start.Shape...)...)}, future.Shape[0])
		var diverged *rollout.DivergenceError
		if errors.As(err, &diverged) {
			return math.MaxFloat64, nil
		}
		if err != nil {
			return 0, err
		}
		sum += distance(tr.Frames.Row(0).Rows(1, tr.Frames.Shape[1]).Data, future.Data)
	}
	return sum / float64(ds.Len()), nil
}

func distance(got, want []float32) float64 {
	var num, den float64
	for i, w := range want {
		d := float64(got[i]) - float64(w)
		num += d * d
		den += float64(w) * float64(w)
	}
	return math.Sqrt(num / den)
}
