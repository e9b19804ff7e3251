package dft

// line transforms one contiguous complex line: the forward transform, unscaled.
type line struct {
	n, n1, n2     int      // n = n1·n2 where the four-step form is used, else n1 = 0
	first, second *columns // of lengths n1 and n2; first alone, of length n, where n1 = 0
	twiddle       Planes   // [n1][n2]: e^{−2πi k1 j2/n}
	t, u          Planes   // scratch [n1][n2], [n2][n1]
}

func newLine(n int) *line {
	l := &line{n: n}
	l.n1, l.n2 = fourStep(n)
	if l.n1 == 0 {
		l.first = newColumns(n)
		return l
	}
	l.first, l.second = newColumns(l.n1), newColumns(l.n2)
	l.twiddle = NewPlanes(n)
	for k := range l.n1 {
		for j := range l.n2 {
			l.twiddle.Re[k*l.n2+j], l.twiddle.Im[k*l.n2+j] = root(k*j%n, n)
		}
	}
	l.t, l.u = NewPlanes(n), NewPlanes(n)
	return l
}

// fourStep splits n into two factors, both multiples of 4 so that vectors are full, as equal as possible; 0, 0 where there are none.
func fourStep(n int) (n1, n2 int) {
	if n%16 != 0 {
		return 0, 0
	}
	for f := 4; f*f <= n; f += 4 {
		if n%f == 0 && n/f%4 == 0 {
			n1 = f
		}
	}
	return n1, n / n1
}

func (l *line) clone() *line {
	d := *l
	d.first = l.first.clone()
	if l.n1 > 0 {
		d.second = l.second.clone()
		d.t, d.u = NewPlanes(l.n), NewPlanes(l.n)
	}
	return &d
}

// transform computes dst = F src; they may be the same arrays.
func (l *line) transform(dst, src Planes) {
	if l.n1 == 0 {
		l.first.transform(dst, 1, src, 1, 1)
		return
	}
	l.first.transform(l.t, l.n2, src, l.n2, l.n2)
	l.turn()
	l.second.transform(dst, l.n1, l.u, l.n1, l.n1)
}

// turn writes the transpose of twiddle·t to u.
func (l *line) turn() {
	if turnVector(l.u, l.t, l.twiddle, l.n1, l.n2) {
		return
	}
	for k := range l.n1 {
		for j := range l.n2 {
			i := k*l.n2 + j
			re, im := mul(l.t.Re[i], l.t.Im[i], l.twiddle.Re[i], l.twiddle.Im[i])
			l.u.Re[j*l.n1+k], l.u.Im[j*l.n1+k] = re, im
		}
	}
}

// realLine transforms one contiguous real line of n points to its frequencies 0 … ⌊n/2⌋ and back, unscaled. For even n the points are read in pairs as n/2
// complex numbers, whose transform is then taken apart (Press et al., Numerical Recipes §12.3).
type realLine struct {
	n       int
	complex *line
	z       Planes
	twiddle Planes // e^{−2πi k/n} for k = 0 … n/4
}

func newRealLine(n int) *realLine {
	r := &realLine{n: n}
	m := n
	if n%2 == 0 {
		m = n / 2
		r.twiddle = NewPlanes(n/4 + 1)
		for k := range r.twiddle.Len() {
			r.twiddle.Re[k], r.twiddle.Im[k] = root(k, n)
		}
	}
	r.complex, r.z = newLine(m), NewPlanes(m)
	return r
}

func (r *realLine) clone() *realLine {
	d := *r
	d.complex, d.z = r.complex.clone(), NewPlanes(r.z.Len())
	return &d
}

// forward computes dst[k] = scale·Σ_j src[j] e^{−2πi jk/n}.
func (r *realLine) forward(dst Planes, src []float64, scale float64) {
	z := r.z
	if r.n%2 == 1 {
		copy(z.Re, src)
		clear(z.Im)
		r.complex.transform(z, z)
		for k := range r.n/2 + 1 {
			dst.Re[k], dst.Im[k] = scale*z.Re[k], scale*z.Im[k]
		}
		dst.Im[0] = 0
		return
	}
	m := r.n / 2
	for j := range m {
		z.Re[j], z.Im[j] = src[2*j], src[2*j+1]
	}
	r.complex.transform(z, z)
	dst.Re[0], dst.Im[0] = scale*(z.Re[0]+z.Im[0]), 0
	dst.Re[m], dst.Im[m] = scale*(z.Re[0]-z.Im[0]), 0
	h := scale / 2
	for k, l := 1, m-1; k <= l; k, l = k+1, l-1 {
		// e and o are the transforms of the even and the odd points: z = e + i·o.
		er, ei := z.Re[k]+z.Re[l], z.Im[k]-z.Im[l]
		or, oi := z.Im[k]+z.Im[l], z.Re[l]-z.Re[k]
		tr, ti := mul(or, oi, r.twiddle.Re[k], r.twiddle.Im[k])
		dst.Re[k], dst.Im[k] = h*(er+tr), h*(ei+ti)
		dst.Re[l], dst.Im[l] = h*(er-tr), h*(ti-ei)
	}
}

// inverse computes dst[j] = Σ_k src[k] e^{+2πi jk/n} over all n frequencies, of which src has those of the non-negative half. The imaginary parts of the
// frequencies 0 and n/2 are not used.
func (r *realLine) inverse(dst []float64, src Planes) {
	z := r.z
	if r.n%2 == 1 {
		z.Re[0], z.Im[0] = src.Re[0], 0
		for k := 1; k <= r.n/2; k++ {
			z.Re[k], z.Im[k] = src.Re[k], src.Im[k]
			z.Re[r.n-k], z.Im[r.n-k] = src.Re[k], -src.Im[k]
		}
		r.complex.transform(z.swapped(), z.swapped())
		copy(dst, z.Re)
		return
	}
	m := r.n / 2
	z.Re[0], z.Im[0] = src.Re[0]+src.Re[m], src.Re[0]-src.Re[m]
	for k, l := 1, m-1; k <= l; k, l = k+1, l-1 {
		er, ei := src.Re[k]+src.Re[l], src.Im[k]-src.Im[l]
		tr, ti := src.Re[k]-src.Re[l], src.Im[k]+src.Im[l]
		or, oi := mul(tr, ti, r.twiddle.Re[k], -r.twiddle.Im[k])
		z.Re[k], z.Im[k] = er-oi, ei+or
		z.Re[l], z.Im[l] = er+oi, or-ei
	}
	r.complex.transform(z.swapped(), z.swapped())
	for j := range m {
		dst[2*j], dst[2*j+1] = z.Re[j], z.Im[j]
	}
}
