package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/eddy-pde/eddy/gp"
)

// noiseTask is Poisson's equation with Dirichlet data from the exact solution and noisy values of the forcing on an inner grid.
type noiseTask struct {
	name, forcing, exact string
	length               float64
	n                    int
}

var noiseTasks = []noiseTask{
	{"u6", "-20000*sin(100*x)*sin(100*y)", "sin(100*x)*sin(100*y)", 2 * math.Pi, 255},
	{"multiscale", "-34*sin(3*x)*sin(5*y) - 320*sin(40*x)*sin(40*y) - 1000*sin(100*x)*sin(100*y)", "sin(3*x)*sin(5*y) + 0.1*sin(40*x)*sin(40*y) + 0.05*sin(100*x)*sin(100*y)", 2 * math.Pi, 255},
	{
		"broadband", "exp(sin(20*x))*((400*cos(20*x)^2 - 400*sin(20*x))*cos(15*y + x*y) - 40*cos(20*x)*y*sin(15*y + x*y) - (y^2 + (15 + x)^2)*cos(15*y + x*y))",
		"exp(sin(20*x))*cos(15*y + x*y)", 1, 127,
	},
	{"chirp", "60*cos(30*x^2 + 20*y) - (3600*x^2 + 400)*sin(30*x^2 + 20*y)", "sin(30*x^2 + 20*y)", 1, 127},
}

// noisy makes the problem with noise of a tenth of the forcing's rms.
func (t noiseTask) noisy(seed uint64) (*gp.Problem, error) {
	f, err := gp.ParseField(t.forcing, 2)
	if err != nil {
		return nil, err
	}
	u, err := gp.ParseField(t.exact, 2)
	if err != nil {
		return nil, err
	}
	p := &gp.Problem{
		Domain: []gp.Interval{{Hi: t.length}, {Hi: t.length}}, Points: []int{t.n, t.n}, Exact: u,
		Terms: []gp.Term{{Axis: 0, Order: 2, Coefficient: gp.Constant(1)}, {Axis: 1, Order: 2, Coefficient: gp.Constant(1)}},
	}
	grid := make([][]float64, 2)
	for a := range grid {
		for _, s := range []gp.Side{gp.Lo, gp.Hi} {
			p.Boundary = append(p.Boundary, gp.Boundary{Axis: a, Side: s, Kind: gp.Dirichlet, Value: u})
		}
		for k := range t.n {
			grid[a] = append(grid[a], t.length*float64(k+1)/float64(t.n+1))
		}
	}
	d := &gp.Data{Grid: grid, Values: make([]float64, t.n*t.n)}
	if err := f.On(d.Values, grid); err != nil {
		return nil, err
	}
	s := 0.0
	for _, v := range d.Values {
		s += v * v
	}
	p.Noise = 0.1 * math.Sqrt(s/float64(len(d.Values)))
	rng := rand.New(rand.NewPCG(seed, 0x6e6f697365))
	for i := range d.Values {
		d.Values[i] += p.Noise * rng.NormFloat64()
	}
	p.Data = d
	return p, nil
}

// modes counts the sine coefficients of the exact forcing that are above the noise.
func (t noiseTask) modes() (int, error) {
	f, err := gp.ParseField(t.forcing, 2)
	if err != nil {
		return 0, err
	}
	x := make([]float64, t.n)
	for k := range x {
		x[k] = t.length * float64(k+1) / float64(t.n+1)
	}
	v := make([]float64, t.n*t.n)
	if err := f.On(v, [][]float64{x, x}); err != nil {
		return 0, err
	}
	power := 0.0
	for _, a := range v {
		power += a * a / float64(len(v))
	}
	dst, line := fourier.NewDST(t.n), make([]float64, t.n)
	for i := range t.n {
		dst.Transform(v[i*t.n:(i+1)*t.n], v[i*t.n:(i+1)*t.n])
	}
	count := 0
	for j := range t.n {
		for i := range line {
			line[i] = v[i*t.n+j]
		}
		dst.Transform(line, line)
		for _, a := range line {
			// the transform of gonum is twice the sine sum: white noise of variance s gives 4 (n+1)² s
			if a*a > 4*float64((t.n+1)*(t.n+1))*0.01*power {
				count++
			}
		}
	}
	return count, nil
}

type noiseResult struct {
	Task    string
	Error   []float64            // per seed
	Noise   []float64            // learned over true, per seed
	Others  map[string][]float64 // baseline → errors per seed
	Seconds float64
	Start   string
	Modes   int // sine coefficients of the exact forcing above the noise: the modes that matter
}

func measureNoise(ctx context.Context) (any, error) {
	limitThreads(2)
	var out []noiseResult
	for _, t := range noiseTasks {
		modes, err := t.modes()
		if err != nil {
			return nil, err
		}
		r := noiseResult{Task: t.name, Others: map[string][]float64{}, Modes: modes}
		for seed := range *seeds {
			p, err := t.noisy(uint64(seed))
			if err != nil {
				return nil, err
			}
			unknown := *p
			unknown.Noise = gp.LearnNoise
			q, err := gp.Solve(ctx, &unknown, gp.Options{})
			if err != nil {
				return nil, err
			}
			e, err := q.RelL2(p.Exact, p.ReportGrid())
			if err != nil {
				return nil, err
			}
			ev, err := q.Evidence()
			if err != nil {
				return nil, err
			}
			r.Error, r.Noise, r.Start = append(r.Error, e), append(r.Noise, q.Noise/p.Noise), ev.Start
			r.Seconds += q.Seconds / float64(*seeds)
			for _, m := range gp.Baselines() {
				b, err := gp.Regularise(p, m)
				if err != nil {
					return nil, err
				}
				if e, err = b.RelL2(p.Exact, p.ReportGrid()); err != nil {
					return nil, err
				}
				r.Others[m] = append(r.Others[m], e)
			}
		}
		out = append(out, r)
	}
	return out, nil
}

func mean(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

func writeNoise(w *bytes.Buffer, raw json.RawMessage) error {
	var rs []noiseResult
	if err := json.Unmarshal(raw, &rs); err != nil {
		return err
	}
	w.WriteString("\n## Noisy forcing\n\nWhite noise of 10 % of the forcing's rms on its values; mean relative L2 error over the seeds, in the same eigenbasis. The Gaussian process learns the noise; discrepancy principle and threshold " +
		"are given its true level. \"multiscale\" is sin 3x sin 5y + 0.1 sin 40x sin 40y + 0.05 sin 100x sin 100y, \"broadband\" exp(sin 20x) cos(15y + xy), \"chirp\" sin(30x² + 20y).\n\n| task | modes | seeds | fdsm | wins |")
	for _, m := range gp.Baselines() {
		fmt.Fprintf(w, " %s |", m)
	}
	w.WriteString(" learned/true noise | spectrum | time |\n|" + strings.Repeat(" --- |", 8+len(gp.Baselines())) + "\n")
	for _, r := range rs {
		wins := 0
		for s, e := range r.Error {
			best := math.Inf(1)
			for _, v := range r.Others {
				best = math.Min(best, v[s])
			}
			if e < best {
				wins++
			}
		}
		fmt.Fprintf(w, "| %s | %d | %d | **%.2e** | %d |", r.Task, r.Modes, len(r.Error), mean(r.Error), wins)
		for _, m := range gp.Baselines() {
			fmt.Fprintf(w, " %.2e |", mean(r.Others[m]))
		}
		fmt.Fprintf(w, " %.4f | %s | %s |\n", mean(r.Noise), r.Start, duration(r.Seconds))
	}
	w.WriteString("\n`modes` counts the coefficients of the exact forcing above the noise, `wins` the seeds on which fdsm is below every baseline.\n\nOn the broadband problems, seed by seed: error of a baseline less that of fdsm, mean ± standard error.\n\n| task |")
	for _, m := range gp.Baselines() {
		fmt.Fprintf(w, " %s |", m)
	}
	w.WriteString("\n|" + strings.Repeat(" --- |", 1+len(gp.Baselines())) + "\n")
	for _, r := range rs[2:] {
		fmt.Fprintf(w, "| %s |", r.Task)
		for _, m := range gp.Baselines() {
			d := make([]float64, len(r.Error))
			for s, e := range r.Error {
				d[s] = r.Others[m][s] - e
			}
			mu, square := mean(d), 0.0
			for _, v := range d {
				square += (v - mu) * (v - mu)
			}
			n := float64(len(d))
			fmt.Fprintf(w, " %.1e ± %.1e |", mu, math.Sqrt(square/(n-1)/n))
		}
		w.WriteString("\n")
	}
	return nil
}

type calibrationResult struct {
	Task     string
	Seeds    int
	Coverage float64
	PIT      [10]int
}

// measureBroadCalibration and measureLineCalibration pool pointwise 95 % intervals over seeds and an inner grid: 20 seeds of the broadband problems, 400 of u6, whose errors are those of one coefficient and so
// much alike within a seed.
func measureBroadCalibration(ctx context.Context) (any, error) {
	var out []calibrationResult
	for _, t := range noiseTasks[2:] {
		r, err := calibrate(ctx, t, *seeds)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func measureLineCalibration(ctx context.Context) (any, error) {
	t := noiseTasks[0]
	t.n = 223
	r, err := calibrate(ctx, t, 20**seeds)
	return []calibrationResult{r}, err
}

func calibrate(ctx context.Context, t noiseTask, seeds int) (calibrationResult, error) {
	limitThreads(2)
	r := calibrationResult{Task: t.name, Seeds: seeds}
	grid := make([][]float64, 2)
	for a := range grid {
		for k := range 61 {
			grid[a] = append(grid[a], t.length*(float64(k)+0.37)/61)
		}
	}
	n := len(grid[0]) * len(grid[1])
	m, std, exact := make([]float64, n), make([]float64, n), make([]float64, n)
	in, all := 0, 0
	for seed := range seeds {
		p, err := t.noisy(uint64(1000 + seed))
		if err != nil {
			return r, err
		}
		p.Noise = gp.LearnNoise
		q, err := gp.Solve(ctx, p, gp.Options{})
		if err != nil {
			return r, err
		}
		q.Mean(m, grid, nil)
		if err := q.Std(std, grid); err != nil {
			return r, err
		}
		if err := p.Exact.On(exact, grid); err != nil {
			return r, err
		}
		for i := range m {
			z := (exact[i] - m[i]) / std[i]
			all++
			if math.Abs(z) <= 1.959964 {
				in++
			}
			r.PIT[min(9, int(10*0.5*math.Erfc(-z/math.Sqrt2)))]++
		}
	}
	r.Coverage = float64(in) / float64(all)
	return r, nil
}

func writeCalibration(w *bytes.Buffer, raw json.RawMessage) error {
	w.WriteString("\n## Calibration\n\nPooled coverage of pointwise 95 % intervals (noise level learned) and the histogram of the probability integral transform in ten bins, which is flat at 10 % for a calibrated posterior.\n\n" +
		"| task | seeds | coverage | PIT, % per bin |\n| --- | --- | --- | --- |\n")
	return writeCalibrationRows(w, raw)
}

// writeLineCalibration adds the row of u6 and the plot of all.
func writeLineCalibration(w *bytes.Buffer, raw json.RawMessage) error {
	if err := writeCalibrationRows(w, raw); err != nil {
		return err
	}
	var all, own []calibrationResult
	if err := errors.Join(readResults("calibration", &all), json.Unmarshal(raw, &own)); err != nil {
		return err
	}
	w.WriteString("\n![Histograms of the probability integral transform](gp/calibration.svg)\n")
	return histograms(filepath.Join(*folder, "calibration.svg"), append(all, own...))
}

func writeCalibrationRows(w *bytes.Buffer, raw json.RawMessage) error {
	var rs []calibrationResult
	if err := json.Unmarshal(raw, &rs); err != nil {
		return err
	}
	for _, r := range rs {
		total := 0
		for _, c := range r.PIT {
			total += c
		}
		var bins []string
		for _, c := range r.PIT {
			bins = append(bins, fmt.Sprintf("%.1f", 100*float64(c)/float64(total)))
		}
		fmt.Fprintf(w, "| %s | %d | %.1f %% | %s |\n", r.Task, r.Seeds, 100*r.Coverage, strings.Join(bins, " "))
	}
	return nil
}
