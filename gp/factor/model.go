package factor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/gp/lin"
)

// Form is the kind of factorisation.
type Form int

// The forms.
const (
	CP     Form = iota // Σ_r Π_k u^k_r
	Tucker             // Σ W_{r1…rK} Π_k u^k_{rk}
)

// Data are scattered entries of a function of K coordinates.
type Data struct {
	X [][]float64 // N rows of K coordinates
	Y []float64   // N values
}

// Options steers Fit. The zero value is a good default.
type Options struct {
	Form    Form
	Rank    int     // upper bound of the rank (per mode for Tucker); 0 is 5
	Kernel  Matern  // smoothness of the functions; ThreeHalves by default
	Starts  int     // starting points; 0 is 4
	Sweeps  int     // most sweeps over all modes once the rank is settled; 0 is 200
	Damping float64 // share of a new message that replaces the old one, in (0, 1]; 0 is 1: every update is the optimum given the rest
	Tol     float64 // relative change of the ELBO at which a fit has converged; 0 is 1e-6
}

// maxCore caps Rank^K of the Tucker form: the second moment of the core has its square of entries.
const maxCore = 1024

// Validate lists every fault.
func (o Options) Validate(modes int) error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("factor: "+format, args...)) }
	if o.Form != CP && o.Form != Tucker {
		fault("form %d, expected CP or Tucker", o.Form)
	}
	if o.Kernel < ThreeHalves || o.Kernel > FiveHalves {
		fault("kernel %d, expected Half, ThreeHalves or FiveHalves", o.Kernel)
	}
	if o.Rank < 0 || o.Starts < 0 || o.Sweeps < 0 {
		fault("rank %d, starts %d, sweeps %d, expected none below 0", o.Rank, o.Starts, o.Sweeps)
	}
	if !(o.Damping >= 0 && o.Damping <= 1) {
		fault("damping %g, expected 0 (the default) to 1", o.Damping)
	}
	if !(o.Tol >= 0) {
		fault("tolerance %g, expected 0 (the default) or more", o.Tol)
	}
	if r := o.withDefaults().Rank; o.Form == Tucker && math.Pow(float64(r), float64(modes)) > maxCore {
		fault("rank %d with %d modes makes a core of %g entries, expected at most %d: lower the rank or use CP", r, modes, math.Pow(float64(r), float64(modes)), maxCore)
	}
	return errors.Join(errs...)
}

func (o Options) withDefaults() Options {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&o.Rank, 5)
	set(&o.Starts, 4)
	set(&o.Sweeps, 200)
	if o.Damping == 0 {
		o.Damping = 1
	}
	if o.Tol == 0 {
		o.Tol = 1e-6
	}
	return o
}

// Validate lists every fault.
func (d Data) Validate() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("factor: "+format, args...)) }
	if len(d.X) != len(d.Y) || len(d.Y) < 2 {
		fault("%d rows of coordinates and %d values, expected as many of both and at least 2", len(d.X), len(d.Y))
		return errors.Join(errs...)
	}
	k := len(d.X[0])
	if k < 1 {
		fault("no coordinates")
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for n, row := range d.X {
		if len(row) != k {
			fault("entry %d has %d coordinates, expected %d as the first has", n, len(row), k)
			break
		}
		bad := slices.ContainsFunc(row, func(v float64) bool { return v-v != 0 })
		if bad || d.Y[n]-d.Y[n] != 0 {
			fault("entry %d: coordinates %v, value %g, expected finite numbers", n, row, d.Y[n])
			break
		}
		lo, hi = math.Min(lo, d.Y[n]), math.Max(hi, d.Y[n])
	}
	if lo == hi {
		fault("all values are %g: there is nothing to factorise", lo)
	}
	return errors.Join(errs...)
}

// Model is a fitted factorisation. Its methods are safe for concurrent use.
type Model struct {
	Form      Form
	Ranks     []int       // components kept per mode (equal for CP)
	Lengths   []float64   // learned length scale per mode, in the units of its coordinate
	Variance  [][]float64 // learned prior variance per mode and component; CP has all of it in mode 0
	Noise     float64     // standard deviation of the noise on y
	ELBO      float64     // evidence lower bound, of the start that won
	Starts    []float64   // ELBO of every start when the best was chosen
	Trace     []float64   // ELBO after every sweep of the start that won; since it was last balanced (Tucker) or lost a component for good
	Converged bool

	f             *fit
	shift, scale  float64   // y = shift + scale·(standardised)
	origin, width []float64 // per mode: x = origin + width·(standardised)
}

// Fit factorises the data. rng chooses the starting points; results do not depend on the number of threads.
func Fit(ctx context.Context, d Data, o Options, rng *rand.Rand) (m *Model, err error) {
	defer eddy.Recover(&err)
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if err := o.Validate(len(d.X[0])); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	m = &Model{Form: o.Form}
	entries := m.standardise(d)
	var best *fit
	for range o.Starts {
		f := newFit(entries, o, rng)
		for range explore {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			f.sweep()
		}
		m.Starts = append(m.Starts, f.elbo())
		if best == nil || f.elbo() > best.elbo() {
			best = f
		}
	}
	if _, err := best.settle(ctx, explore); err != nil {
		return nil, err
	}
	// two components can share what one could say, an optimum of its own: fewer of them are taken where the bound prefers that
	for best.core == nil && len(best.modes[0].variance) > 1 {
		f := best.without()
		if _, err := f.settle(ctx, 2*explore); err != nil {
			return nil, err
		}
		if f.elbo() < best.elbo() {
			break
		}
		best = f
	}
	best.fine = true
	if m.Converged, err = best.settle(ctx, o.Sweeps); err != nil {
		return nil, err
	}
	m.f = best
	m.report()
	return m, nil
}

// settle sweeps until the bound has changed little three times, at most limit times.
func (f *fit) settle(ctx context.Context, limit int) (converged bool, err error) {
	calm := 0
	for s := 0; s < limit && calm < 3; s++ {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		before := f.elbo()
		f.sweep()
		if math.Abs(f.elbo()-before) <= f.o.Tol*math.Max(math.Abs(f.elbo()), float64(len(f.e.y))) {
			calm++
		} else {
			calm = 0
		}
	}
	return calm == 3, nil
}

// explore is how many sweeps a start has to prove itself.
const explore = 14

// entries are standardised data with, per mode, the sorted distinct coordinates and the entries at each.
type entries struct {
	y     []float64
	at    [][]int     // per mode: index of every entry's coordinate
	x     [][]float64 // per mode: distinct coordinates
	lists [][][]int   // per mode and coordinate: entries
}

func (m *Model) standardise(d Data) *entries {
	n, k := len(d.Y), len(d.X[0])
	e := &entries{y: make([]float64, n)}
	for _, v := range d.Y {
		m.shift += v / float64(n)
	}
	for _, v := range d.Y {
		m.scale += (v - m.shift) * (v - m.shift) / float64(n)
	}
	// a product of functions has no constant: the mean stays in where it is small, so that a low rank stays low
	if m.shift*m.shift < m.scale {
		m.scale += m.shift * m.shift
		m.shift = 0
	}
	m.scale = math.Sqrt(m.scale)
	for i, v := range d.Y {
		e.y[i] = (v - m.shift) / m.scale
	}
	for a := range k {
		col := make([]float64, n)
		for i, row := range d.X {
			col[i] = row[a]
		}
		x := slices.Clone(col)
		slices.Sort(x)
		x = slices.Compact(x)
		origin, width := x[0], x[len(x)-1]-x[0]
		if width == 0 {
			width = 1
		}
		at, lists := make([]int, n), make([][]int, len(x))
		for i, v := range col {
			at[i], _ = slices.BinarySearch(x, v)
			lists[at[i]] = append(lists[at[i]], i)
		}
		for i := range x {
			x[i] = (x[i] - origin) / width
		}
		m.origin, m.width = append(m.origin, origin), append(m.width, width)
		e.at, e.x, e.lists = append(e.at, at), append(e.x, x), append(e.lists, lists)
	}
	return e
}

// report fills the public fields.
func (m *Model) report() {
	f := m.f
	for k, c := range f.modes {
		m.Ranks = append(m.Ranks, len(c.variance))
		m.Lengths = append(m.Lengths, c.length*m.width[k])
		m.Variance = append(m.Variance, slices.Clone(c.variance))
	}
	for r := range m.Variance[0] {
		m.Variance[0][r] *= m.scale * m.scale
	}
	m.Noise = m.scale / math.Sqrt(f.tau())
	m.ELBO, m.Trace = f.elbo(), f.trace
}

// Predict writes mean and variance of the function (without the noise) at rows of coordinates, seen or not; variance may be nil.
func (m *Model) Predict(mean, variance []float64, x [][]float64) error {
	if len(mean) != len(x) || variance != nil && len(variance) != len(x) {
		return fmt.Errorf("factor: Predict: %d means and %d variances for %d points", len(mean), len(variance), len(x))
	}
	k := len(m.f.modes)
	type moments struct {
		mean   []float64
		second lin.Matrix
	}
	seen := make([]map[float64]moments, k) // coordinates repeat
	for a := range seen {
		seen[a] = map[float64]moments{}
	}
	us, ss := make([][]float64, k), make([]lin.Matrix, k)
	for i, row := range x {
		if len(row) != k {
			return fmt.Errorf("factor: Predict: point %d has %d coordinates, expected %d", i, len(row), k)
		}
		for a, v := range row {
			if v-v != 0 {
				return fmt.Errorf("factor: Predict: point %d: coordinate %g, expected a finite number", i, v)
			}
			w, ok := seen[a][v]
			if !ok {
				u, c := m.f.modes[a].at((v - m.origin[a]) / m.width[a])
				w = moments{u, plus(c, u)}
				seen[a][v] = w
			}
			us[a], ss[a] = w.mean, w.second
		}
		e, e2 := m.f.product(us, ss, variance != nil)
		mean[i] = m.shift + m.scale*e
		if variance != nil {
			variance[i] = m.scale * m.scale * math.Max(e2-e*e, 0)
		}
	}
	return nil
}

// Component evaluates the posterior mean and standard deviation of one function at coordinates of its mode. For CP the functions of mode 0 carry the scale of y.
func (m *Model) Component(mode, r int, x []float64) (mean, std []float64, err error) {
	if mode < 0 || mode >= len(m.Ranks) || r < 0 || r >= m.Ranks[mode] {
		return nil, nil, fmt.Errorf("factor: Component: mode %d, component %d, the model has ranks %v", mode, r, m.Ranks)
	}
	scale := 1.0
	if mode == 0 {
		scale = m.scale
	}
	for _, v := range x {
		u, c := m.f.modes[mode].at((v - m.origin[mode]) / m.width[mode])
		mean, std = append(mean, scale*u[r]), append(std, scale*math.Sqrt(math.Max(c.At(r, r), 0)))
	}
	return mean, std, nil
}

// plus is C + u uᵀ.
func plus(c lin.Matrix, u []float64) lin.Matrix {
	out := c.Clone()
	for i := range u {
		lin.Axpy(out.Row(i), u[i], u)
	}
	return out
}
