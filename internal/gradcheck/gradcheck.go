// Package gradcheck compares hand-written gradients with differences of the function itself, in float64.
package gradcheck

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Options say how sharp a check is. The zero value checks every entry with the defaults.
type Options struct {
	// Step is the distance h of the five-point stencil; 0 means 1e-3. The error of the stencil is h⁴/30·f⁽⁵⁾ from truncation and about 2·10⁻¹⁶·|f|/h from
	// rounding, so inputs and derivatives should be of order one.
	Step float64
	// Tol is the largest difference allowed, relative to the largest entry of the gradient; 0 means 1e-8.
	Tol float64
	// Entries is how many entries to check, chosen at random; 0 means all.
	Entries int
	// Seed chooses them.
	Seed uint64
}

// Check compares grad with central differences of f along the entries of x. f reads x, which Check changes and restores. The error names the worst entry.
func Check(f func() float64, x, grad []float64, o Options) error {
	if len(x) != len(grad) {
		return fmt.Errorf("gradcheck: %d gradients for %d values", len(grad), len(x))
	}
	h, tol := o.Step, o.Tol
	if h == 0 {
		h = 1e-3
	}
	if tol == 0 {
		tol = 1e-8
	}
	var scale float64
	for _, g := range grad {
		scale = math.Max(scale, math.Abs(g))
	}
	worst, at, found := 0.0, -1, 0.0
	for _, i := range o.choose(len(x)) {
		d := derivative(f, &x[i], h)
		scale = math.Max(scale, math.Abs(d))
		if e := math.Abs(d - grad[i]); e > worst || math.IsNaN(e) {
			worst, at, found = e, i, d
			if math.IsNaN(e) {
				break
			}
		}
	}
	if at >= 0 && !(worst <= tol*scale) {
		return fmt.Errorf("gradcheck: entry %d of %d: gradient %.12g, differences give %.12g: off by %.3g of the largest entry, expected at most %.3g",
			at, len(x), grad[at], found, worst/scale, tol)
	}
	return nil
}

// choose lists the entries to check.
func (o Options) choose(n int) []int {
	order := rand.New(rand.NewPCG(o.Seed, 0x67726164)).Perm(n)
	if o.Entries > 0 && o.Entries < n {
		return order[:o.Entries]
	}
	return order
}

// derivative is the five-point estimate (f(−2h) − 8f(−h) + 8f(h) − f(2h))/12h.
func derivative(f func() float64, x *float64, h float64) float64 {
	was := *x
	defer func() { *x = was }()
	at := func(d float64) float64 {
		*x = was + d
		return f()
	}
	return (at(-2*h) - 8*at(-h) + 8*at(h) - at(2*h)) / (12 * h)
}
