package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy/internal/atomicfile"
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
	whole := func(render func() ([]byte, error)) func(io.Writer) error {
		return func(w io.Writer) error {
			b, err := render()
			if err != nil {
				return err
			}
			_, err = w.Write(b)
			return err
		}
	}
	for _, f := range []struct {
		name string
		fill func(io.Writer) error
	}{
		{MetricsFile, e.csv},
		{ReportFile, whole(e.HTML)},
		{SummaryFile, whole(func() ([]byte, error) { return indent(e.Summary()) })}, // last: it tells that the others are there
	} {
		if err := atomicfile.WriteTo(filepath.Join(dir, f.name), f.fill); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}
