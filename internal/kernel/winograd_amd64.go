//go:build amd64 && !noasm

package kernel

// The transforms of conv_winograd.go, which runs only where the active level has them. n counts tiles; distances are in elements.

func deinterleave(n int, e, o, x []float32) {
	if level == AVX512 {
		deinterleaveF32AVX512(n, &e[0], &o[0], &x[0])
	} else {
		deinterleaveF32AVX2(n, &e[0], &o[0], &x[0])
	}
}

func winogradInput(dims, n int, v []float32, plane int, e, o []float32, step int) {
	switch {
	case level == AVX512 && dims == 2:
		winogradInput2F32AVX512(n, &v[0], 4*plane, &e[0], &o[0], 4*step)
	case level == AVX512:
		winogradInput1F32AVX512(n, &v[0], 4*plane, &e[0], &o[0])
	case dims == 2:
		winogradInput2F32AVX2(n, &v[0], 4*plane, &e[0], &o[0], 4*step)
	default:
		winogradInput1F32AVX2(n, &v[0], 4*plane, &e[0], &o[0])
	}
}

func winogradOutput(dims, n int, y, below, m []float32, plane int, shift float32) {
	switch {
	case level == AVX512 && dims == 2:
		winogradOutput2F32AVX512(n, &y[0], &below[0], &m[0], 4*plane, shift)
	case level == AVX512:
		winogradOutput1F32AVX512(n, &y[0], &below[0], &m[0], 4*plane, shift)
	case dims == 2:
		winogradOutput2F32AVX2(n, &y[0], &below[0], &m[0], 4*plane, shift)
	default:
		winogradOutput1F32AVX2(n, &y[0], &below[0], &m[0], 4*plane, shift)
	}
}

func winogradGradient(dims, n int, m []float32, plane int, e, o []float32, step int) {
	switch {
	case level == AVX512 && dims == 2:
		winogradGradient2F32AVX512(n, &m[0], 4*plane, &e[0], &o[0], 4*step)
	case level == AVX512:
		winogradGradient1F32AVX512(n, &m[0], 4*plane, &e[0], &o[0])
	case dims == 2:
		winogradGradient2F32AVX2(n, &m[0], 4*plane, &e[0], &o[0], 4*step)
	default:
		winogradGradient1F32AVX2(n, &m[0], 4*plane, &e[0], &o[0])
	}
}
