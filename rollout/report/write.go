package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy/internal/atomicfile"
	"github.com/eddy-pde/eddy/internal/par"
)

// Names of the files of an evaluation.
const (
	SummaryFile = "summary.json"
	MetricsFile = "metrics.csv"
	ReportFile  = "report.html"
	FiguresDir  = "figures" // curves as SVG and PNG, pictures as PNG, films as GIF
	TablesDir   = "tables"  // as CSV and LaTeX
)

// file is a file to be written: its path below the folder of the evaluation, and its content.
type file struct {
	path string
	fill func(io.Writer) error
}

// atOnce fills a file with what is made all at once.
func atOnce(render func() ([]byte, error)) func(io.Writer) error {
	return func(w io.Writer) error {
		b, err := render()
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	}
}

// Write writes summary.json, metrics.csv and report.html into a folder, which it makes if need be, and into a folder of it the tables of the page. Every file is
// replaced as a whole or left as it was.
func (e *Evaluation) Write(dir string) error {
	files := []file{{MetricsFile, e.csv}}
	for _, s := range e.sheets() {
		path := filepath.Join(TablesDir, fileName(s.Name))
		files = append(files, file{path + ".csv", s.csv}, file{path + ".tex", s.latex})
	}
	files = append(files, file{ReportFile, atOnce(e.HTML)},
		file{SummaryFile, atOnce(func() ([]byte, error) { return indent(e.Summary()) })}) // last: it tells that the others are there
	return writeFiles(dir, files)
}

// WriteFigures writes the figures of the page, each a file for papers, into a folder of the folder that Write writes to.
func (e *Evaluation) WriteFigures(dir string) error {
	charts := e.charts()
	painted := make([]bytes.Buffer, len(charts))
	errs := make([]error, len(charts))
	par.For(len(charts), func(i int) { errs[i] = charts[i].png(&painted[i]) })
	var files []file
	for i, c := range charts {
		if errs[i] != nil {
			return errs[i]
		}
		path := filepath.Join(FiguresDir, fileName(c.Name))
		files = append(files, file{path + ".svg", atOnce(func() ([]byte, error) { return c.file(), nil })},
			file{path + ".png", atOnce(func() ([]byte, error) { return painted[i].Bytes(), nil })})
	}
	for _, p := range e.stillsAsFiles() {
		files = append(files, file{filepath.Join(FiguresDir, fileName(p.name)+".png"), p.encode})
	}
	for _, m := range e.movies() {
		files = append(files, file{filepath.Join(FiguresDir, fileName(m.name)+".gif"), m.encode})
	}
	return writeFiles(dir, files)
}

func writeFiles(dir string, files []file) error {
	for _, f := range files {
		path := filepath.Join(dir, f.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		if err := atomicfile.WriteTo(path, f.fill); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}
