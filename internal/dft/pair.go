package dft

import "github.com/eddy-pde/eddy"

// Pair transforms two real 2-D fields at once, as real and imaginary part of one complex field, between nx×ny points and the coefficients of the low
// frequencies |kx| ≤ kx, |ky| ≤ ky. It is the transform of dealiased 2-D solvers: what the truncation throws away is never computed. It is used by one
// goroutine at a time.
//
// Coefficients are stored for kx ≥ 0 as [2·ky+1][kx+1], the rows in the order 0, 1, … ky, −ky, … −1 and kx contiguous. Of the column kx = 0, whose
// two halves are conjugates of each other, Inverse reads ky ≥ 0 only; Forward writes all of it, exactly symmetric.
type Pair struct {
	nx, ny, kx, ky int
	width, pitch   int      // distance of rows of the arrays below, in whole vectors: 2·kx+1 and ny columns are used
	alongX, alongY *columns // lengths nx, ny
	spectrum       Planes   // [ny][width], zero rows between ky and −ky stay zero
	mixed          Planes   // [ny][width]
	lines          Planes   // [nx][pitch], zero rows between kx and −kx stay zero
	freqs          Planes   // [nx][pitch]
}

// NewPair makes a plan. It panics with a *eddy.ShapeError unless 0 ≤ 2·kx < nx and 0 ≤ 2·ky < ny.
func NewPair(nx, ny, kx, ky int) *Pair {
	if kx < 0 || ky < 0 || 2*kx >= nx || 2*ky >= ny {
		panic(&eddy.ShapeError{Op: "dft.NewPair", What: "frequency range", Got: []int{kx, ky}, Want: []int{(nx - 1) / 2, (ny - 1) / 2}, Hint: "at most that"})
	}
	p := &Pair{nx: nx, ny: ny, kx: kx, ky: ky, alongX: newColumns(nx), alongY: newColumns(ny)}
	p.width, p.pitch = apart(2*kx+1), apart(ny)
	p.scratch()
	return p
}

// apart rounds a row length up to whole vectors, and to an odd multiple of a cache line where rows would else be a large power of two apart and so share few
// sets of the cache.
func apart(n int) int {
	n = (n + vectorLanes - 1) / vectorLanes * vectorLanes
	if n%(4*blockLanes) == 0 {
		n += blockLanes
	}
	return n
}

func (p *Pair) scratch() {
	p.spectrum, p.mixed = NewPlanes(p.ny*p.width), NewPlanes(p.ny*p.width)
	p.lines, p.freqs = NewPlanes(p.nx*p.pitch), NewPlanes(p.nx*p.pitch)
}

// Clone makes a plan with scratch memory of its own that shares the tables of p.
func (p *Pair) Clone() *Pair {
	d := *p
	d.alongX, d.alongY = p.alongX.clone(), p.alongY.clone()
	d.scratch()
	return &d
}

// Modes is the number of coefficients of one field, (2·ky+1)·(kx+1).
func (p *Pair) Modes() int { return (2*p.ky + 1) * (p.kx + 1) }

// Mode is the frequency at index i of the coefficients.
func (p *Pair) Mode(i int) (kx, ky int) { return i % (p.kx + 1), Frequency(i/(p.kx+1), 2*p.ky+1) }

// Inverse computes the fields u and v, [nx][ny], with coefficients a and b.
func (p *Pair) Inverse(u, v []float64, a, b Planes) {
	p.check("dft.Pair.Inverse", u, v, a, b)
	p.pack(a, b)
	p.alongY.transform(p.mixed.swapped(), p.width, p.spectrum.swapped(), p.width, p.width)
	// [y][kx] → [kx][y]: non-negative frequencies to the first rows, negative ones to the last.
	k, low := p.kx, p.nx-p.kx
	p.turn(p.lines, p.mixed, 0, 0, k+1)
	p.turn(p.lines, p.mixed, low, k+1, k)
	f := Planes{u, v}
	p.alongX.transform(f.swapped(), p.ny, p.lines.swapped(), p.pitch, p.ny)
}

// turn copies count columns of src [ny][width] from column `from` to rows of dst [nx][pitch] from row `to`.
func (p *Pair) turn(dst, src Planes, to, from, count int) {
	transpose(dst.Re[to*p.pitch:], src.Re[from:], p.pitch, p.width, p.ny, count)
	transpose(dst.Im[to*p.pitch:], src.Im[from:], p.pitch, p.width, p.ny, count)
}

// Forward computes the low-frequency coefficients a and b of the fields u and v, [nx][ny].
func (p *Pair) Forward(a, b Planes, u, v []float64) {
	p.check("dft.Pair.Forward", u, v, a, b)
	p.alongX.transform(p.freqs, p.pitch, Planes{u, v}, p.ny, p.ny)
	k, low := p.kx, p.nx-p.kx
	p.turnBack(p.mixed, p.freqs, 0, 0, k+1)
	p.turnBack(p.mixed, p.freqs, k+1, low, k)
	p.alongY.transform(p.mixed, p.width, p.mixed, p.width, p.width)
	p.unpack(a, b)
}

// turnBack copies count rows of src [nx][pitch] from row `from` to columns of dst [ny][width] from column `to`.
func (p *Pair) turnBack(dst, src Planes, to, from, count int) {
	transpose(dst.Re[to:], src.Re[from*p.pitch:], p.width, p.pitch, count, p.ny)
	transpose(dst.Im[to:], src.Im[from*p.pitch:], p.width, p.pitch, count, p.ny)
}

// pack writes a + i·b at all frequencies, using a[−k] = conj a[k].
func (p *Pair) pack(a, b Planes) {
	m := p.kx + 1
	for r := range 2*p.ky + 1 {
		ar, ai, br, bi := a.Re[r*m:(r+1)*m], a.Im[r*m:(r+1)*m], b.Re[r*m:(r+1)*m], b.Im[r*m:(r+1)*m]
		up, down := p.row(r), p.row(p.opposite(r))
		zr, zi := p.spectrum.Re[up:up+m], p.spectrum.Im[up:up+m]
		// Frequency −c stands at column 2·kx+1−c.
		wr, wi := p.spectrum.Re[down:down+2*p.kx+1], p.spectrum.Im[down:down+2*p.kx+1]
		switch {
		case r == 0:
			zr[0], zi[0] = ar[0], br[0]
		case r <= p.ky:
			zr[0], zi[0] = ar[0]-bi[0], ai[0]+br[0]
			wr[0], wi[0] = ar[0]+bi[0], br[0]-ai[0]
		}
		for c, l := 1, 2*p.kx; c < m; c, l = c+1, l-1 {
			zr[c], zi[c] = ar[c]-bi[c], ai[c]+br[c]
			wr[l], wi[l] = ar[c]+bi[c], br[c]-ai[c]
		}
	}
}

// unpack takes the transforms of two real fields apart: a = (z[k] + conj z[−k])/2, b = (z[k] − conj z[−k])/2i.
func (p *Pair) unpack(a, b Planes) {
	m := p.kx + 1
	h := 0.5 / float64(p.nx*p.ny)
	for r := range 2*p.ky + 1 {
		ar, ai, br, bi := a.Re[r*m:(r+1)*m], a.Im[r*m:(r+1)*m], b.Re[r*m:(r+1)*m], b.Im[r*m:(r+1)*m]
		up, down := p.row(r), p.row(p.opposite(r))
		zr, zi := p.mixed.Re[up:up+m], p.mixed.Im[up:up+m]
		wr, wi := p.mixed.Re[down:down+2*p.kx+1], p.mixed.Im[down:down+2*p.kx+1]
		for c, l := 0, 0; c < m; c++ {
			ar[c], ai[c] = h*(zr[c]+wr[l]), h*(zi[c]-wi[l])
			br[c], bi[c] = h*(zi[c]+wi[l]), h*(wr[l]-zr[c])
			if l--; l < 0 {
				l = 2 * p.kx
			}
		}
	}
}

// row is where row r of the coefficients begins in the arrays [ny][width].
func (p *Pair) row(r int) int {
	if r > p.ky {
		r += p.ny - (2*p.ky + 1)
	}
	return r * p.width
}

// opposite is the row of frequency −ky where row r has ky.
func (p *Pair) opposite(r int) int {
	if r == 0 {
		return 0
	}
	return 2*p.ky + 1 - r
}

func (p *Pair) check(op string, u, v []float64, a, b Planes) {
	mustLen(op, "first field", len(u), p.nx*p.ny)
	mustLen(op, "second field", len(v), p.nx*p.ny)
	mustLen(op, "coefficients of the first field", a.Len(), p.Modes())
	mustLen(op, "coefficients of the second field", b.Len(), p.Modes())
}

// transpose writes src [rows][cols] with the given stride to dst [cols][rows].
func transpose(dst, src []float64, dstStride, srcStride, rows, cols int) {
	doneRows, doneCols := transposeVector(dst, src, dstStride, srcStride, rows, cols)
	for i := range rows {
		from := 0
		if i < doneRows {
			from = doneCols
		}
		for j := from; j < cols; j++ {
			dst[j*dstStride+i] = src[i*srcStride+j]
		}
	}
}
