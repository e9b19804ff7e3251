package gp

import (
	"context"
	"os"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// readProblem decodes a problem file strictly, as internal/config does.
func readProblem(t testing.TB, path string) (*Problem, Options) {
	t.Helper()
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var f File
	if err := toml.NewDecoder(r).DisallowUnknownFields().Decode(&f); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	p, o, err := f.Problem(nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return p, o
}

// relL2 solves and compares with the exact solution on the report grid.
func relL2(t testing.TB, p *Problem, o Options) (*Posterior, float64) {
	t.Helper()
	q, err := Solve(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	e, err := q.RelL2(p.Exact, p.ReportGrid())
	if err != nil {
		t.Fatal(err)
	}
	return q, e
}
