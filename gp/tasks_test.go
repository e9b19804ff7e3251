package gp

import (
	"testing"
)

// tasks are the ready-made problems with the errors that the solvers must reach. cheb is zero where the task has too few points for polynomials.
var tasks = []struct {
	name       string
	fdsm, cheb float64
}{
	{"u1", 1e-9, 1e-8},
	{"u2", 1e-9, 1e-8},
	{"u3", 1e-9, 1e-8},
	{"u4", 1e-9, 1e-7},
	{"u5", 1e-9, 0},
	{"ac1", 1e-9, 1e-8},
	{"ac2", 1e-9, 1e-8},
	{"u6", 1e-10, 1e-9},
	{"u7", 1e-10, 1e-9},
	{"ac3", 1e-10, 1e-9},
	{"adv", 1e-10, 1e-9},
}

func TestTasksReachTheirErrors(t *testing.T) {
	for _, c := range tasks {
		t.Run(c.name, func(t *testing.T) {
			p, o := readProblem(t, "problems/"+c.name+".toml")
			q, e := relL2(t, p, o)
			t.Logf("error %.2e, estimate %.2e, residual %.2e, %s %v, %d steps, %.1f ms %v", e, q.ErrorEstimate, q.Residual, q.Plan, q.Points, q.Iterations, q.Seconds*1e3, q.Notes)
			if e > c.fdsm {
				t.Errorf("relative error %.2e, expected at most %.0e", e, c.fdsm)
			}
			if q.ErrorEstimate < e/10 {
				t.Errorf("estimate %.1e for an error of %.1e", q.ErrorEstimate, e)
			}
		})
	}
}

func TestChebyshevCollocation(t *testing.T) {
	for _, c := range tasks {
		if c.cheb == 0 || testing.Short() && c.name != "u1" && c.name != "u7" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			p, o := readProblem(t, "problems/"+c.name+".toml")
			o.Solver = Cheb
			q, e := relL2(t, p, o)
			t.Logf("error %.2e, estimate %.2e, residual %.2e, %d steps, %.1f ms %v", e, q.ErrorEstimate, q.Residual, q.Iterations, q.Seconds*1e3, q.Notes)
			if e > c.cheb {
				t.Errorf("relative error %.2e, expected at most %.0e", e, c.cheb)
			}
		})
	}
}
