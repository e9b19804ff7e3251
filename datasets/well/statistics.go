package well

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/config"
)

// statisticsName is the file that The Well keeps beside a data set.
const statisticsName = "stats.yaml"

// sourceKey is the entry of a statistics file of ours that names the data file it describes.
const sourceKey = "source"

// ownStatistics is the path of the statistics that belong to one file alone: NAME.stats.yaml for NAME.hdf5.
func ownStatistics(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + "." + statisticsName
}

// StatisticsPath finds the statistics of a data file: NAME.stats.yaml or stats.yaml beside it, or stats.yaml two folders up, where The Well has it for files in
// data/train, data/valid and data/test. It is empty where there are none.
func StatisticsPath(path string) string {
	dir := filepath.Dir(path)
	for _, p := range []string{ownStatistics(path), filepath.Join(dir, statisticsName), filepath.Join(dir, "..", "..", statisticsName)} {
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			return p
		}
	}
	return ""
}

// writeStatistics writes the statistics of a file that is about to get its name.
func writeStatistics(path string, m datasets.Meta, s datasets.Statistics) error {
	target := filepath.Join(filepath.Dir(path), statisticsName)
	if split := m.Attributes["split"]; split != "" && split != "train" {
		target = ownStatistics(path)
	} else if source, err := statisticsSource(target); err != nil {
		return err
	} else if source != "" && source != filepath.Base(path) {
		target = ownStatistics(path)
	}
	return config.WriteYAML(target, statisticsTree(path, m.Spec, s))
}

// statisticsSource is the file that existing statistics describe: its name, "?" where they do not say, "" where there are none.
func statisticsSource(path string) (string, error) {
	var old map[string]any
	switch err := config.ReadYAML(path, &old); {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("well: %w", err)
	}
	if source, ok := old[sourceKey].(string); ok {
		return source, nil
	}
	return "?", nil
}

// statisticsTree has The Well's keys. The entry of a scalar field is a number, that of a vector field a list, that of a tensor field a list of lists.
func statisticsTree(path string, spec eddy.Spec, s datasets.Statistics) map[string]any {
	tree := map[string]any{sourceKey: filepath.Base(path)}
	for _, k := range []struct {
		name string
		of   []datasets.Moments
		get  func(m datasets.Moments) float64
	}{
		{"mean", s.Fields, func(m datasets.Moments) float64 { return m.Mean }},
		{"std", s.Fields, func(m datasets.Moments) float64 { return m.Std }},
		{"rms", s.Fields, func(m datasets.Moments) float64 { return m.RMS }},
		{"mean_delta", s.Delta, func(m datasets.Moments) float64 { return m.Mean }},
		{"std_delta", s.Delta, func(m datasets.Moments) float64 { return m.Std }},
		{"rms_delta", s.Delta, func(m datasets.Moments) float64 { return m.RMS }},
	} {
		byField := map[string]any{}
		for _, g := range group(spec.Fields, spec.Grid.Dims()) {
			list := make([]float64, len(g.channels))
			for i, c := range g.channels {
				list[i] = k.get(k.of[c])
			}
			switch g.order {
			case 0:
				byField[g.name] = list[0]
			case 1:
				byField[g.name] = list
			case 2:
				var rows [][]float64
				for d := spec.Grid.Dims(); len(list) > 0; list = list[d:] {
					rows = append(rows, list[:d])
				}
				byField[g.name] = rows
			}
		}
		tree[k.name] = byField
	}
	return tree
}
