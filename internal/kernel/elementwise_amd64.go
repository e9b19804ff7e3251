//go:build amd64 && !noasm

package kernel

// The functions of this file run a pass in assembly and report true, or report false where the active level has none: then the caller's Go loop does it.

func activate32(dst, x []float32, act Activation) bool {
	n := len(x)
	if level == Go || n == 0 || act == Identity {
		return false
	}
	switch {
	case level == AVX512 && act == GELU:
		geluF32AVX512(n, &dst[0], &x[0])
	case level == AVX512 && act == SiLU:
		siluF32AVX512(n, &dst[0], &x[0])
	case level == AVX512:
		tanhF32AVX512(n, &dst[0], &x[0])
	case act == GELU:
		geluF32AVX2(n, &dst[0], &x[0])
	case act == SiLU:
		siluF32AVX2(n, &dst[0], &x[0])
	default:
		tanhF32AVX2(n, &dst[0], &x[0])
	}
	return true
}

func deactivate32(dz, pre, dy []float32, act Activation) bool {
	n := len(pre)
	if level == Go || n == 0 || act == Identity {
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

func negate32(dst, x []float32) bool {
	if level == Go || len(dst) == 0 {
		return false
	}
	if level == AVX512 {
		negateF32AVX512(len(dst), &dst[0], &x[0])
	} else {
		negateF32AVX2(len(dst), &dst[0], &x[0])
	}
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
