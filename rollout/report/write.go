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
	FiguresDir  = "figures" // curves as SVG, pictures as PNG
	TablesDir   = "tables"  // as CSV and LaTeX
)

// Write writes summary.json, metrics.csv and report.html into a folder, which it makes if need be, and into folders of it the figures and the tables of the page. Every
// file is replaced as a whole or left as it was.
func (e *Evaluation) Write(dir string) error {
	for _, d := range []string{dir, filepath.Join(dir, FiguresDir), filepath.Join(dir, TablesDir)} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return fmt.Errorf("report: %w", err)
		}
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
	type file struct {
		name string
		fill func(io.Writer) error
	}
	files := []file{{MetricsFile, e.csv}}
	for _, c := range e.charts() {
		files = append(files, file{filepath.Join(FiguresDir, fileName(c.Name)+".svg"), whole(func() ([]byte, error) { return c.file(), nil })})
	}
	for _, p := range e.stillsAsFiles() {
		files = append(files, file{filepath.Join(FiguresDir, fileName(p.name)+".png"), p.encode})
	}
	for _, s := range e.sheets() {
		name := filepath.Join(TablesDir, fileName(s.Name))
		files = append(files, file{name + ".csv", s.csv}, file{name + ".tex", s.latex})
	}
	files = append(files, file{ReportFile, whole(e.HTML)},
		file{SummaryFile, whole(func() ([]byte, error) { return indent(e.Summary()) })}) // last: it tells that the others are there
	for _, f := range files {
		if err := atomicfile.WriteTo(filepath.Join(dir, f.name), f.fill); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}
