package dft

import "github.com/eddy-pde/eddy"

// LaneUnit is the number of lanes that vectors hold: lanes of Lanes come in multiples of it.
const LaneUnit = vectorLanes

// Lanes is a plan for real transforms of even length of several lines side by side: element i of all lines stands together, so that the same vector instructions serve
// all of them and no lane knows of the others. It is the transform of batched one-dimensional solvers. It is used by one goroutine at a time.
//
// Fields are Planes [n/2][lanes], points 2j in Re and 2j+1 in Im of row j. Coefficients are Planes [n/2+1][lanes] of which the rows of frequencies above the highest
// that is kept are 0.
type Lanes struct {
	lanes, rows, kept int
	columns           *columns
	twiddle           []float64 // [rows+1][2]: e^{−2πi k/n}
	z                 Planes    // [rows+1][lanes]
}

// NewLanes makes a plan for lines of n points with frequencies 0 … highest. It panics with a *eddy.ShapeError unless n is even, lanes a positive multiple of LaneUnit
// and 2·highest at most n.
func NewLanes(n, highest, lanes int) *Lanes {
	if n < 2 || n%2 != 0 || lanes < 1 || lanes%LaneUnit != 0 || highest < 0 || 2*highest > n {
		panic(&eddy.ShapeError{Op: "dft.NewLanes", What: "points, highest frequency and lanes", Got: []int{n, highest, lanes}, Hint: "even points, at least twice the frequency"})
	}
	p := &Lanes{lanes: lanes, rows: n / 2, kept: highest + 1, columns: newColumns(n / 2), z: NewPlanes((n/2 + 1) * lanes)}
	for k := range n/2 + 1 {
		re, im := root(k, n)
		p.twiddle = append(p.twiddle, re, im)
	}
	return p
}

// Clone makes a plan with scratch memory of its own that shares the tables of p.
func (p *Lanes) Clone() *Lanes {
	d := *p
	d.columns, d.z = p.columns.clone(), NewPlanes(p.z.Len())
	return &d
}

// Field is a field of zeros.
func (p *Lanes) Field() Planes { return NewPlanes(p.rows * p.lanes) }

// Coefficients are those of a field of zeros.
func (p *Lanes) Coefficients() Planes { return NewPlanes((p.rows + 1) * p.lanes) }

// Factors is the table of factors (re, im) by frequency for Forward; f may be called with any frequency up to the highest.
func (p *Lanes) Factors(f func(k int) complex128) []float64 {
	scale := 1 / float64(4*p.rows)
	var table []float64
	for k := range p.kept {
		c := f(k)
		table = append(table, p.twiddle[2*k], p.twiddle[2*k+1], scale*real(c), scale*imag(c))
	}
	return table
}

// Inverse computes the fields of the coefficients c.
func (p *Lanes) Inverse(u, c Planes) {
	mustLen("dft.Lanes.Inverse", "field", u.Len(), p.rows*p.lanes)
	mustLen("dft.Lanes.Inverse", "coefficients", c.Len(), (p.rows+1)*p.lanes)
	p.join(p.z, c)
	p.columns.transform(u.swapped(), p.lanes, p.z.swapped(), p.lanes, p.lanes)
}

// Forward computes the coefficients of the fields u, multiplied by the factors of a table of Factors. Rows above the highest frequency stay as they are.
func (p *Lanes) Forward(c, u Planes, factors []float64) {
	mustLen("dft.Lanes.Forward", "field", u.Len(), p.rows*p.lanes)
	mustLen("dft.Lanes.Forward", "coefficients", c.Len(), (p.rows+1)*p.lanes)
	mustLen("dft.Lanes.Forward", "factors", len(factors), 4*p.kept)
	n := p.rows * p.lanes
	p.columns.transform(p.z, p.lanes, u, p.lanes, p.lanes)
	copy(p.z.Re[n:], p.z.Re[:p.lanes])
	copy(p.z.Im[n:], p.z.Im[:p.lanes])
	p.split(c, p.z, factors)
}

// join makes of the coefficients c those of the complex lines whose parts are the even and the odd points:
//
//	z[k] = (c[k] + c̄[m−k]) + i w̄^k (c[k] − c̄[m−k]),  w = e^{−2πi/n},  m = n/2
func (p *Lanes) join(z, c Planes) {
	if joinVector(z, c, p.twiddle, p.rows, p.lanes) {
		return
	}
	for k := range p.rows {
		wr, wi := p.twiddle[2*k], p.twiddle[2*k+1]
		for i := k * p.lanes; i < (k+1)*p.lanes; i++ {
			j := i + (p.rows-2*k)*p.lanes
			er, ei := c.Re[i]+c.Re[j], c.Im[i]-c.Im[j]
			or, oi := mul(c.Re[i]-c.Re[j], c.Im[i]+c.Im[j], wr, -wi)
			z.Re[i], z.Im[i] = er-oi, ei+or
		}
	}
}

// split undoes join, times factors.
func (p *Lanes) split(c, z Planes, factors []float64) {
	if splitVector(c, z, factors, p.rows, p.kept, p.lanes) {
		return
	}
	for k := range p.kept {
		f := factors[4*k : 4*k+4]
		for i := k * p.lanes; i < (k+1)*p.lanes; i++ {
			j := i + (p.rows-2*k)*p.lanes
			er, ei := z.Re[i]+z.Re[j], z.Im[i]-z.Im[j]
			tr, ti := mul(z.Im[i]+z.Im[j], z.Re[j]-z.Re[i], f[0], f[1])
			c.Re[i], c.Im[i] = mul(er+tr, ei+ti, f[2], f[3])
		}
	}
}

// Combine writes a·x + b·y to dst [rows][lanes], which may be x or y; table has (Re a, Im a, Re b, Im b) for each row, and dst, x and y may have more rows. It panics
// with a *eddy.ShapeError where they have fewer.
func Combine(dst, x, y Planes, table []float64, lanes int) {
	rows := len(table) / 4
	n := rows * lanes
	for _, p := range []Planes{dst, x, y} {
		if p.Len() < n {
			panic(&eddy.ShapeError{Op: "dft.Combine", What: "array", Got: []int{p.Len()}, Want: []int{n}, Hint: "at least"})
		}
	}
	if combineVector(dst, x, y, table, rows, lanes) {
		return
	}
	for k := range rows {
		t := table[4*k : 4*k+4]
		for i := k * lanes; i < (k+1)*lanes; i++ {
			ar, ai := mul(x.Re[i], x.Im[i], t[0], t[1])
			br, bi := mul(y.Re[i], y.Im[i], t[2], t[3])
			dst.Re[i], dst.Im[i] = ar+br, ai+bi
		}
	}
}

// Square squares the elements of x, real and imaginary parts by themselves.
func Square(x Planes) {
	for _, part := range [][]float64{x.Re, x.Im} {
		for i := squareVector(part); i < len(part); i++ {
			part[i] *= part[i]
		}
	}
}
