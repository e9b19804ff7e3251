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
func (g gas) diffuse(dq, q, v [][]float64, on *mesh) {
	for c := range dq {
		clear(dq[c])
	}
	rho := q[0]
	for c := range v {
		for i, r := range rho {
			v[c][i] = q[2+c][i] / r
		}
	}
	bulk, cross := 4./3*g.eta+g.zeta, g.zeta-2./3*g.eta
	for axis, h := range on.step {
		inv := 1 / h
		a, force := v[axis], dq[2+axis]
		for here, next := range on.up[axis] {
			if next == here {
				continue // an open side: nothing changes across it
			}
			mean := (rho[here] + rho[next]) / 2
			stress := bulk * inv * (a[next] - a[here])
			work := 0.0
			if len(v) == 2 {
				o := 1 - axis
				b, shearForce, quarter := v[o], dq[2+o], 0.25/on.step[o]
				n1, n2, s1, s2 := on.up[o][here], on.up[o][next], on.down[o][here], on.down[o][next]
				stress += cross * quarter * (b[n1] + b[n2] - b[s1] - b[s2])
				shear := mean * g.eta * inv * (inv*(b[next]-b[here]) + quarter*(a[n1]+a[n2]-a[s1]-a[s2]))
				shearForce[here] += shear
				shearForce[next] -= shear
				work = shear * (b[here] + b[next]) / 2
			}
			stress *= mean * inv
			force[here] += stress
			force[next] -= stress
			work += stress * (a[here] + a[next]) / 2
			dq[1][here] += work
			dq[1][next] -= work
		}
	}
}
