package report

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy/internal/config"
)

// Names of the files of an evaluation.
const (
	SummaryFile = "summary.json"
	MetricsFile = "metrics.csv"
	ReportFile  = "report.html"
)

// Write writes summary.json, metrics.csv and report.html into a folder, which it makes if need be. Every file is replaced as a whole or left as it was.
func (e *Evaluation) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, f := range []struct {
		name string
		make func() ([]byte, error)
	}{
		{MetricsFile, e.csv},
		{ReportFile, e.HTML},
		{SummaryFile, func() ([]byte, error) { return indent(e.Summary()) }}, // last: it tells that the others are there
	} {
		data, err := f.make()
		if err != nil {
			return fmt.Errorf("report: %s: %w", f.name, err)
		}
		if err := config.WriteFile(filepath.Join(dir, f.name), data); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}
