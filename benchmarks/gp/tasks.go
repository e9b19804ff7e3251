package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy/gp"
)

// logged are errors and wall times (s) in the authors' logs (github.com/xuangu-fang/Gaussian-Process-Slover-for-High-Freq-PDE@6b978f1, history): StM and GM.
var logged = map[string][4]float64{
	"u1": {6.53e-7, 3.99e-7, 1665, 1329}, "u2": {2.73e-3, 2.13e-3, 3044, 4452}, "u3": {5.47e-6, 1.52e-6, 1663, 1329}, "u4": {8.98e-7, 1.55e-6, 7451, 6043},
	"u5": {4.22e-4, 1.82e-3, 5705, 4033}, "u6": {6.87e-5, 6.46e-5, 8209, 5586}, "u7": {1.02e-3, 1.06e-3, 6627, 6132}, "ac1": {4.90e-6, 7.71e-7, 2333, 1998},
	"ac2": {4.76e-6, 4.24e-6, 2319, 1996}, "ac3": {5.68e-3, 2.58e-3, 18244, 15926}, "adv": {1.43e-4, 1.35e-3, 11152, 9654},
}

var taskNames = []string{"u1", "u2", "u3", "u4", "u5", "ac1", "ac2", "u6", "u7", "ac3", "adv", "poisson3d"}

type taskResult struct {
	Task, Plan                string
	Error, Estimate, Residual float64
	Seconds                   float64
	ChebError, ChebSeconds    float64
	ChebEstimate              float64
	ChebFault                 string
}

// measureTasks solves every task on one thread: the median of 7 runs, errors on the report grid.
func measureTasks(ctx context.Context) (any, error) {
	limitThreads(1)
	var out []taskResult
	for _, name := range taskNames {
		p, opt, err := load(name)
		if err != nil {
			return nil, err
		}
		runs := 7
		if p.Dim() == 3 {
			runs = 3
		}
		opt.Solver = gp.FDSM
		q, seconds, e, err := medianSolve(ctx, p, opt, runs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		r := taskResult{Task: name, Plan: q.Plan, Error: e, Estimate: q.ErrorEstimate, Residual: q.Residual, Seconds: seconds}
		opt.Solver = gp.Cheb
		if c, s, e, err := medianSolve(ctx, p, opt, min(runs, 3)); err != nil {
			r.ChebFault = err.Error()
		} else {
			r.ChebError, r.ChebSeconds, r.ChebEstimate = e, s, c.ErrorEstimate
		}
		out = append(out, r)
	}
	return out, nil
}

func medianSolve(ctx context.Context, p *gp.Problem, opt gp.Options, runs int) (*gp.Posterior, float64, float64, error) {
	var times []float64
	var q *gp.Posterior
	for range runs {
		var err error
		start := processorTime()
		if q, err = gp.Solve(ctx, p, opt); err != nil {
			return nil, 0, 0, err
		}
		times = append(times, processorTime()-start)
	}
	slices.Sort(times)
	e, err := q.RelL2(p.Exact, p.ReportGrid())
	return q, times[len(times)/2], e, err
}

func writeTasks(w *bytes.Buffer, raw json.RawMessage) error {
	var rs []taskResult
	if err := json.Unmarshal(raw, &rs); err != nil {
		return err
	}
	w.WriteString("\n## Tasks with exact data\n\nRelative L2 errors on 1001 points (300² in two dimensions, 60³ in three), median processor times of one thread; `estimate` is the solver's own error estimate. " +
		"The authors' column is the better of StM and GM in their logs (chosen by test error, hardware unknown).\n\n" +
		"| task | fdsm error | estimate | time | plan | cheb error | time | authors' log | time |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range rs {
		cheb := fmt.Sprintf("%.1e | %s", r.ChebError, duration(r.ChebSeconds))
		if r.ChebFault != "" {
			cheb = "failed | "
		}
		author := " | "
		if l, ok := logged[r.Task]; ok {
			author = fmt.Sprintf("%.2e | %.0f s", min(l[0], l[1]), l[2])
			if l[1] < l[0] {
				author = fmt.Sprintf("%.2e | %.0f s", l[1], l[3])
			}
		}
		fmt.Fprintf(w, "| %s | %.1e | %.1e | %s | %s | %s | %s |\n", r.Task, r.Error, r.Estimate, duration(r.Seconds), r.Plan, cheb, author)
	}
	return nil
}

func duration(s float64) string {
	if s < 1 {
		return fmt.Sprintf("%.0f ms", s*1e3)
	}
	return fmt.Sprintf("%.1f s", s)
}

type badResult struct {
	Task            string
	Points          int
	Error, Estimate float64
}

// measureBad solves with too few points.
func measureBad(ctx context.Context) (any, error) {
	limitThreads(1)
	var out []badResult
	for _, c := range []struct {
		name   string
		points []int
	}{{"u1", []int{40, 80, 200, 330, 345, 360}}, {"u6", []int{60, 150, 300, 335, 350}}, {"u7", []int{20, 50, 80, 110}}, {"adv", []int{20, 60, 110}}} {
		for _, n := range c.points {
			p, opt, err := load(c.name)
			if err != nil {
				return nil, err
			}
			for a := range p.Points {
				p.Points[a] = n
			}
			opt.Plan = gp.PlanComplete
			q, err := gp.Solve(ctx, p, opt)
			if err != nil {
				return nil, fmt.Errorf("%s at %d points: %w", c.name, n, err)
			}
			e, err := q.RelL2(p.Exact, p.ReportGrid())
			if err != nil {
				return nil, err
			}
			out = append(out, badResult{c.name, n, e, q.ErrorEstimate})
		}
	}
	return out, nil
}

func writeBad(w *bytes.Buffer, raw json.RawMessage) error {
	var rs []badResult
	if err := json.Unmarshal(raw, &rs); err != nil {
		return err
	}
	w.WriteString("\n## Too few points\n\nPlan `complete` with fewer points per axis than the waves need: the estimate follows the error (features are switched off, since they would rescue these tasks).\n\n" +
		"| task | points per axis | error | estimate |\n| --- | --- | --- | --- |\n")
	for _, r := range rs {
		fmt.Fprintf(w, "| %s | %d | %.1e | %.1e |\n", r.Task, r.Points, r.Error, r.Estimate)
	}
	return nil
}
