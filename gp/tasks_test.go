package gp

import (
	"testing"
)

func TestTasksReachTheirErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		tol  float64
	}{
		{"u1", 1e-9}, {"u2", 1e-9}, {"u3", 1e-9}, {"u4", 1e-9}, {"u5", 1e-9}, {"ac1", 1e-9}, {"ac2", 1e-9},
		{"u6", 1e-10}, {"u7", 1e-10}, {"ac3", 1e-10}, {"adv", 1e-10},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, o := readProblem(t, "problems/"+c.name+".toml")
			q, e := relL2(t, p, o)
			t.Logf("error %.2e, estimate %.2e, residual %.2e, %s %v, %d steps, %.1f ms %v", e, q.ErrorEstimate, q.Residual, q.Plan, q.Points, q.Iterations, q.Seconds*1e3, q.Notes)
			if e > c.tol {
				t.Errorf("relative error %.2e, expected at most %.0e", e, c.tol)
			}
		})
	}
}
