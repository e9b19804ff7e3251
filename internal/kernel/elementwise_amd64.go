//go:build amd64 && !noasm

package kernel

import "unsafe"

// The functions of this file run a pass in assembly and report true, or report false where the active level has none: then the caller's Go loop does it.

// activate32 computes pre = x + shift, unless pre is nil, and dst = act(x + shift) for count rows of n elements a step apart, with a shift for each row, or none.
func activate32(count, n int, dst, pre, x []float32, step int, shift []float32, act Activation) bool {
	if level == Go || n == 0 || count == 0 || act == Identity || act == ReLU {
		return false
	}
	d, p, v, s := &dst[0], unsafe.SliceData(pre), &x[0], unsafe.SliceData(shift)
	switch {
	case level == AVX512 && act == GELU:
		geluF32AVX512(count, n, d, p, v, 4*step, s)
	case level == AVX512 && act == SiLU:
		siluF32AVX512(count, n, d, p, v, 4*step, s)
	case level == AVX512:
		tanhF32AVX512(count, n, d, p, v, 4*step, s)
	case act == GELU:
		geluF32AVX2(count, n, d, p, v, 4*step, s)
	case act == SiLU:
		siluF32AVX2(count, n, d, p, v, 4*step, s)
	default:
		tanhF32AVX2(count, n, d, p, v, 4*step, s)
	}
	return true
}

func deactivate32(dz, pre, dy []float32, act Activation) bool {
	n := len(pre)
	if level == Go || n == 0 || act == Identity || act == ReLU {
		return false
	}
	switch {
	case level == AVX512 && act == GELU:
		geluSlopeF32AVX512(n, &dz[0], &pre[0], &dy[0])
	case level == AVX512 && act == SiLU:
		siluSlopeF32AVX512(n, &dz[0], &pre[0], &dy[0])
	case level == AVX512:
		tanhSlopeF32AVX512(n, &dz[0], &pre[0], &dy[0])
	case act == GELU:
		geluSlopeF32AVX2(n, &dz[0], &pre[0], &dy[0])
	case act == SiLU:
		siluSlopeF32AVX2(n, &dz[0], &pre[0], &dy[0])
	default:
		tanhSlopeF32AVX2(n, &dz[0], &pre[0], &dy[0])
	}
	return true
}

func addRow32(x, y []float32, shift float32) bool {
	if level == Go || len(x) == 0 {
		return false
	}
	if level == AVX512 {
		addShiftF32AVX512(len(x), &x[0], &y[0], shift)
	} else {
		addShiftF32AVX2(len(x), &x[0], &y[0], shift)
	}
	return true
}

func shiftRow32(x []float32, shift float32) bool {
	if level == Go || len(x) == 0 {
		return false
	}
	if level == AVX512 {
		shiftF32AVX512(len(x), &x[0], shift)
	} else {
		shiftF32AVX2(len(x), &x[0], shift)
	}
	return true
}

func sumDifference32(p, q, a, b []float32) bool {
	if level == Go || len(p) == 0 {
		return false
	}
	if level == AVX512 {
		sumDifferenceF32AVX512(len(p), &p[0], &q[0], &a[0], &b[0])
	} else {
		sumDifferenceF32AVX2(len(p), &p[0], &q[0], &a[0], &b[0])
	}
	return true
}

func rowPairs32(s Store, count, n int, p, q, a, b []float32, stepP, stepQ, stepA, stepB, aheadTo, aheadFrom int) bool {
	if level == Go || count == 0 || n == 0 {
		return false
	}
	kernel := rowPairsF32AVX2
	switch {
	case level == AVX512 && s == Add:
		kernel = rowPairsAddF32AVX512
	case level == AVX512:
		kernel = rowPairsF32AVX512
	case s == Add:
		kernel = rowPairsAddF32AVX2
	}
	kernel(count, n, &p[0], &q[0], &a[0], &b[0], 4*stepP, 4*stepQ, 4*stepA, 4*stepB, 4*aheadTo, 4*aheadFrom)
	return true
}

// foldRows32 and unfoldRows32: n is the size of a row of x, stepE that of a row of e and of o.
func foldRows32(count, n int, e, o, x []float32, stepE int) bool {
	if level == Go || count == 0 || n < 3 {
		return false
	}
	kernel := foldRowsF32AVX2
	if level == AVX512 {
		kernel = foldRowsF32AVX512
	}
	kernel(count, (n-1)/2, &e[0], &o[0], &x[0], 4*stepE, 4*n, 4*(n/2*(1-n%2)))
	return true
}

func unfoldRows32(s Store, count, n int, e, o, x []float32, stepE int) bool {
	if level == Go || count == 0 || n < 3 {
		return false
	}
	kernel := unfoldRowsF32AVX2
	switch {
	case level == AVX512 && s == Add:
		kernel = unfoldRowsAddF32AVX512
	case level == AVX512:
		kernel = unfoldRowsF32AVX512
	case s == Add:
		kernel = unfoldRowsAddF32AVX2
	}
	kernel(count, (n-1)/2, &e[0], &o[0], &x[0], 4*stepE, 4*n, 4*(n/2*(1-n%2)))
	return true
}

func spreadRows32(n int, a, b []int32, from, p, q []float32, step int) bool {
	if level == Go {
		return false
	}
	kernel := spreadRowsF32AVX2
	if level == AVX512 {
		kernel = spreadRowsF32AVX512
	}
	kernel(len(a), n, &a[0], &b[0], &from[0], &p[0], &q[0], 4*step)
	return true
}

func gatherRows32(n int, a, b []int32, to, p, q []float32, step int) bool {
	if level == Go {
		return false
	}
	kernel := gatherRowsF32AVX2
	if level == AVX512 {
		kernel = gatherRowsF32AVX512
	}
	kernel(len(a), n, &a[0], &b[0], &to[0], &p[0], &q[0], 4*step)
	return true
}

func copyRows32(count, n int, dst []float32, stepDst int, src []float32, stepSrc int) bool {
	if level == Go {
		return false
	}
	kernel := copyRowsF32AVX2
	if level == AVX512 {
		kernel = copyRowsF32AVX512
	}
	kernel(count, n, &dst[0], 4*stepDst, &src[0], 4*stepSrc)
	return true
}

func negativeRows32(count, n int, dst []float32, stepDst int, src []float32, stepSrc int) bool {
	if level == Go {
		return false
	}
	kernel := negativeRowsF32AVX2
	if level == AVX512 {
		kernel = negativeRowsF32AVX512
	}
	kernel(count, n, &dst[0], 4*stepDst, &src[0], 4*stepSrc)
	return true
}

func complexRows32(count, n int, y []float32, stepY int, p, q []float32, stepP int) bool {
	if level == Go {
		return false
	}
	kernel := complexRowsF32AVX2
	if level == AVX512 {
		kernel = complexRowsF32AVX512
	}
	kernel(count, n, &y[0], 4*stepY, &p[0], &q[0], 4*stepP)
	return true
}

func adamW32(p, g, m, v, ema []float32, c *adamWCoefficients) bool {
	if level == Go || len(p) == 0 {
		return false
	}
	var mean *float32
	if ema != nil {
		mean = &ema[0]
	}
	if level == AVX512 {
		adamWF32AVX512(len(p), &p[0], &g[0], &m[0], &v[0], mean, &c.scale)
	} else {
		adamWF32AVX2(len(p), &p[0], &g[0], &m[0], &v[0], mean, &c.scale)
	}
	return true
}

// sumSquares32 takes a multiple of 16 elements.
func sumSquares32(x []float32, part *[8]float64) bool {
	if level == Go || len(x) == 0 {
		return false
	}
	if level == AVX512 {
		sumSquaresF32AVX512(len(x), &x[0], &part[0])
	} else {
		sumSquaresF32AVX2(len(x), &x[0], &part[0])
	}
	return true
}

// sum32 takes a multiple of 32 elements.
func sum32(x []float32, part *[8]float32) bool {
	if level == Go || len(x) == 0 {
		return false
	}
	if level == AVX512 {
		sumF32AVX512(len(x), &x[0], &part[0])
	} else {
		sumF32AVX2(len(x), &x[0], &part[0])
	}
	return true
}

// moments32 takes a multiple of 16 elements.
func moments32(x []float32, part *[16]float64) bool {
	if level == Go || len(x) == 0 {
		return false
	}
	if level == AVX512 {
		momentsF32AVX512(len(x), &x[0], &part[0])
	} else {
		momentsF32AVX2(len(x), &x[0], &part[0])
	}
	return true
}

func normRow32(y, x []float32, scale, shift float32, act Activation) bool {
	if level == Go || len(x) == 0 || act > SiLU {
		return false
	}
	c := [2]float32{scale, shift}
	n, to, from := len(x), &y[0], &x[0]
	switch {
	case level == AVX512 && act == GELU:
		geluNormF32AVX512(n, to, from, &c[0])
	case level == AVX512 && act == SiLU:
		siluNormF32AVX512(n, to, from, &c[0])
	case level == AVX512:
		identityNormF32AVX512(n, to, from, &c[0])
	case act == GELU:
		geluNormF32AVX2(n, to, from, &c[0])
	case act == SiLU:
		siluNormF32AVX2(n, to, from, &c[0])
	default:
		identityNormF32AVX2(n, to, from, &c[0])
	}
	return true
}

func normSlopeRow32(dz, x, dy []float32, c [4]float32, act Activation) (total, cross float64, ok bool) {
	if level == Go || len(x) == 0 || act > SiLU {
		return 0, 0, false
	}
	var sums [8]float32
	n, to, from, grad := len(x), &dz[0], &x[0], &dy[0]
	switch {
	case level == AVX512 && act == GELU:
		geluNormSlopeF32AVX512(n, to, from, grad, &c[0], &sums[0])
	case level == AVX512 && act == SiLU:
		siluNormSlopeF32AVX512(n, to, from, grad, &c[0], &sums[0])
	case level == AVX512:
		identityNormSlopeF32AVX512(n, to, from, grad, &c[0], &sums[0])
	case act == GELU:
		geluNormSlopeF32AVX2(n, to, from, grad, &c[0], &sums[0])
	case act == SiLU:
		siluNormSlopeF32AVX2(n, to, from, grad, &c[0], &sums[0])
	default:
		identityNormSlopeF32AVX2(n, to, from, grad, &c[0], &sums[0])
	}
	total = float64(sums[0]+sums[1]) + float64(sums[2]+sums[3])
	cross = float64(sums[4]+sums[5]) + float64(sums[6]+sums[7])
	return total, cross, true
}

func blendRow32(y, a, b []float32, c [3]float32, s Store) bool {
	if level == Go || len(y) == 0 {
		return false
	}
	switch n := len(y); { // calls by name, so that c stays on the stack
	case level == AVX512 && s == Add:
		blendAddF32AVX512(n, &y[0], &a[0], &b[0], &c[0])
	case level == AVX512:
		blendF32AVX512(n, &y[0], &a[0], &b[0], &c[0])
	case s == Add:
		blendAddF32AVX2(n, &y[0], &a[0], &b[0], &c[0])
	default:
		blendF32AVX2(n, &y[0], &a[0], &b[0], &c[0])
	}
	return true
}

// peak32 runs n rounds and returns the operations of one: twelve vectors, two operations an element.
func peak32(n int) int {
	switch {
	case level == Go || n <= 0:
		return 0
	case level == AVX512:
		peakF32AVX512(n)
		return 12 * 16 * 2
	}
	peakF32AVX2(n)
	return 12 * 8 * 2
}

type (
	hiddenForwardFunc  func(rows, n int, y *float32, stepY int, pre *float32, step int, shift, w *float32, stepW int)
	hiddenBackwardFunc func(rows, n int, pre *float32, step int, dy *float32, stepY int, shift, w *float32, stepW int, sums *float32)
)

// By level and number of output channels, 1 … mostFused.
var (
	hiddenForwards = [...][mostFused]hiddenForwardFunc{
		AVX2:   {hiddenForward1F32AVX2, hiddenForward2F32AVX2, hiddenForward3F32AVX2, hiddenForward4F32AVX2},
		AVX512: {hiddenForward1F32AVX512, hiddenForward2F32AVX512, hiddenForward3F32AVX512, hiddenForward4F32AVX512},
	}
	hiddenBackwards = [...][mostFused]hiddenBackwardFunc{
		AVX2:   {hiddenBackward1F32AVX2, hiddenBackward2F32AVX2, hiddenBackward3F32AVX2, hiddenBackward4F32AVX2},
		AVX512: {hiddenBackward1F32AVX512, hiddenBackward2F32AVX512, hiddenBackward3F32AVX512, hiddenBackward4F32AVX512},
	}
)

// hiddenForward32 computes y += w·gelu(pre + shift) for n columns; rows of y lie stepY, those of pre step apart, and w is [out, hidden].
func hiddenForward32(out, n int, y []float32, stepY int, pre []float32, step int, shift, w []float32) {
	hidden := len(shift)
	hiddenForwards[level][out-1](hidden, n, &y[0], 4*stepY, &pre[0], 4*step, &shift[0], &w[0], 4*hidden)
}

// hiddenBackward32 replaces pre by the gradient dz = gelu′(pre + shift)·(wᵀ·dy) and adds to the vectors sums [hidden][1 + out] what, summed over lanes, are Σ dz
// and Σ gelu·dy.
func hiddenBackward32(out, n int, pre []float32, step int, dy []float32, stepY int, shift, w, sums []float32) {
	hidden := len(shift)
	hiddenBackwards[level][out-1](hidden, n, &pre[0], 4*step, &dy[0], 4*stepY, &shift[0], &w[0], 4*hidden, &sums[0])
}

// lanes32 is the number of float32 in a vector.
func lanes32() int {
	if level == AVX512 {
		return 16
	}
	return 8
}
