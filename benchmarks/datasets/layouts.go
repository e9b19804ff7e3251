package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/open"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/train"
)

func init() { parts = append(parts, part{"layouts", layouts}) }

// fixtures are the small files of every layout, made by the libraries that the originals use; a folder is one data set.
var fixtures = []string{
	"datasets/well/testdata/*.hdf5", "datasets/pdebench/testdata/*.hdf5", "datasets/pdebench/testdata/*.h5", "datasets/pdearena/testdata/*.h5",
	"datasets/poseidon/testdata/*.nc", "datasets/poseidon/testdata/*.h5", "datasets/tsm/testdata", "datasets/fnomat/testdata/*.mat",
	"datasets/apebench/testdata/*.npy", "datasets/described/testdata/*.toml",
}

// layoutResult is a row of the table; a cell holds what was found, or why it failed.
type layoutResult struct {
	Path, Layout                       string
	Read, Streamed, Inspected, Trained string
	Failed                             bool
}

// allFixtures are the files of every layout below the root of the source tree.
func allFixtures(root string) (paths []string, err error) {
	for _, pattern := range fixtures {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no fixtures named %s", pattern)
		}
		paths = append(paths, found...)
	}
	return paths, nil
}

// layouts tries every file given, or every fixture, in four ways.
func layouts(ctx context.Context, paths []string) (string, any, error) {
	if len(paths) == 0 {
		var err error
		if paths, err = allFixtures("."); err != nil {
			return "", nil, err
		}
	}
	var rows []layoutResult
	for _, path := range paths {
		rows = append(rows, try(ctx, path))
		if err := ctx.Err(); err != nil {
			return "", nil, err
		}
	}
	slices.SortStableFunc(rows, func(a, b layoutResult) int { return cmp.Compare(a.Layout, b.Layout) })
	var b strings.Builder
	b.WriteString("| layout | file | read | streamed | inspected | trained |\n| --- | --- | --- | --- | --- | --- |\n")
	failed := 0
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.Layout, filepath.Base(r.Path), r.Read, r.Streamed, r.Inspected, r.Trained)
		if r.Failed {
			failed++
		}
	}
	fmt.Fprintf(&b, "\n%d files, %d with a cell that failed.\n", len(rows), failed)
	return b.String(), rows, nil
}

// try fills a row.
func try(ctx context.Context, path string) layoutResult {
	row := layoutResult{Path: path}
	ds, layout, err := open.Open(path)
	row.Layout = layout
	if err != nil {
		row.Read, row.Failed = "**"+err.Error()+"**", true
		return row
	}
	defer datasets.Closer(ds) //nolint:errcheck // only read
	for _, cell := range []struct {
		to *string
		do func() (string, error)
	}{
		{&row.Read, func() (string, error) { return readAll(ctx, ds) }},
		{&row.Streamed, func() (string, error) { return stream(ctx, ds) }},
		{&row.Inspected, func() (string, error) { return inspect(ctx, path) }},
		{&row.Trained, func() (string, error) { return trainEpoch(ctx, ds, strings.Contains(row.Inspected, open.NaN)) }},
	} {
		text, err := cell.do()
		if err != nil {
			text, row.Failed = "**"+strings.ReplaceAll(err.Error(), "|", "¦")+"**", true
		}
		*cell.to = text
	}
	return row
}

// readAll reads every frame.
func readAll(ctx context.Context, ds datasets.Dataset) (string, error) {
	frames := 0
	for traj := range ds.Len() {
		n := ds.Frames(traj)
		dst := eddy.NewTensor(append([]int{n}, ds.Spec().FrameShape()...)...)
		if err := ds.Read(ctx, dst, traj, 0); err != nil {
			return "", err
		}
		frames += n
	}
	return fmt.Sprintf("%d frames of %v", frames, ds.Spec().FrameShape()), nil
}

// stream goes through the windows in shuffled order and compares each with what the data set reads at its place.
func stream(ctx context.Context, ds datasets.Dataset) (string, error) {
	n, frame := 0, eddy.NewTensor(append([]int{2}, ds.Spec().FrameShape()...)...)
	for b, err := range datasets.Batches(ctx, ds, datasets.Window{History: 1, Horizon: 1, Batch: 4, Shuffle: true}, rand.New(rand.NewPCG(1, 1))) {
		if err != nil {
			return "", err
		}
		for i, ref := range b.Refs {
			if err := ds.Read(ctx, frame, ref.Traj, ref.Frame); err != nil {
				return "", err
			}
			if !same(frame.Row(0).Data, b.U.Row(i).Data) || !same(frame.Row(1).Data, b.Target.Row(i).Data) {
				return "", fmt.Errorf("the window at %+v differs from what is read there", ref)
			}
		}
		n += len(b.Refs)
	}
	if n == 0 {
		return "", errors.New("no windows of two frames")
	}
	return fmt.Sprintf("%d windows", n), nil
}

// same compares values bit by bit.
func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// inspect reports the faults found, which fixtures of made-up numbers may have.
func inspect(ctx context.Context, path string) (string, error) {
	r, err := open.Inspect(ctx, path, true, nil)
	if err != nil {
		return "", err
	}
	kinds := map[string]int{}
	var order []string
	for _, p := range r.Problems {
		if kinds[p.Kind]++; kinds[p.Kind] == 1 {
			order = append(order, p.Kind)
		}
	}
	if len(order) == 0 {
		return "no faults", nil
	}
	for i, k := range order {
		order[i] = fmt.Sprintf("%s ×%d", k, kinds[k])
	}
	return strings.Join(order, ", "), nil
}

// trainEpoch takes a small network once through the windows. Data in which NaNs were found must be refused.
func trainEpoch(ctx context.Context, ds datasets.Dataset, hasNaN bool) (string, error) {
	spec := ds.Spec()
	modes := make([]int, spec.Grid.Dims())
	for i, n := range spec.Grid.Shape() {
		modes[i] = max(min(n/2, 4), 1)
	}
	model := operators.Config{Kind: operators.FNO, FNO: fno.Config{Modes: modes, Width: 8, Layers: 2}}
	network, err := operators.New(model, spec, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		return "", err
	}
	config, windows := train.DefaultConfig(), datasets.NewWindows(ds, 2, 1).Len()
	config.Train.Batch = min(4, windows)
	config.Train.Steps = windows / config.Train.Batch
	config.Train.ValidateEvery, config.Train.CheckpointEvery, config.Optim.Warmup = 0, 0, 0
	t, err := train.New(network, config)
	if err != nil {
		return "", err
	}
	var losses []float64
	t.Observe = func(e train.Event) {
		if e.Kind == train.Stepped {
			losses = append(losses, e.Loss)
		}
	}
	if _, err := t.Fit(ctx, ds, nil); err != nil {
		if hasNaN && strings.Contains(err.Error(), "NaN") {
			return "refused, as it should be: " + open.NaN, nil
		}
		return "", err
	}
	if len(losses) == 0 {
		return "", errors.New("no step was taken")
	}
	if last := losses[len(losses)-1]; math.IsNaN(last) || math.IsInf(last, 0) {
		return "", fmt.Errorf("the loss is %g", last)
	}
	return fmt.Sprintf("%d steps, loss %.2g to %.2g", len(losses), losses[0], losses[len(losses)-1]), nil
}
