package gp

import (
	"context"
	"os"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// readProblem decodes a problem file strictly, as internal/config does.
func readProblem(tb testing.TB, path string) (*Problem, Options) {
	tb.Helper()
	r, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	var f File
	if err := toml.NewDecoder(r).DisallowUnknownFields().Decode(&f); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	p, o, err := f.Problem(nil)
	if err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	return p, o
}

// relL2 solves and compares with the exact solution on the report grid.
func relL2(tb testing.TB, p *Problem, o Options) (*Posterior, float64) {
	tb.Helper()
	q, err := Solve(context.Background(), p, o)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := q.RelL2(p.Exact, p.ReportGrid())
	if err != nil {
		tb.Fatal(err)
	}
	return q, e
}
