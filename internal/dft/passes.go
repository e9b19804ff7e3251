package dft

import "math"

// A transform of length n along the outer axis of a block of columns is a chain of passes, one per factor r of n. With the length still to be transformed
// l = r·m and s = n/l rows that belong together, a pass computes for p < m, q < s, k < r
//
//	y[q + s(r·p + k)] = e^{−2πi pk/l} Σ_j x[q + s(p + m·j)] e^{−2πi jk/r}
//
// where x and y are rows of the block. The chain leaves the frequencies in natural order.
type pass struct {
	radix, groups, run int       // r, m, s
	twiddle            []float64 // [m][r−1][2]: e^{−2πi pk/l} for k = 1…r−1
	roots              []float64 // [r][2]: e^{−2πi t/r}, for radices without code of their own
}

// view is a block of columns in memory: row i of the block has its real parts at re[i·stride:] and its imaginary parts at im[i·stride:].
type view struct {
	re, im []float64
	stride int
}

// newPasses makes the chain for length n; none for n = 1.
func newPasses(n int) []pass {
	var chain []pass
	l := n
	for _, r := range factors(n) {
		m := l / r
		p := pass{radix: r, groups: m, run: n / l, twiddle: make([]float64, 0, 2*m*(r-1))}
		for g := range m {
			for k := 1; k < r; k++ {
				re, im := root(g*k, l)
				p.twiddle = append(p.twiddle, re, im)
			}
		}
		for t := range r {
			re, im := root(t, r)
			p.roots = append(p.roots, re, im)
		}
		chain = append(chain, p)
		l = m
	}
	return chain
}

// factors splits n into radices: as many 8s and 4s as fit the power of two best, then 5, 3 and other primes.
func factors(n int) []int {
	var f []int
	twos := 0
	for ; n%2 == 0; n /= 2 {
		twos++
	}
	// 2^t = 8^a·4^b with as few passes as possible, and 4s rather than an 8 and a 2.
	for ; twos > 4 || twos == 3; twos -= 3 {
		f = append(f, 8)
	}
	for ; twos >= 2; twos -= 2 {
		f = append(f, 4)
	}
	if twos == 1 {
		f = append(f, 2)
	}
	for _, p := range []int{5, 3} {
		for ; n%p == 0; n /= p {
			f = append(f, p)
		}
	}
	for p := 7; n > 1; p += 2 {
		if p*p > n {
			p = n
		}
		for ; n%p == 0; n /= p {
			f = append(f, p)
		}
	}
	return f
}

// root is e^{−2πi a/n}. The angle is brought into the first octant in integers, so that multiples of an eighth of a turn are exact up to one rounding and
// symmetric roots agree to the last bit.
func root(a, n int) (re, im float64) {
	a %= n
	switch {
	case 2*a > n: // below the real axis
		re, im = root(n-a, n)
		return re, -im
	case 4*a > n: // θ beyond a quarter turn: e^{−iθ} = −conj e^{−i(π−θ)}
		re, im = root(n-2*a, 2*n)
		return -re, im
	case 8*a > n: // beyond an eighth: exchange sine and cosine
		s, c := math.Sincos(2 * math.Pi * float64(n-4*a) / float64(4*n))
		return s, -c
	}
	s, c := math.Sincos(2 * math.Pi * float64(a) / float64(n))
	return c, -s
}

// apply computes one pass of the given number of neighbouring columns. dst and src may be the same memory only where groups and run are both 1.
func (p *pass) apply(dst, src view, lanes int) {
	switch p.radix {
	case 2:
		p.radix2(dst, src, lanes)
	case 3:
		p.radix3(dst, src, lanes)
	case 4:
		p.radix4(dst, src, lanes)
	case 5:
		p.radix5(dst, src, lanes)
	case 8:
		p.radix8(dst, src, lanes)
	default:
		p.general(dst, src, lanes)
	}
}
