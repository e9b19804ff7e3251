// Package apebench reads what APEBench (Koehler et al. 2024, arXiv 2411.00180) writes to disk: NumPy arrays with a JSON file of metadata beside them.
//
// # Layout
//
// For a scenario NAME there are NAME_train.npy and NAME_test.npy, each [samples, T+1, channels, x, y, z], and NAME.json with the key info, which holds the scenario's
// attributes: num_spatial_dims, num_points, domain_extent and dt where it is given in physical units, and the coefficients of the equation.
//
// # What becomes what
//
// Domains are periodic cubes with nodes from 0 on. A scenario in difficulty units has neither length nor time step: both are then 1. A single channel is the field
// u, several are u0, u1, …. Numbers of info that are neither sizes nor seeds are parameters.
package apebench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/array"
	"github.com/eddy-pde/eddy/internal/npy"
)

// Recognise reports whether a file with these first bytes is a .npy file.
func Recognise(head []byte) bool { return strings.HasPrefix(string(head), npy.Magic) }

// maxMetadata bounds the JSON file.
const maxMetadata = 1 << 20

// metadata is the JSON file.
type metadata struct {
	Name string         `json:"name"`
	Info map[string]any `json:"info"`
}

// number is a number of info, or otherwise where it has none.
func (m metadata) number(key string, otherwise float64) float64 {
	if v, ok := m.Info[key].(float64); ok {
		return v
	}
	return otherwise
}

// notParameters are numbers of info that are no coefficients of an equation; nor are those that begin with "num_".
var notParameters = []string{
	"batch_size", "circle_radius", "coarse_proportion", "dealiasing_fraction", "domain_extent", "dt", "order", "record_loss_every",
	"test_seed", "test_temporal_horizon", "train_seed", "train_temporal_horizon",
}

// Open opens an .npy file with the metadata beside it.
func Open(path string) (*array.Dataset, error) {
	meta, err := readMetadata(path)
	if err != nil {
		return nil, fmt.Errorf("apebench: %s: %w", path, err)
	}
	f, err := npy.Open(path)
	if err != nil {
		return nil, err
	}
	h := f.Header
	f.Close()
	if rank := len(h.Shape); rank < 4 || rank > 6 {
		return nil, fmt.Errorf("apebench: %s: shape %v, expected [samples, T+1, channels, x], with y and z or without", path, h.Shape)
	}
	dims := len(h.Shape) - 3
	for key, want := range map[string]int{"num_spatial_dims": dims, "num_points": h.Shape[3], "num_channels": h.Shape[2]} {
		if v := meta.number(key, float64(want)); v != float64(want) {
			return nil, fmt.Errorf("apebench: %s: shape %v, but the JSON file beside it has %s = %g", path, h.Shape, key, v)
		}
	}
	length, dt := meta.number("domain_extent", 1), meta.number("dt", 1)
	if !(length > 0) || !(dt > 0) {
		return nil, fmt.Errorf("apebench: %s: the JSON file beside it has domain_extent = %g and dt = %g, expected positive numbers", path, length, dt)
	}
	file, err := array.Open(path)
	if err != nil {
		return nil, err
	}
	ds, err := array.New(plan(path, file, h, meta, length, dt))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return ds, nil
}

func plan(path string, file array.File, h npy.Header, meta metadata, length, dt float64) array.Plan {
	p := array.Plan{Name: "apebench: " + path, Closers: []io.Closer{file}}
	p.Spec.Name = meta.Name
	if p.Spec.Name == "" {
		p.Spec.Name = "apebench"
	}
	p.Spec.Grid = eddy.PeriodicGrid(length, h.Shape[3:]...)
	for c := range h.Shape[2] {
		name := "u"
		if h.Shape[2] > 1 {
			name += strconv.Itoa(c)
		}
		p.Spec.Fields = append(p.Spec.Fields, eddy.Field{Name: name})
	}
	axes := []array.Role{array.Trajectory, array.Time, array.Component, array.X, array.Y, array.Z}[:len(h.Shape)]
	axes = slices.Clone(axes)
	if h.Fortran {
		slices.Reverse(axes)
	}
	group := array.Group{Params: map[string][]float64{}}
	if a, err := file.Array(array.NpyName); err == nil { // the only one
		group.Fields = []array.Part{{Array: a, Axes: axes}}
	}
	times := make([]float64, h.Shape[1])
	for i := range times {
		times[i] = float64(i) * dt
	}
	group.Times = [][]float64{times}
	for key, v := range meta.Info {
		if v, ok := v.(float64); ok && !slices.Contains(notParameters, key) && !strings.HasPrefix(key, "num_") {
			group.Params[key] = []float64{v}
		}
	}
	p.Groups = []array.Group{group}
	return p
}

// readMetadata reads the JSON file that belongs to an array: NAME.json for NAME_train.npy, NAME_test.npy and NAME.npy.
func readMetadata(path string) (metadata, error) {
	var m metadata
	stem := strings.TrimSuffix(path, filepath.Ext(path))
	var tried []string
	for _, part := range []string{"_train", "_test", "_valid", ""} {
		base, ok := strings.CutSuffix(stem, part)
		if !ok {
			continue
		}
		name := base + ".json"
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			tried = append(tried, filepath.Base(name))
			continue
		}
		if err != nil {
			return m, err
		}
		if len(data) > maxMetadata {
			return m, fmt.Errorf("%s has %d bytes, expected metadata of at most %d", name, len(data), maxMetadata)
		}
		if err := json.Unmarshal(data, &m); err != nil {
			return m, fmt.Errorf("%s: %w", name, err)
		}
		return m, nil
	}
	return m, fmt.Errorf("expected APEBench's metadata beside it, as %s; without them, a description says what the axes are (eddy inspect --description)", strings.Join(tried, " or "))
}
