package dft

// The plain loops below define the passes; the assembly computes the same with fused multiply-adds.

const (
	sin3  = 0.86602540378443864676372317075293618 // sin 2π/3
	cos51 = 0.30901699437494742410229341718281906 // cos 2π/5
	cos52 = -0.80901699437494742410229341718281906
	sin51 = 0.95105651629515357211643933337938214 // sin 2π/5
	sin52 = 0.58778525229247312916870595463907277 // sin 4π/5
	half8 = 0.70710678118654752440084436210484904 // √½
)

// row is n elements of row i.
func (v view) row(i, n int) (re, im []float64) {
	o := i * v.stride
	return v.re[o : o+n : o+n], v.im[o : o+n : o+n]
}

func (p *pass) radix2(dst, src view, lanes int) {
	m, s := p.groups, p.run
	for g := range m {
		wr, wi := p.twiddle[2*g], p.twiddle[2*g+1]
		for q := range s {
			ar, ai := src.row(q+s*g, lanes)
			br, bi := src.row(q+s*(g+m), lanes)
			y0r, y0i := dst.row(q+s*2*g, lanes)
			y1r, y1i := dst.row(q+s*(2*g+1), lanes)
			for c := range ar {
				a, ai, b, bi := ar[c], ai[c], br[c], bi[c]
				y0r[c], y0i[c] = a+b, ai+bi
				y1r[c], y1i[c] = mul(a-b, ai-bi, wr, wi)
			}
		}
	}
}

func (p *pass) radix3(dst, src view, lanes int) {
	m, s := p.groups, p.run
	for g := range m {
		w := p.twiddle[4*g : 4*g+4]
		for q := range s {
			ar, ai := src.row(q+s*g, lanes)
			br, bi := src.row(q+s*(g+m), lanes)
			cr, ci := src.row(q+s*(g+2*m), lanes)
			y0r, y0i := dst.row(q+s*3*g, lanes)
			y1r, y1i := dst.row(q+s*(3*g+1), lanes)
			y2r, y2i := dst.row(q+s*(3*g+2), lanes)
			for c := range ar {
				tr, ti := br[c]+cr[c], bi[c]+ci[c]
				dr, di := sin3*(bi[c]-ci[c]), -sin3*(br[c]-cr[c]) // −i sin(2π/3)·(b−c)
				hr, hi := ar[c]-0.5*tr, ai[c]-0.5*ti
				y0r[c], y0i[c] = ar[c]+tr, ai[c]+ti
				y1r[c], y1i[c] = mul(hr+dr, hi+di, w[0], w[1])
				y2r[c], y2i[c] = mul(hr-dr, hi-di, w[2], w[3])
			}
		}
	}
}

func (p *pass) radix4(dst, src view, lanes int) {
	m, s := p.groups, p.run
	for g := range m {
		w := p.twiddle[6*g : 6*g+6]
		for q := range s {
			ar, ai := src.row(q+s*g, lanes)
			br, bi := src.row(q+s*(g+m), lanes)
			cr, ci := src.row(q+s*(g+2*m), lanes)
			dr, di := src.row(q+s*(g+3*m), lanes)
			y0r, y0i := dst.row(q+s*4*g, lanes)
			y1r, y1i := dst.row(q+s*(4*g+1), lanes)
			y2r, y2i := dst.row(q+s*(4*g+2), lanes)
			y3r, y3i := dst.row(q+s*(4*g+3), lanes)
			for c := range ar {
				pr, pi := ar[c]+cr[c], ai[c]+ci[c]
				nr, ni := ar[c]-cr[c], ai[c]-ci[c]
				ur, ui := br[c]+dr[c], bi[c]+di[c]
				vr, vi := bi[c]-di[c], -(br[c] - dr[c]) // −i(b−d)
				y0r[c], y0i[c] = pr+ur, pi+ui
				y1r[c], y1i[c] = mul(nr+vr, ni+vi, w[0], w[1])
				y2r[c], y2i[c] = mul(pr-ur, pi-ui, w[2], w[3])
				y3r[c], y3i[c] = mul(nr-vr, ni-vi, w[4], w[5])
			}
		}
	}
}

func (p *pass) radix5(dst, src view, lanes int) {
	m, s := p.groups, p.run
	for g := range m {
		w := p.twiddle[8*g : 8*g+8]
		for q := range s {
			ar, ai := src.row(q+s*g, lanes)
			br, bi := src.row(q+s*(g+m), lanes)
			cr, ci := src.row(q+s*(g+2*m), lanes)
			dr, di := src.row(q+s*(g+3*m), lanes)
			er, ei := src.row(q+s*(g+4*m), lanes)
			y0r, y0i := dst.row(q+s*5*g, lanes)
			y1r, y1i := dst.row(q+s*(5*g+1), lanes)
			y2r, y2i := dst.row(q+s*(5*g+2), lanes)
			y3r, y3i := dst.row(q+s*(5*g+3), lanes)
			y4r, y4i := dst.row(q+s*(5*g+4), lanes)
			for c := range ar {
				t1r, t1i, t2r, t2i := br[c]+er[c], bi[c]+ei[c], cr[c]+dr[c], ci[c]+di[c]
				t3r, t3i, t4r, t4i := br[c]-er[c], bi[c]-ei[c], cr[c]-dr[c], ci[c]-di[c]
				h1r, h1i := ar[c]+cos51*t1r+cos52*t2r, ai[c]+cos51*t1i+cos52*t2i
				h2r, h2i := ar[c]+cos52*t1r+cos51*t2r, ai[c]+cos52*t1i+cos51*t2i
				v1r, v1i := sin51*t3i+sin52*t4i, -(sin51*t3r + sin52*t4r) // −i(sin51 t3 + sin52 t4)
				v2r, v2i := sin52*t3i-sin51*t4i, -(sin52*t3r - sin51*t4r)
				y0r[c], y0i[c] = ar[c]+t1r+t2r, ai[c]+t1i+t2i
				y1r[c], y1i[c] = mul(h1r+v1r, h1i+v1i, w[0], w[1])
				y2r[c], y2i[c] = mul(h2r+v2r, h2i+v2i, w[2], w[3])
				y3r[c], y3i[c] = mul(h2r-v2r, h2i-v2i, w[4], w[5])
				y4r[c], y4i[c] = mul(h1r-v1r, h1i-v1i, w[6], w[7])
			}
		}
	}
}

func (p *pass) radix8(dst, src view, lanes int) {
	m, s := p.groups, p.run
	var xr, xi, yr, yi [8][]float64
	for g := range m {
		w := p.twiddle[14*g : 14*g+14]
		for q := range s {
			for j := range 8 {
				xr[j], xi[j] = src.row(q+s*(g+j*m), lanes)
				yr[j], yi[j] = dst.row(q+s*(8*g+j), lanes)
			}
			for c := range lanes {
				// Two transforms of length 4, of the even and of the odd rows.
				e := dft4(xr[0][c], xi[0][c], xr[2][c], xi[2][c], xr[4][c], xi[4][c], xr[6][c], xi[6][c])
				o := dft4(xr[1][c], xi[1][c], xr[3][c], xi[3][c], xr[5][c], xi[5][c], xr[7][c], xi[7][c])
				o[2], o[3] = half8*(o[2]+o[3]), half8*(o[3]-o[2])  // · e^{−iπ/4}
				o[4], o[5] = o[5], -o[4]                           // · −i
				o[6], o[7] = half8*(o[7]-o[6]), -half8*(o[6]+o[7]) // · e^{−3iπ/4}
				yr[0][c], yi[0][c] = e[0]+o[0], e[1]+o[1]
				yr[4][c], yi[4][c] = mul(e[0]-o[0], e[1]-o[1], w[6], w[7])
				for k := 1; k < 4; k++ {
					a, b, cc, d := e[2*k], e[2*k+1], o[2*k], o[2*k+1]
					yr[k][c], yi[k][c] = mul(a+cc, b+d, w[2*k-2], w[2*k-1])
					yr[k+4][c], yi[k+4][c] = mul(a-cc, b-d, w[2*k+6], w[2*k+7])
				}
			}
		}
	}
}

// dft4 is the transform of four complex numbers, interleaved.
func dft4(ar, ai, br, bi, cr, ci, dr, di float64) [8]float64 {
	pr, pi, nr, ni := ar+cr, ai+ci, ar-cr, ai-ci
	ur, ui, vr, vi := br+dr, bi+di, bi-di, dr-br
	return [8]float64{pr + ur, pi + ui, nr + vr, ni + vi, pr - ur, pi - ui, nr - vr, ni - vi}
}

// general is the pass of any radix by its definition.
func (p *pass) general(dst, src view, lanes int) {
	r, m, s := p.radix, p.groups, p.run
	xr, xi := make([]float64, r), make([]float64, r)
	for g := range m {
		w := p.twiddle[2*(r-1)*g : 2*(r-1)*(g+1)]
		for q := range s {
			for c := range lanes {
				var sr, si float64
				for j := range r {
					o := (q+s*(g+j*m))*src.stride + c
					xr[j], xi[j] = src.re[o], src.im[o]
					sr += xr[j]
					si += xi[j]
				}
				o := (q+s*r*g)*dst.stride + c
				dst.re[o], dst.im[o] = sr, si
				for k := 1; k < r; k++ {
					sr, si, t := 0.0, 0.0, 0
					for j := range r {
						zr, zi := mul(xr[j], xi[j], p.roots[2*t], p.roots[2*t+1])
						sr += zr
						si += zi
						if t += k; t >= r {
							t -= r
						}
					}
					o := (q+s*(r*g+k))*dst.stride + c
					dst.re[o], dst.im[o] = mul(sr, si, w[2*k-2], w[2*k-1])
				}
			}
		}
	}
}

// mul is the complex product.
func mul(ar, ai, br, bi float64) (re, im float64) { return ar*br - ai*bi, ar*bi + ai*br }
