//go:build cgo

package array

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/h5"
)

// memory is an array in memory whose element at an index is the index in base 32, exact in float32 up to five axes of less than 32. It counts what is read.
type memory struct {
	shape []int
	read  atomic.Int64
}

func (m *memory) Shape() []int { return m.shape }

func (m *memory) Type() string { return "float32" }

func (m *memory) Read(dst []float32, start, count []int) error {
	m.read.Add(int64(len(dst)))
	for at := range dst {
		left := at
		value, unit := 0, 1
		for i := len(count) - 1; i >= 0; i-- {
			value += (start[i] + left%count[i]) * unit
			left /= count[i]
			unit *= 32
		}
		dst[at] = float32(value)
	}
	return nil
}

func (m *memory) Read64([]float64, []int, []int) error { panic("coordinates are not read here") }

// digits is what memory holds at an index.
func digits(index ...int) float32 {
	v := 0
	for _, i := range index {
		v = 32*v + i
	}
	return float32(v)
}

// extents of the axes of the test below.
var extents = map[Role]int{Trajectory: 5, Time: 4, Component: 2, X: 3, Y: 6}

// Whatever the order of the axes, a read gives [T, C, X, Y], from the array itself and from a copy with trajectories outermost.
func TestAxesInAnyOrderAreTurned(t *testing.T) {
	orders := 0
	var permute func(rest, order []Role)
	permute = func(rest, order []Role) {
		if len(rest) == 0 {
			orders++
			checkOrder(t, order)
			return
		}
		for i, r := range rest {
			permute(slices.Delete(slices.Clone(rest), i, i+1), append(slices.Clone(order), r))
		}
	}
	permute([]Role{Trajectory, Time, Component, X, Y}, nil)
	if orders != 120 {
		t.Errorf("%d orders", orders)
	}
}

func checkOrder(t *testing.T, order []Role) {
	t.Helper()
	m := &memory{}
	for _, r := range order {
		m.shape = append(m.shape, extents[r])
	}
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}, {Name: "v"}}, Grid: eddy.PeriodicGrid(1, extents[X], extents[Y])}
	ds, err := New(Plan{Name: "test", Spec: spec, Groups: []Group{{Fields: []Part{{Array: m, Axes: order}}, Times: [][]float64{{0, 1, 2, 3}}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	dst := eddy.NewTensor(3, 2, extents[X], extents[Y])
	for pass := range directReads + 6 {
		if pass > 6 && pass < directReads-2 {
			dst := dst.Rows(0, 1)
			if err := ds.Read(t.Context(), dst, 0, 0); err != nil {
				t.Fatal(err)
			}
			continue
		}
		traj, from := pass%5, pass%2
		if err := ds.Read(t.Context(), dst, traj, from); err != nil {
			t.Fatal(err)
		}
		for at, v := range dst.Data {
			place := map[Role]int{Trajectory: traj, Time: from + at/36, Component: at / 18 % 2, X: at / 6 % 3, Y: at % 6}
			index := make([]int, len(order))
			for i, r := range order {
				index[i] = place[r]
			}
			if v != digits(index...) {
				t.Fatalf("axes %v, read %d: %v holds %g, want %g", order, pass, place, v, digits(index...))
			}
		}
	}
	scattered := slices.Index(order, Trajectory) > slices.IndexFunc(order, func(r Role) bool { return r >= Component })
	if copied := ds.groups[0].Fields[0].spool != nil && ds.groups[0].Fields[0].spool.array != nil; copied != scattered {
		t.Errorf("axes %v: copied is %t", order, copied)
	}
}

// The copy is made once, in one pass, also where many ask for it at once and where a block holds a part of an axis only.
func TestScatteredArraysAreCopiedInOnePass(t *testing.T) {
	m := &memory{shape: []int{3, 30, 29, 31}}
	p := Part{Array: m, Axes: []Role{Time, Y, X, Trajectory}, spool: new(spool)}
	p.spool.reads = directReads
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			dst := make([]float32, 3*29*30)
			for i := range 10 {
				traj := (7*g + i) % 31
				if err := p.read(t.Context(), dst, traj, 0, 3, 0, 1); err != nil {
					t.Error(err)
					return
				}
				for at, v := range dst {
					if want := digits(at/870, at%30, at/30%29, traj); v != want {
						t.Errorf("element %d of trajectory %d is %g, want %g", at, traj, v, want)
						return
					}
				}
			}
		})
	}
	wait.Wait()
	if want := int64(product(m.shape)); m.read.Load() != want {
		t.Errorf("%d values read of %d", m.read.Load(), want)
	}
	p.spool.close()
}

// The block of a copy never exceeds its share of memory, and blocks together are the whole array.
func TestBlocksOfACopyAreBounded(t *testing.T) {
	w := &widest{memory: memory{shape: []int{7, 50, 70, 20}}}
	s := new(spool)
	p := Part{Array: w, Axes: []Role{Time, X, Y, Trajectory}}
	const room = 100_000 // bytes: 8 rows of the 50
	if err := s.fill(t.Context(), p, room); err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if most := int64(room / 8); w.most > most || w.most < most/2 || w.total != int64(product(w.shape)) {
		t.Errorf("blocks of up to %d values, at most %d; %d in all, want %d", w.most, most, w.total, product(w.shape))
	}
	got := make([]float32, 2)
	if err := s.array.Read(got, []int{13, 6, 49, 68}, []int{1, 1, 1, 2}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{place(w.shape, 6, 49, 68, 13), place(w.shape, 6, 49, 69, 13)}, got); diff != "" {
		t.Error(diff)
	}
}

// place is what widest holds: the place of an element, modulo 2²⁰ so that it is exact.
func place(shape []int, index ...int) float32 {
	v := 0
	for i, n := range shape {
		v = v*n + index[i]
	}
	return float32(v & (1<<20 - 1))
}

// widest remembers the largest read.
type widest struct {
	memory
	most, total int64
}

func (w *widest) Read(dst []float32, start, count []int) error {
	w.most, w.total = max(w.most, int64(len(dst))), w.total+int64(len(dst))
	at := 0
	for a := range count[0] {
		for b := range count[1] {
			for c := range count[2] {
				row := ((start[0]+a)*w.shape[1]+start[1]+b)*w.shape[2] + start[2] + c
				for d := range count[3] {
					dst[at] = float32((row*w.shape[3] + start[3] + d) & (1<<20 - 1))
					at++
				}
			}
		}
	}
	return nil
}

// A compressed array of a MAT-file that is larger than what stays in memory is inflated into a file.
func TestLargeCompressedArraysAreInflated(t *testing.T) {
	const x, n = 300, 500 // 1.2 MB
	element := func(kind uint32, data []byte) []byte {
		b := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, kind), uint32(len(data)))
		return append(append(b, data...), make([]byte, -len(data)&7)...)
	}
	ints := func(v ...uint32) []byte {
		var b []byte
		for _, i := range v {
			b = binary.LittleEndian.AppendUint32(b, i)
		}
		return b
	}
	var values []byte
	for i := range x * n {
		values = binary.LittleEndian.AppendUint64(values, math.Float64bits(float64(i)))
	}
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write(element(14, slices.Concat(element(6, ints(6, 0)), element(5, ints(n, x)), element(1, []byte("u")), element(9, values)))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := append(bytes.Repeat([]byte{' '}, 124), 0, 1, 'I', 'M')
	file = append(file, ints(15, uint32(z.Len()))...)
	path := filepath.Join(t.TempDir(), "a.mat")
	if err := os.WriteFile(path, append(file, z.Bytes()...), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a, err := f.Array("u")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 2)
	if err := a.Read(got, []int{123, 77}, []int{1, 2}); err != nil || got[0] != 123*n+77 || got[1] != 123*n+78 {
		t.Errorf("%v, error %v", got, err)
	}
	if in, ok := a.(*inflated); !ok || in.temp == nil {
		t.Error("the array was not inflated into a file")
	}
}

func TestFaultyPlansAreRefused(t *testing.T) {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 3)}
	part := func(shape []int, axes ...Role) Part { return Part{Array: &memory{shape: shape}, Axes: axes} }
	good := part([]int{5, 4, 3}, Trajectory, Time, X)
	times := [][]float64{{0, 1, 2, 3}}
	for name, c := range map[string]struct {
		group Group
		want  string
	}{
		"rank":        {Group{Fields: []Part{part([]int{5, 4, 3}, Time, X)}, Times: times}, "expected an axis for each"},
		"no time":     {Group{Fields: []Part{part([]int{5, 3}, Trajectory, X)}, Times: times}, "expected one for time"},
		"points":      {Group{Fields: []Part{part([]int{5, 4, 8}, Trajectory, Time, X)}, Times: times}, "expected 3 points along x"},
		"twice":       {Group{Fields: []Part{part([]int{4, 4, 3}, Time, Time, X)}, Times: times}, "two axes time"},
		"dimension":   {Group{Fields: []Part{part([]int{4, 3, 3}, Time, X, Y)}, Times: times}, "has an axis y"},
		"channels":    {Group{Fields: []Part{good, good}, Times: times}, "have 2 channels, expected 1"},
		"times":       {Group{Fields: []Part{good}, Times: [][]float64{{0, 1}}}, "2 times for 4 frames"},
		"time lists":  {Group{Fields: []Part{good}, Times: [][]float64{{0, 1, 2, 3}, {0, 1, 2, 3}}}, "2 lists of times for 5 trajectories"},
		"backwards":   {Group{Fields: []Part{good}, Times: [][]float64{{3, 2, 1, 0}}}, "expected growing ones"},
		"not a time":  {Group{Fields: []Part{good}, Times: [][]float64{{0, 1, 2, math.NaN()}}}, "a time of NaN"},
		"parameters":  {Group{Fields: []Part{good}, Times: times, Params: map[string][]float64{"nu": {1, 2}}}, "2 values for 5 trajectories"},
		"empty":       {Group{Fields: []Part{part([]int{0, 4, 3}, Trajectory, Time, X)}, Times: times}, "expected extents from 1"},
		"fixed index": {Group{Fields: []Part{{Array: &memory{shape: []int{4, 2, 3}}, Axes: []Role{Time, Fixed, X}, Index: []int{0, 2, 0}}}, Times: times}, "an index of axis 1"},
	} {
		if _, err := New(Plan{Name: "test", Spec: spec, Groups: []Group{c.group}}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestAxesFollowFromCoordinates(t *testing.T) {
	for _, c := range []struct {
		x        []float64
		periodic bool
		at       eddy.Location
		want     eddy.Axis
	}{
		{[]float64{0, 0.1, 0.2, 0.3}, true, "", eddy.Axis{Name: "x", Points: 4, Length: 0.4, Periodic: true}},
		{[]float64{0.05, 0.15, 0.25, 0.35}, true, eddy.Cell, eddy.Axis{Name: "x", Points: 4, Length: 0.4, Periodic: true}},
		{[]float64{0.05, 0.15, 0.25, 0.35}, false, eddy.Cell, eddy.Axis{Name: "x", Points: 4, Length: 0.4}},
		{[]float64{-1, 0, 1}, false, "", eddy.Axis{Name: "x", Points: 3, Origin: -1, Length: 2}},
		{[]float64{7}, false, "", eddy.Axis{Name: "x", Points: 1, Origin: 7, Length: 1}},
	} {
		got, err := AxisOf("x", c.x, c.periodic, c.at)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%v: error %v, %s", c.x, err, diff)
		}
	}
	if _, err := AxisOf("x", []float64{1, 0}, false, ""); err == nil {
		t.Error("falling coordinates are no error")
	}
}

func TestFilesListWhatTheyHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.h5")
	f, err := h5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CreateGroup("/g"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/b", "/g/a"} {
		if _, err := f.CreateDataset(name, h5.Layout{Shape: []int{2, 3}, Type: h5.Float64}); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	file, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got := Listing(file); got != "/b [2 3] float64, /g/a [2 3] float64" {
		t.Error(got)
	}
	if _, err := file.Array("g"); err == nil || !strings.Contains(err.Error(), `no array "g"; the file holds /b [2 3] float64`) {
		t.Errorf("a group as an array: %v", err)
	}
	if got := datasets.Coordinates(&Dataset{}, 0); got != nil {
		t.Errorf("coordinates %v of a data set that has none", got)
	}
}

// A file may have more arrays than stay open: every one is read, in both precisions, and the file still closes.
func TestFilesOfVeryManyArraysAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.h5")
	f, err := h5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	const n = mostOpen + 6
	for i := range n {
		d, err := f.CreateDataset(fmt.Sprintf("/a%03d", i), h5.Layout{Shape: []int{3}, Type: h5.Float32})
		if err != nil {
			t.Fatal(err)
		}
		if err := h5.Write(d, []float64{float64(i), 1, 2}, d.Whole()); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	file, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	brief := 0
	for i := range n {
		a, err := file.Array(fmt.Sprintf("a%03d", i))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := a.(*briefArray); ok {
			brief++
		}
		got, wide := make([]float32, 2), make([]float64, 1)
		if err := errors.Join(a.Read(got, []int{0}, []int{2}), a.Read64(wide, []int{2}, []int{1})); err != nil || got[0] != float32(i) || wide[0] != 2 || a.Type() != "float32" {
			t.Fatalf("array %d: %v, %v, error %v", i, got, wide, err)
		}
	}
	if brief != 6 {
		t.Errorf("%d arrays are open only while they are read, want 6", brief)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}
