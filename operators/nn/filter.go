package nn

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// Filter multiplies the Fourier coefficients of every field x [B, C, X…], taken as periodic, by real numbers: factor(axis, k) for wavenumbers k = 0 … N/2 of each axis, their product
// where there are several. Positive and negative wavenumbers have the same factor, so the result is real and the filter its own adjoint.
func Filter(x *gorgonia.Node, factor func(axis, k int) float64) *gorgonia.Node {
	if is32(x) {
		return filter[float32](x, factor)
	}
	return filter[float64](x, factor)
}

func filter[T kernel.Float](x *gorgonia.Node, factor func(axis, k int) float64) *gorgonia.Node {
	B, c, points := field("Filter", x)
	size := x.Shape()[2:]
	responses := make([][]T, len(size))
	for a, n := range size {
		responses[a] = response[T](n, func(k int) float64 { return factor(a, k) })
	}
	o := operation[T]{name: "Filter", shape: x.Shape()}
	o.run = func(y []T, in [][]T) {
		rows(B*c, func(r int) {
			from, to := y[r*points:(r+1)*points], in[0][r*points:(r+1)*points]
			copy(from, to)
			filterAxes(from, size, responses)
		})
	}
	o.adjoint = func(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes { return gorgonia.Nodes{Filter(dy, factor)} }
	return apply(o, x)
}

// response is what a filter of n points makes of one at point 0 and zeros: Σ_k f(|k|)·cos(2πkd/n)/n over all n wavenumbers.
func response[T kernel.Float](n int, f func(k int) float64) []T {
	c := make([]T, n)
	for d := range c {
		sum := 0.0
		for k := range n {
			sum += f(min(k, n-k)) * math.Cos(2*math.Pi*float64(k*d%n)/float64(n))
		}
		c[d] = T(sum / float64(n))
	}
	return c
}

// filterAxes convolves a field with the responses, axis by axis, in place.
func filterAxes[T kernel.Float](u []T, size []int, responses [][]T) {
	stride := eddy.Size(size)
	for a, n := range size {
		stride /= n
		line := make([]T, 2*n) // twice the line, so that no index has to wrap
		for start := range u {
			if start/stride%n != 0 {
				continue
			}
			for i := range n {
				line[i] = u[start+i*stride]
				line[n+i] = line[i]
			}
			for i := range n {
				// y[i] = Σ_d c[d]·u[i−d]; c is even, so Σ_d c[d]·u[i+d] is the same.
				var sum T
				part := line[i : i+n]
				for d, v := range responses[a] {
					sum += v * part[d]
				}
				u[start+i*stride] = sum
			}
		}
	}
}
