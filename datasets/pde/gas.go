package pde

import "math"

// gas is the compressible Euler and Navier–Stokes equations of an ideal gas in one or two dimensions: w = (ρ, p, v…), q = (ρ, E, ρv…) with E = p/(γ−1) + ½ρ|v|².
type gas struct {
	gamma     float64
	eta, zeta float64 // kinematic viscosities: those of the stress are ρη and ρζ
}

func (gas) velocity() int { return 2 }

func (gas) positive() []int { return []int{0, 1} }

func (g gas) conserved(q, w [][]float64) {
	for i, rho := range w[0] {
		q[0][i] = rho
		e := w[1][i] / (g.gamma - 1)
		for c := 2; c < len(w); c++ {
			v := w[c][i]
			q[c][i] = rho * v
			e += rho * v * v / 2
		}
		q[1][i] = e
	}
}

func (g gas) primitive(w, q [][]float64) {
	for i, rho := range q[0] {
		w[0][i] = rho
		e := q[1][i]
		for c := 2; c < len(w); c++ {
			v := q[c][i] / rho
			w[c][i] = v
			e -= rho * v * v / 2
		}
		w[1][i] = (g.gamma - 1) * e
	}
}

func (g gas) sound(c []float64, w [][]float64) {
	for i, rho := range w[0] {
		c[i] = math.Sqrt(g.gamma * w[1][i] / rho)
	}
}

// riemann is the HLLC solver (Toro, Spruce & Speares 1994) with the wave speeds of Einfeldt, which keep density and pressure positive (Batten et al. 1997).
func (g gas) riemann(f, l, r [][]float64) {
	for i, rhoL := range l[0] {
		rhoR, pL, pR, uL, uR := r[0][i], l[1][i], r[1][i], l[2][i], r[2][i]
		cL, cR := math.Sqrt(g.gamma*pL/rhoL), math.Sqrt(g.gamma*pR/rhoR)
		sL, sR := g.speeds(rhoL, rhoR, uL, uR, cL, cR)
		massL, massR := rhoL*(sL-uL), rhoR*(sR-uR)
		s := (pR - pL + massL*uL - massR*uR) / (massL - massR) // of the contact
		side, rho, p, u, mass, bound := l, rhoL, pL, uL, massL, sL
		if s < 0 {
			side, rho, p, u, mass, bound = r, rhoR, pR, uR, massR, sR
		}
		e := p/(g.gamma-1) + rho*u*u/2
		if len(side) > 3 {
			e += rho * side[3][i] * side[3][i] / 2
		}
		f0, f1, f2 := rho*u, (e+p)*u, rho*u*u+p
		if (bound < 0) == (s >= 0) && bound != 0 { // the wave between side and contact lies on the other side of the face: its state counts
			rhoS := mass / (bound - s)
			eS := rhoS * (e/rho + (s-u)*(s+p/mass))
			f0 += bound * (rhoS - rho)
			f1 += bound * (eS - e)
			f2 += bound * (rhoS*s - rho*u)
		}
		f[0][i], f[1][i], f[2][i] = f0, f1, f2
		if len(side) > 3 {
			f[3][i] = f0 * side[3][i]
		}
	}
}

// speeds bounds the waves of a face, by those of its sides and of Roe's mean.
func (g gas) speeds(rhoL, rhoR, uL, uR, cL, cR float64) (left, right float64) {
	a, b := math.Sqrt(rhoL), math.Sqrt(rhoR)
	u := (a*uL + b*uR) / (a + b)
	d := (uR - uL) / (a + b)
	c := math.Sqrt((a*cL*cL+b*cR*cR)/(a+b) + (g.gamma-1)/2*a*b*d*d)
	return min(uL-cL, u-c), max(uR+cR, u+c)
}

func (g gas) diffusivity() float64 { return 4./3*g.eta + g.zeta }

// diffuse is the divergence of the stress ρη(∇v + ∇vᵀ − ⅔ ∇·v) + ρζ ∇·v, and of its work on the flow: central differences between the cells of each face, and for
// derivatives along the face the mean of those cells.
func (g gas) diffuse(dq, q [][]float64, on mesh) {
	for c := range dq {
		clear(dq[c])
	}
	nx, ny := on.shape[0], 1
	if len(on.shape) == 2 {
		ny = on.shape[1]
	}
	v := func(c, i int) float64 { return q[2+c][i] / q[0][i] }
	for axis, h := range on.step {
		other := 1 - axis
		for i := range nx {
			for j := range ny {
				here := i*ny + j
				next := on.neighbour(0, i, 1)*ny + j
				if axis == 1 {
					next = i*ny + on.neighbour(1, j, 1)
				}
				if next == here {
					continue // an open side: nothing changes across it
				}
				rho := (q[0][here] + q[0][next]) / 2
				a, b := v(axis, here), v(axis, next)
				stress := rho * (4./3*g.eta + g.zeta) * (b - a) / h
				if len(on.shape) == 2 {
					slope := func(c int) float64 { // along the face
						side := func(d int) float64 {
							if axis == 0 {
								k := on.neighbour(1, j, d)
								return v(c, i*ny+k) + v(c, on.neighbour(0, i, 1)*ny+k)
							}
							k := on.neighbour(0, i, d)
							return v(c, k*ny+j) + v(c, k*ny+on.neighbour(1, j, 1))
						}
						return (side(1) - side(-1)) / (4 * on.step[other])
					}
					stress += rho * (g.zeta - 2./3*g.eta) * slope(other)
					shear := rho * g.eta * ((v(other, next)-v(other, here))/h + slope(axis))
					work := shear * (v(other, here) + v(other, next)) / 2
					dq[2+other][here] += shear / h
					dq[2+other][next] -= shear / h
					dq[1][here] += work / h
					dq[1][next] -= work / h
				}
				work := stress * (a + b) / 2
				dq[2+axis][here] += stress / h
				dq[2+axis][next] -= stress / h
				dq[1][here] += work / h
				dq[1][next] -= work / h
			}
		}
	}
}
