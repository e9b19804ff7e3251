package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/eddy-pde/eddy/gp"
)

type scaleResult struct {
	Dim, Points    int
	Error, Seconds float64
	PeakMB         float64 // largest resident set of the process so far
}

// measureScale solves Poisson problems whose waves need all the points, one thread.
func measureScale(ctx context.Context) (any, error) {
	limitThreads(1)
	var out []scaleResult
	for _, c := range []struct{ dim, n int }{{2, 125}, {2, 250}, {2, 500}, {2, 1000}, {3, 50}, {3, 100}, {3, 200}, {2, 2000}} {
		w := float64(c.n) * 2 / 3.5 // 3.5 points per wavelength on [0, 2π]: frequency n/3.5
		names := []string{"x", "y", "z"}[:c.dim]
		var waves []string
		for _, v := range names {
			waves = append(waves, fmt.Sprintf("sin(%g*%s + 0.3)", float64(int(w/2)), v))
		}
		u := strings.Join(waves, "*")
		k := float64(int(w / 2))
		exact, err := gp.ParseField(u, c.dim)
		if err != nil {
			return nil, err
		}
		forcing, err := gp.ParseField(fmt.Sprintf("%g*%s", -float64(c.dim)*k*k, u), c.dim)
		if err != nil {
			return nil, err
		}
		p := &gp.Problem{Forcing: forcing, Exact: exact}
		for a := range c.dim {
			p.Domain = append(p.Domain, gp.Interval{Hi: 6.283185307179586})
			p.Points = append(p.Points, c.n)
			p.Terms = append(p.Terms, gp.Term{Axis: a, Order: 2, Coefficient: gp.Constant(1)})
			for _, s := range []gp.Side{gp.Lo, gp.Hi} {
				p.Boundary = append(p.Boundary, gp.Boundary{Axis: a, Side: s, Kind: gp.Dirichlet, Value: exact})
			}
		}
		start := processorTime()
		q, err := gp.Solve(ctx, p, gp.Options{Plan: gp.PlanComplete})
		if err != nil {
			return nil, err
		}
		seconds := processorTime() - start
		e, err := q.RelL2(p.Exact, p.ReportGrid())
		if err != nil {
			return nil, err
		}
		out = append(out, scaleResult{c.dim, c.n, e, seconds, peak()})
	}
	return out, nil
}

// peak is the process' largest resident set in MB.
func peak() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for l := range strings.SplitSeq(string(text), "\n") {
		var kb float64
		if n, _ := fmt.Sscanf(l, "VmHWM: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}

func writeScale(w *bytes.Buffer, raw json.RawMessage) error {
	var rs []scaleResult
	if err := json.Unmarshal(raw, &rs); err != nil {
		return err
	}
	w.WriteString("\n## Scale\n\nPoisson problems with inhomogeneous boundary data and 3.5 points per wavelength, processor time of one thread. `peak` is the largest resident set of the process up to that row.\n\n" +
		"| points | time | per point | error | peak |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range rs {
		n := 1
		for range r.Dim {
			n *= r.Points
		}
		fmt.Fprintf(w, "| %d%s = %.1e | %s | %.1f µs | %.1e | %.0f MB |\n", r.Points, []string{"", "²", "³"}[r.Dim-1], float64(n), duration(r.Seconds), r.Seconds/float64(n)*1e6, r.Error, r.PeakMB)
	}
	var plane, space curve
	plane.name, space.name = "two axes", "three axes"
	for _, r := range rs {
		c, n := &plane, r.Points*r.Points
		if r.Dim == 3 {
			c, n = &space, n*r.Points
		}
		c.x, c.y = append(c.x, float64(n)), append(c.y, r.Seconds)
	}
	w.WriteString("\n![Time against points](gp/scale.svg)\n")
	return logLog(filepath.Join(*folder, "scale.svg"), "Solve time, one thread", "points", "seconds", []curve{plane, space})
}
