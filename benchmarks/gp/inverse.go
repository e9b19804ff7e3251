package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"github.com/eddy-pde/eddy/gp"
)

// inverseResult is one way to solve one inverse task: an error per seed, of the solution (relative L2) or of the wavenumber (absolute).
type inverseResult struct {
	Task, Method string
	Errors       []float64
	Covered      []bool // the 95 % interval holds the truth; GP only
}

// inverseTable collects errors by task and method in the order in which they come.
type inverseTable []inverseResult

func (t *inverseTable) at(task, method string) *inverseResult {
	for i := range *t {
		if r := &(*t)[i]; r.Task == task && r.Method == method {
			return r
		}
	}
	*t = append(*t, inverseResult{Task: task, Method: method})
	return &(*t)[len(*t)-1]
}

func (t *inverseTable) add(task, method string, err float64) {
	r := t.at(task, method)
	r.Errors = append(r.Errors, err)
}

const fdsmMethod = "fdsm"

func measureInverse(ctx context.Context) (any, error) {
	limitThreads(2)
	var t inverseTable
	for seed := range *seeds {
		if err := missingPatch(ctx, &t, uint64(seed)); err != nil {
			return nil, fmt.Errorf("missing patch, seed %d: %w", seed, err)
		}
		if err := sensors(ctx, &t, uint64(seed)); err != nil {
			return nil, fmt.Errorf("sensors, seed %d: %w", seed, err)
		}
		if err := wavenumber(ctx, &t, uint64(seed)); err != nil {
			return nil, fmt.Errorf("wavenumber, seed %d: %w", seed, err)
		}
	}
	return t, nil
}

// missingPatch takes a patch of 22 by 22 values, 3 % of them, out of the noisy forcing of the broadband task. The classical regularisations fill it with zeros, or by Papoulis and
// Gerchberg's iteration: with the forcing of the last solution.
func missingPatch(ctx context.Context, t *inverseTable, seed uint64) error {
	const task, side, rounds = "missing patch", 22, 30
	b := noiseTasks[slices.IndexFunc(noiseTasks, func(n noiseTask) bool { return n.name == "broadband" })]
	p, err := b.noisy(seed)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(seed, 0x7061746368))
	x, y := rng.IntN(b.n-side), rng.IntN(b.n-side)
	gap := make([]int, 0, side*side)
	for i := x; i < x+side; i++ {
		for j := y; j < y+side; j++ {
			gap = append(gap, i*b.n+j)
		}
	}
	values := p.Data.Values
	with := func(fill []float64) *gp.Problem {
		d, q := *p.Data, *p
		d.Values = slices.Clone(values)
		for k, at := range gap {
			d.Values[at] = fill[k]
		}
		q.Data = &d
		return &q
	}
	score := func(method string, q *gp.Posterior) error {
		e, err := q.RelL2(p.Exact, p.ReportGrid())
		t.add(task, method, e)
		return err
	}
	holes := make([]float64, len(gap))
	for k := range holes {
		holes[k] = math.NaN()
	}
	unknown := with(holes)
	unknown.Noise = gp.LearnNoise
	q, err := gp.Solve(ctx, unknown, gp.Options{})
	if err != nil {
		return err
	}
	if err := score(fdsmMethod, q); err != nil {
		return err
	}
	for _, m := range []string{gp.TikhonovDiscrepancy, gp.TruncationDiscrepancy, gp.Threshold} {
		fill := make([]float64, len(gap))
		for round := range rounds {
			r, err := gp.Regularise(with(fill), m)
			if err != nil {
				return err
			}
			if round == 0 {
				if err := score(m+", zeros", r); err != nil {
					return err
				}
			}
			if round == rounds-1 {
				if err := score(m+", iterated", r); err != nil {
					return err
				}
			}
			laplacian := make([]float64, len(values))
			second := make([]float64, len(values))
			r.Mean(laplacian, p.Data.Grid, []int{2, 0})
			r.Mean(second, p.Data.Grid, []int{0, 2})
			for k, at := range gap {
				fill[k] = laplacian[at] + second[at]
			}
		}
	}
	return nil
}

// line is u” + k² u = f on [0, 1] with u = sin 25x e^x: noisy values of f at inner points and noisy sensors of u.
type line struct {
	x, f        []float64
	noise       float64
	at, u       []float64
	sensorNoise float64
}

const (
	lineWavenumber = 7.3
	linePoints     = 200
)

func lineExact(x float64) float64 { return math.Sin(25*x) * math.Exp(x) }

func newLine(seed uint64, noise float64, sensors int) line {
	l := line{noise: noise, sensorNoise: 0.01}
	rng := rand.New(rand.NewPCG(seed, 0x6c696e65))
	for k := range linePoints {
		x := float64(k+1) / (linePoints + 1)
		f := math.Exp(x)*(50*math.Cos(25*x)-624*math.Sin(25*x)) + lineWavenumber*lineWavenumber*lineExact(x)
		l.x, l.f = append(l.x, x), append(l.f, f+noise*rng.NormFloat64())
	}
	for range sensors {
		x := rng.Float64()
		l.at, l.u = append(l.at, x), append(l.u, lineExact(x)+l.sensorNoise*rng.NormFloat64())
	}
	return l
}

func (l line) problem(wavenumber float64, sensed bool) *gp.Problem {
	exact := gp.FieldFunc(func(x []float64) float64 { return lineExact(x[0]) })
	p := &gp.Problem{
		Domain: []gp.Interval{{Lo: 0, Hi: 1}}, Points: []int{linePoints}, Exact: exact, Noise: l.noise,
		Terms: []gp.Term{{Axis: 0, Order: 2, Coefficient: gp.Constant(1)}, {Axis: 0, Order: 0, Coefficient: gp.Constant(wavenumber * wavenumber)}},
		Data:  &gp.Data{Grid: [][]float64{l.x}, Values: l.f},
		Boundary: []gp.Boundary{
			{Axis: 0, Side: gp.Lo, Kind: gp.Dirichlet, Value: exact},
			{Axis: 0, Side: gp.Hi, Kind: gp.Dirichlet, Value: exact},
		},
	}
	if sensed {
		for i, x := range l.at {
			p.Sensors = append(p.Sensors, gp.Sensor{X: []float64{x}, Value: l.u[i], Noise: l.sensorNoise})
		}
	}
	return p
}

// fit is a regularised least-squares solution u = lift + Σ c_k sin kπx of the line's equation.
type fit struct{ c []float64 }

func lineLift(x float64) float64 { return x * lineExact(1) }

func (f fit) at(x float64) float64 {
	u := lineLift(x)
	for i, c := range f.c {
		u += c * math.Sin(float64(i+1)*math.Pi*x)
	}
	return u
}

// relL2 is the relative error on 1001 points.
func (f fit) relL2() float64 {
	var num, den float64
	for i := range 1001 {
		x := float64(i) / 1000
		d := f.at(x) - lineExact(x)
		num, den = num+d*d, den+lineExact(x)*lineExact(x)
	}
	return math.Sqrt(num / den)
}

// leastSquares fits forcing and, where sensed, sensors, each in units of its noise, with the regularisation that leaves a residual of the size of the noise (the
// discrepancy principle): Tikhonov's penalty α‖c‖², or the lowest singular values left out.
func (l line) leastSquares(wavenumber float64, sensed, truncated bool) (fit, error) {
	rows := len(l.x)
	if sensed {
		rows += len(l.at)
	}
	a, b := mat.NewDense(rows, linePoints, nil), make([]float64, rows)
	for i, x := range l.x {
		b[i] = (l.f[i] - wavenumber*wavenumber*lineLift(x)) / l.noise
		for k := range linePoints {
			kappa := float64(k+1) * math.Pi
			a.Set(i, k, (wavenumber*wavenumber-kappa*kappa)*math.Sin(kappa*x)/l.noise)
		}
	}
	for i := len(l.x); i < rows; i++ {
		x := l.at[i-len(l.x)]
		b[i] = (l.u[i-len(l.x)] - lineLift(x)) / l.sensorNoise
		for k := range linePoints {
			a.Set(i, k, math.Sin(float64(k+1)*math.Pi*x)/l.sensorNoise)
		}
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		return fit{}, fmt.Errorf("the singular values at wavenumber %g do not converge", wavenumber)
	}
	s := svd.Values(nil)
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	ub := mat.NewVecDense(len(s), nil)
	ub.MulVec(u.T(), mat.NewVecDense(rows, b))
	outside := 0.0 // of b, beyond the columns' reach
	for _, x := range b {
		outside += x * x
	}
	for i := range s {
		outside -= ub.AtVec(i) * ub.AtVec(i)
	}
	keep := tikhonovFactors(s, ub, outside, float64(rows))
	if truncated {
		keep = truncationFactors(s, ub, outside, float64(rows))
	}
	scaled := mat.NewVecDense(len(s), nil)
	for i := range s {
		scaled.SetVec(i, keep[i]*ub.AtVec(i)/s[i])
	}
	c := mat.NewVecDense(linePoints, nil)
	c.MulVec(&v, scaled)
	return fit{c.RawVector().Data}, nil
}

// tikhonovFactors are s²/(s²+α) for the α at which the squared residual is its expectation.
func tikhonovFactors(s []float64, ub *mat.VecDense, outside, expected float64) []float64 {
	factors := func(alpha float64) ([]float64, float64) {
		keep, residual := make([]float64, len(s)), outside
		for i, v := range s {
			keep[i] = v * v / (v*v + alpha)
			residual += (1 - keep[i]) * (1 - keep[i]) * ub.AtVec(i) * ub.AtVec(i)
		}
		return keep, residual
	}
	lo, hi := math.Log(1e-12*s[0]*s[0]), math.Log(1e12*s[0]*s[0])
	for range 100 {
		mid := (lo + hi) / 2
		if _, r := factors(math.Exp(mid)); r < expected {
			lo = mid
		} else {
			hi = mid
		}
	}
	keep, _ := factors(math.Exp(lo))
	return keep
}

// truncationFactors keep as few of the largest singular values as bring the squared residual to its expectation.
func truncationFactors(s []float64, ub *mat.VecDense, outside, expected float64) []float64 {
	keep, residual := make([]float64, len(s)), outside
	for i := range s {
		residual += ub.AtVec(i) * ub.AtVec(i)
	}
	for i := range s {
		if residual <= expected {
			break
		}
		keep[i] = 1
		residual -= ub.AtVec(i) * ub.AtVec(i)
	}
	return keep
}

// classical names the two regularisations of leastSquares.
var classical = []struct {
	name      string
	truncated bool
}{{"tikhonov, discrepancy", false}, {"truncation, discrepancy", true}}

// sensors has eight of them for the eight half-waves of u, below the Nyquist rate, and a forcing known only roughly.
func sensors(ctx context.Context, t *inverseTable, seed uint64) error {
	l := newLine(seed, 60, 8)
	for _, sensed := range []bool{false, true} {
		task := map[bool]string{false: "rough forcing alone", true: "rough forcing and 8 sensors"}[sensed]
		p := l.problem(lineWavenumber, sensed)
		q, err := gp.Solve(ctx, p, gp.Options{})
		if err != nil {
			return err
		}
		e, err := q.RelL2(p.Exact, p.ReportGrid())
		if err != nil {
			return err
		}
		t.add(task, fdsmMethod, e)
		for _, c := range classical {
			f, err := l.leastSquares(lineWavenumber, sensed, c.truncated)
			if err != nil {
				return err
			}
			t.add(task, c.name, f.relL2())
		}
	}
	return nil
}

// wavenumber is sought between 6.5 and 8.5 from forcing and twelve sensors. The classical answer is the one whose regularised solution, of the forcing alone, fits the
// sensors best.
func wavenumber(ctx context.Context, t *inverseTable, seed uint64) error {
	const task, lo, hi, scan = "unknown wavenumber", 6.5, 8.5, 11
	l := newLine(seed, 5, 12)
	f, err := gp.FitCoefficient(ctx, func(k float64) *gp.Problem { return l.problem(k, true) }, lo, hi, scan, gp.Options{Starts: 2})
	if err != nil {
		return err
	}
	t.add(task, fdsmMethod, math.Abs(f.Value-lineWavenumber))
	r := t.at(task, fdsmMethod)
	r.Covered = append(r.Covered, math.Abs(f.Value-lineWavenumber) <= 1.96*f.Std)
	for _, c := range classical {
		best, at := math.Inf(1), 0.0
		for from, to, steps := lo, hi, 40; to-from > 1e-4; {
			step := (to - from) / float64(steps)
			for i := range steps + 1 {
				k := from + float64(i)*step
				u, err := l.leastSquares(k, false, c.truncated)
				if err != nil {
					return err
				}
				misfit := 0.0
				for s, x := range l.at {
					d := u.at(x) - l.u[s]
					misfit += d * d
				}
				if misfit < best {
					best, at = misfit, k
				}
			}
			from, to, steps = math.Max(lo, at-step), math.Min(hi, at+step), 10
		}
		t.add(task, c.name, math.Abs(at-lineWavenumber))
	}
	return nil
}

func writeInverse(w *bytes.Buffer, raw json.RawMessage) error {
	var t inverseTable
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	w.WriteString("\n## Inverse problems\n\nMean error over the seeds beside classical regularisations that are told the noise and use the same data. Missing patch: the broadband task without 22 × 22 of its values; the gap filled with zeros, or thirty times " +
		"with the forcing of the last solution (Papoulis and Gerchberg). Sensors: u” + 7.3² u = f with u = sin 25x eˣ, noise of 60 on a forcing of rms 800, sensors of u with noise 0.01; least squares over 200 sines. Unknown wavenumber: noise of 5, twelve sensors; the " +
		"error is that of the wavenumber, 7.3. `wins` counts the seeds on which fdsm is better than that method.\n\n| task | method | seeds | error | wins | 95 % intervals hold the truth |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range t {
		own := t.at(r.Task, fdsmMethod)
		wins, covered := "", ""
		if r.Method != fdsmMethod {
			n := 0
			for i, e := range r.Errors {
				if own.Errors[i] < e {
					n++
				}
			}
			wins = strconv.Itoa(n)
		}
		if len(r.Covered) > 0 {
			n := 0
			for _, c := range r.Covered {
				if c {
					n++
				}
			}
			covered = fmt.Sprintf("%d of %d", n, len(r.Covered))
		}
		fmt.Fprintf(w, "| %s | %s | %d | %.2e | %s | %s |\n", r.Task, r.Method, len(r.Errors), mean(r.Errors), wins, covered)
	}
	return nil
}
