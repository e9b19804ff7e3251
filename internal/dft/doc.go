// Package dft computes discrete Fourier transforms in float64 for solvers, initial conditions and spectra.
//
// A transform of length N is, with coefficients of the field rather than sums over its samples,
//
//	Forward:  c[k] = (1/N) Σ_j u[j] e^{−2πi jk/N}
//	Inverse:  u[j] = Σ_k c[k] e^{+2πi jk/N}
//
// so the factor 1/N_total sits on the forward side, coefficients do not depend on the number of points, and Inverse undoes Forward. Along several axes the
// transforms compose.
//
// Complex arrays are [Planes]: real and imaginary parts apart, which lets the inner loops run over contiguous memory without shuffles. Frequencies stand in
// the usual order 0, 1, … ⌈N/2⌉−1, −⌊N/2⌋, … −1; a real transform keeps 0 … ⌊N/2⌋ of its last axis.
//
// # Method
//
// Mixed-radix Stockham passes (Cochran et al. 1967) over blocks of columns: the transformed axis is the outer one and the inner loop runs over neighbouring
// columns, so each butterfly is a vector operation with a broadcast twiddle factor. A single line of N = N1·N2 points is treated as an N1×N2 matrix (Bailey's
// four-step method) and so uses the same passes. Radices 2, 3, 4, 5 and 8 have their own code, in AVX2 assembly where the processor has it; any other prime p
// costs O(p) per point. The build tag noasm leaves the Go loops alone.
//
// Plans own scratch memory: a plan is used by one goroutine at a time, and Clone makes another that shares its tables.
package dft

// Planes is a complex array as two real ones of equal length.
type Planes struct{ Re, Im []float64 }

// NewPlanes returns n complex zeros.
func NewPlanes(n int) Planes {
	buf := make([]float64, 2*n)
	return Planes{buf[:n:n], buf[n:]}
}

// Len is the number of complex elements.
func (p Planes) Len() int { return len(p.Re) }

// Slice is elements [from, to), sharing memory.
func (p Planes) Slice(from, to int) Planes { return Planes{p.Re[from:to:to], p.Im[from:to:to]} }

// At is element i.
func (p Planes) At(i int) complex128 { return complex(p.Re[i], p.Im[i]) }

// Set sets element i.
func (p Planes) Set(i int, c complex128) { p.Re[i], p.Im[i] = real(c), imag(c) }

// Clear sets all elements to zero.
func (p Planes) Clear() {
	clear(p.Re)
	clear(p.Im)
}

// CopyFrom copies q, of equal length, into p.
func (p Planes) CopyFrom(q Planes) {
	copy(p.Re, q.Re)
	copy(p.Im, q.Im)
}

// swapped exchanges the parts: a forward transform between swapped arrays is an inverse transform.
func (p Planes) swapped() Planes { return Planes{p.Im, p.Re} }

// Frequency is the signed frequency at index i of an axis of n points: i below n/2, i−n above. At the unpaired index n/2 of an even axis it is −n/2.
func Frequency(i, n int) int {
	if 2*i < n {
		return i
	}
	return i - n
}
