package gp

import (
	"math"
	"testing"
)

// The residual of the mean is the one that the solver reports, for each solver, linear and not.
func TestResidualOnAgreesWithTheReportedResidual(t *testing.T) {
	for _, name := range []string{"u7", "ac1", "adv"} {
		p, o := readProblem(t, "problems/"+name+".toml")
		for a := range p.Points {
			p.Points[a] = 60 // too few, so that the residual is no rounding
		}
		o.Plan = PlanComplete
		q, err := Solve(t.Context(), p, o)
		if err != nil {
			if name == "ac1" {
				continue // a nonlinear problem this coarse may stall, which is an answer too
			}
			t.Fatal(err)
		}
		grid := make([][]float64, p.Dim())
		for a, d := range p.Domain {
			grid[a] = offPoints(d, 150)
		}
		r := make([]float64, gridSize(grid))
		if err := q.ResidualOn(r, grid); err != nil {
			t.Fatal(err)
		}
		f := make([]float64, len(r))
		ref := 0.0
		if p.Forcing != nil {
			if err := p.Forcing.On(f, grid); err != nil {
				t.Fatal(err)
			}
			ref = rms(f)
		} else { // relative to the largest term
			for a := range p.Terms {
				d := make([]int, p.Dim())
				d[a] = 1
				q.Mean(f, grid, d)
				c, _ := p.Terms[a].Coefficient.(Constant)
				ref = math.Max(ref, rms(f)*math.Abs(float64(c)))
			}
		}
		if got := rms(r) / ref; got < q.Residual/5 || got > q.Residual*5 {
			t.Errorf("%s: residual %.2e, the solver reports %.2e", name, got, q.Residual)
		}
	}
}

// The spectrum of sin 100x on [0, 2π] is one line at angular frequency 100, and the prior is large there alone.
func TestSpectrumFindsTheLine(t *testing.T) {
	p, o := readProblem(t, "problems/u1.toml")
	q, err := Solve(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	w, mean, prior, err := q.Spectrum(0)
	if err != nil {
		t.Fatal(err)
	}
	top := 0
	for k := range mean {
		if mean[k] > mean[top] {
			top = k
		}
	}
	if math.Abs(w[top]-100) > 1e-6 {
		t.Errorf("largest coefficient at frequency %g, expected 100", w[top])
	}
	for k := range prior {
		if math.Abs(w[k]-100) > 5 && prior[k] > 1e-3*prior[top] {
			t.Errorf("prior %.1e at frequency %g, %.1e at the line", prior[k], w[k], prior[top])
			break
		}
	}
	if _, _, _, err := q.Spectrum(1); err == nil {
		t.Error("an axis that the problem has not is no error")
	}
	if _, err := q.Kernels(); err == nil {
		t.Error("fdsm learns no kernels, but Kernels gives no error")
	}
}

func TestResidualOnDataNeedsTheirGrid(t *testing.T) {
	p := noisyProblem(t, 1, 63, 0.1, broadbandF, broadbandU, 1)
	q, err := Solve(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := make([]float64, len(p.Data.Values))
	if err := q.ResidualOn(r, p.Data.Grid); err != nil {
		t.Fatal(err)
	}
	if got := rms(r) / p.Noise; got < 0.8 || got > 1.2 {
		t.Errorf("the residual on the data is %.2f times the noise, expected about 1", got)
	}
	if err := q.ResidualOn(make([]float64, 100), [][]float64{offPoints(p.Domain[0], 10), offPoints(p.Domain[1], 10)}); err == nil {
		t.Error("a foreign grid is no error")
	}
}
