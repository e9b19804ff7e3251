package slab

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/h5"
)

// Files are the files of a data set: the path itself, or the files directly in a folder, in alphabetical order, whose names match one of the patterns of
// path.Match, such as "*.hdf5".
func Files(layout, path string, patterns ...string) ([]string, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return []string{path}, nil //nolint:nilerr // opening the file says what is wrong with it, in the words of all the others
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", layout, err)
	}
	var paths []string
	for _, e := range entries {
		match := func(pattern string) bool {
			ok, err := filepath.Match(pattern, e.Name())
			return ok && err == nil
		}
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && slices.ContainsFunc(patterns, match) {
			paths = append(paths, filepath.Join(path, e.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: %s: a folder without files named %s", layout, path, strings.Join(patterns, " or "))
	}
	return paths, nil
}

// Has reports whether a file holds all of these datasets. One that is there and cannot be opened counts: opening it says why.
func Has(h *h5.File, names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		k, ok := h.Kind(name)
		return !ok || k != h5.Data && k != h5.Broken
	})
}

// Values reads a dataset of numbers as a whole: coordinates, times, one scalar per trajectory. Values stored in float32 become the number that was meant: their
// shortest decimal text, 0.05 and not 0.05000000074505806.
func Values(h *h5.File, path string) (values []float64, shape []int, err error) {
	d, err := h.Dataset(path)
	if err != nil {
		return nil, nil, err
	}
	s := d.Whole()
	n, ok := size(s.Count)
	switch {
	case !ok:
		return nil, nil, fmt.Errorf("%s has shape %v, expected at most %d values", path, d.Shape, MaxExtent)
	case n == 0:
		return nil, nil, fmt.Errorf("%s is empty", path)
	}
	values = make([]float64, n)
	if err := h5.Read(d, values, s); err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	if d.Type.Class == h5.Float && d.Type.Size == 4 {
		for i, v := range values {
			values[i] = Meant(v)
		}
	}
	return values, d.Shape, d.Close()
}

// size is the number of elements of a shape; ok is false where it is out of bounds.
func size(shape []int) (n int, ok bool) {
	n = 1
	for _, m := range shape {
		if m < 0 || m > MaxExtent {
			return 0, false
		}
		if n *= m; n > MaxExtent {
			return 0, false
		}
	}
	return n, true
}

// Meant is the number of which a float32 is the nearest: the value of its shortest decimal text.
func Meant(v float64) float64 {
	text, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	if err != nil {
		return v // an infinity, which reads back as itself
	}
	return text
}

// Line reads the first n of a list of coordinates or times, which may be longer.
func Line(h *h5.File, path string, n int) ([]float64, error) {
	v, shape, err := Values(h, path)
	if err != nil {
		return nil, err
	}
	if len(shape) != 1 || n < 1 || len(v) < n {
		return nil, fmt.Errorf("%s has shape %v, expected at least %d values", path, shape, n)
	}
	return v[:n], nil
}

// Rows reads one list a trajectory, [B, n].
func Rows(h *h5.File, path string, trajectories, n int) ([][]float64, error) {
	v, shape, err := Values(h, path)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(shape, []int{trajectories, n}) {
		return nil, fmt.Errorf("%s has shape %v, expected [%d %d]: one list a trajectory", path, shape, trajectories, n)
	}
	return slices.Collect(slices.Chunk(v, n)), nil
}

// PerTrajectory reads one value a trajectory, [B] or [B, 1]; nil where there is no such dataset.
func PerTrajectory(h *h5.File, path string, trajectories int) ([]float64, error) {
	if !Has(h, path) {
		return nil, nil
	}
	v, shape, err := Values(h, path)
	if err != nil {
		return nil, err
	}
	if len(v) != trajectories {
		return nil, fmt.Errorf("%s has shape %v, expected one value a trajectory (%d)", path, shape, trajectories)
	}
	return v, nil
}

// Number is a numeric attribute; ok is false where there is none, or it is no number.
func Number(h *h5.File, path, name string) (v float64, ok bool, err error) {
	value, err := h.Attribute(path, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, false, nil
	case err != nil:
		return 0, false, err
	}
	switch v := value.(type) {
	case float64:
		return v, true, nil
	case int64:
		return float64(v), true, nil
	case []float64:
		if len(v) == 1 {
			return v[0], true, nil
		}
	case []int64:
		if len(v) == 1 {
			return float64(v[0]), true, nil
		}
	}
	return 0, false, nil
}

// Steady times: the input and the solution.
var Steady = [][]float64{{0, 1}}

// Count is the times 0, dt, 2·dt and so on of n frames.
func Count(n int, dt float64) []float64 {
	t := make([]float64, n)
	for i := range t {
		t[i] = float64(i) * dt
	}
	return t
}

// Mean is the mean distance of times, 0 for fewer than two.
func Mean(t []float64) float64 {
	if len(t) < 2 {
		return 0
	}
	return (t[len(t)-1] - t[0]) / float64(len(t)-1)
}

// Nodes is the axis through the ends of coordinates at nodes.
func Nodes(name string, x []float64, periodic bool) eddy.Axis {
	n := len(x)
	a := eddy.Axis{Name: name, Points: n, Origin: x[0], Length: x[n-1] - x[0], Periodic: periodic}
	if periodic && n > 1 {
		a.Length *= float64(n) / float64(n-1) // the last point is not repeated
	}
	return a
}

// Cells is the axis of cell centres x: it begins half a cell before the first and ends half a cell behind the last.
func Cells(name string, x []float64, periodic bool) eddy.Axis {
	n := len(x)
	a := eddy.Axis{Name: name, Points: n, Origin: x[0], Length: x[n-1] - x[0], Periodic: periodic}
	if n > 1 {
		dx := a.Length / float64(n-1)
		a.Origin, a.Length = round(x[0]-dx/2, dx), round(dx*float64(n), dx)
	}
	return a
}

// round drops what coordinates stored in float32 add to a number of the size of many cells.
func round(v, dx float64) float64 {
	if !(dx > 0) {
		return v
	}
	unit := math.Pow(10, math.Floor(math.Log10(dx))-3)
	return math.Round(v/unit) / (1 / unit)
}

// Nominal stands for values that differ a little between trajectories: the value where all are the same, else the mean rounded to two digits, so that the sets of
// one benchmark agree.
func Nominal(v []float64) float64 {
	if lo, hi := slices.Min(v), slices.Max(v); lo == hi {
		return lo
	}
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	text, err := strconv.ParseFloat(strconv.FormatFloat(sum/float64(len(v)), 'g', 2, 64), 64)
	if err != nil {
		return v[0]
	}
	return text
}
