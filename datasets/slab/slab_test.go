//go:build cgo

package slab_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/slab"
	"github.com/eddy-pde/eddy/internal/h5"
)

// extents are the extents of the axes of the files that these tests write.
var extents = map[byte]int{'b': 3, 't': 4, 'c': 2, 's': 2, 'x': 5, 'y': 3, 'z': 2}

// value is what stands at an index, whatever the order of the axes: a digit an axis.
func value(at map[byte]int) float32 {
	v := 0
	for _, letter := range []byte("btcsxyz") {
		v = 8*v + at[letter]
	}
	return float32(v)
}

// write writes a dataset with the axes named.
func write(t *testing.T, f *h5.File, path, axes string) {
	t.Helper()
	var l h5.Layout
	for _, letter := range []byte(axes) {
		l.Shape = append(l.Shape, extents[letter])
	}
	l.Type = h5.Float64
	d, err := f.CreateDataset(path, l)
	if err != nil {
		t.Fatal(err)
	}
	data, at := make([]float64, d.Whole().Size()), map[byte]int{}
	for i := range data {
		rest := i
		for a := len(axes) - 1; a >= 0; a-- {
			at[axes[a]] = rest % l.Shape[a]
			rest /= l.Shape[a]
		}
		data[i] = float64(value(at))
	}
	if err := h5.Write(d, data, d.Whole()); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, path string) *h5.File {
	t.Helper()
	f, err := h5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// describe describes a file of those datasets.
func describe(axes, static string, dims int) func(*h5.File) (*slab.Part, error) {
	return func(*h5.File) (*slab.Part, error) {
		part := &slab.Part{
			Spec:         eddy.Spec{Name: "test", Fields: []eddy.Field{{Name: "u"}, {Name: "v"}}, Dt: 1, History: 1},
			Trajectories: extents['b'],
			Fields:       []slab.Source{{Path: "/u", Axes: axes, At: 1, Channels: []int{0, 1}}},
			Times:        [][]float64{slab.Count(extents['t'], 1)},
			Scalars:      map[string][]float64{"nu": {0.5, 1, 2}, "g": {9.81}},
		}
		for _, letter := range []byte("xyz"[:dims]) {
			part.Spec.Grid.Axes = append(part.Spec.Grid.Axes, eddy.Axis{Name: string(letter), Points: extents[letter], Length: 1})
		}
		if static != "" {
			part.Spec.Statics = []eddy.Field{{Name: "a"}}
			part.Statics = []slab.Source{{Path: "/a", Axes: static, Channels: []int{0}}}
		}
		return part, nil
	}
}

// check compares frames of a trajectory with the formula. Axes that the file does not have count as 0.
func check(t *testing.T, dst *eddy.Tensor, axes string, traj, frame int) {
	t.Helper()
	grid := dst.Shape[2:]
	for i, got := range dst.Data {
		at, rest := map[byte]int{}, i
		put := func(letter byte, v int) {
			if strings.IndexByte(axes, letter) >= 0 {
				at[letter] = v
			}
		}
		for a := len(grid) - 1; a >= 0; a-- {
			put("xyz"[a], rest%grid[a])
			rest /= grid[a]
		}
		put('c', rest%dst.Shape[1])
		put('t', frame+rest/dst.Shape[1])
		put('b', traj)
		put('s', 1)
		if want := value(at); got != want {
			t.Fatalf("axes %q, trajectory %d, frames from %d, element %d: %g, want %g", axes, traj, frame, i, got, want)
		}
	}
}

func TestAxesInEveryOrderGiveTheSameFrames(t *testing.T) {
	for _, axes := range []string{
		"btcx", "btxc", "xctb", "cbtx", "tbcx", // one dimension
		"btcxy", "btxyc", "ctbyx", "yxtbc", "cbxyt", "bstcxy", "bcxy", "btcy", "tcx", "btcxsy",
		"btcxyz", "btxyzc", "zyxctb", "tzbcxy", "btczxy",
	} {
		dims := 2
		switch {
		case strings.Contains(axes, "z"):
			dims = 3
		case !strings.Contains(axes, "y") && axes != "tcx":
			dims = 1
		}
		path := filepath.Join(t.TempDir(), "a.hdf5")
		f := create(t, path)
		write(t, f, "/u", axes)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		ds, err := slab.Open("test", path, []string{path}, describe(axes, "", dims))
		if err != nil {
			t.Fatal(err)
		}
		for traj := range ds.Len() {
			for frame := range 3 {
				dst := eddy.NewTensor(append([]int{2}, ds.Spec().FrameShape()...)...)
				for i := range dst.Data {
					dst.Data[i] = -1
				}
				if err := ds.Read(t.Context(), dst, traj, frame); err != nil {
					t.Fatal(err)
				}
				check(t, dst, axes, traj, frame)
			}
		}
		if err := ds.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConditionsAreThoseOfTheTrajectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	f := create(t, path)
	write(t, f, "/u", "btcxy")
	write(t, f, "/a", "byx")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	ds, err := slab.Open("test", path, []string{path}, describe("btcxy", "byx", 2))
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	if diff := cmp.Diff([]eddy.Param{{Name: "nu", Value: 0.5}}, ds.Spec().Params); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][2]float64{"nu": {0.5, 2}, "g": {9.81, 9.81}}, ds.Parameters()); diff != "" {
		t.Error(diff)
	}
	asked, err := ds.WithParams("g", "nu")
	if err != nil {
		t.Fatal(err)
	}
	for traj, nu := range []float32{0.5, 1, 2} {
		static, cond := eddy.NewTensor(1, 5, 3), make([]float32, 2)
		if err := asked.(*slab.Dataset).Condition(t.Context(), static, cond, traj); err != nil || cond[0] != 9.81 || cond[1] != nu {
			t.Errorf("parameters of trajectory %d: %v, error %v", traj, cond, err)
		}
		check(t, static.Reshape(1, 1, 5, 3), "byx", traj, 0)
	}
	if _, err := ds.WithParams("gravity"); err == nil || !strings.Contains(err.Error(), `["g" "nu"]`) {
		t.Errorf("an unknown parameter gave %v", err)
	}
	if err := ds.Condition(t.Context(), nil, nil, 3); err == nil {
		t.Error("conditions of a trajectory that is not there")
	}
}

// TestGroupsAreTrajectories writes one group a trajectory and reads them from several goroutines.
func TestGroupsAreTrajectories(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	f := create(t, path)
	var groups []string
	for i := range 3 {
		group := fmt.Sprintf("/run%d", i)
		groups = append(groups, group)
		if err := f.CreateGroup(group); err != nil {
			t.Fatal(err)
		}
		write(t, f, group+"/u", "txcy")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	ds, err := slab.Open("test", path, []string{path, path}, func(h *h5.File) (*slab.Part, error) {
		part, err := describe("txcy", "", 2)(h)
		part.Groups, part.Fields[0].Path = groups, "u"
		return part, err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	if ds.Len() != 6 {
		t.Fatalf("%d trajectories", ds.Len())
	}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			dst := eddy.NewTensor(1, 2, 5, 3)
			for i := range 40 {
				if err := ds.Read(context.Background(), dst, (g+i)%6, i%4); err != nil || dst.Data[14] != value(map[byte]int{'t': i % 4, 'x': 4, 'y': 2}) {
					t.Errorf("value %g, error %v", dst.Data[14], err)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestWrongDescriptionsAndReadsAreErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	f := create(t, path)
	write(t, f, "/u", "btcxy")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	right := describe("btcxy", "", 2)
	for want, spoil := range map[string]func(p *slab.Part){
		"expected [3, at least 4, 2, 3, 5] for its axes \"btcyx\"": func(p *slab.Part) { p.Fields[0].Axes = "btcyx" },
		"has shape [3 4 2 5 3], expected":                          func(p *slab.Part) { p.Fields[0].Axes = "btcx" },
		"each of b, t, c, s, x, y, z at most once":                 func(p *slab.Part) { p.Fields[0].Axes = "bbcxy" },
		"axis z on a grid of 2 axes":                               func(p *slab.Part) { p.Fields[0].Axes = "btczy" },
		"no such dataset":                                          func(p *slab.Part) { p.Fields[0].Path = "/w" },
		"0 trajectories":                                           func(p *slab.Part) { p.Trajectories = 0 },
		"nu has 2 values":                                          func(p *slab.Part) { p.Scalars["nu"] = []float64{1, 2} },
		"2 lists of times":                                         func(p *slab.Part) { p.Times = append(p.Times, p.Times[0]) },
		"1 groups for 3 trajectories":                              func(p *slab.Part) { p.Groups = []string{"/"} },
		"an axis c for more than one":                              func(p *slab.Part) { p.Fields[0].Axes = "btsxy" },
	} {
		_, err := slab.Open("test", path, []string{path}, func(h *h5.File) (*slab.Part, error) {
			p, err := right(h)
			spoil(p)
			return p, err
		})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the error %v does not say %q", err, want)
		}
	}
	ds, err := slab.Open("test", path, []string{path}, right)
	if err != nil {
		t.Fatal(err)
	}
	if err := ds.Read(t.Context(), eddy.NewTensor(2, 2, 5, 3), 0, 3); err == nil {
		t.Error("reading behind the last frame is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ds.Read(ctx, eddy.NewTensor(1, 2, 5, 3), 0, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted read gave %v", err)
	}
	if err := ds.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ds.Read(t.Context(), eddy.NewTensor(1, 2, 5, 3), 0, 0); err == nil {
		t.Error("reading a closed data set is no error")
	}
}
