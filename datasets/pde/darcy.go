package pde

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
	"github.com/eddy-pde/eddy/internal/dft"
	"github.com/eddy-pde/eddy/internal/par"
)

// Darcy is steady flow through a porous medium in a square of side Length,
//
//	−∇·(a ∇u) = β,  u = 0 on the boundary
//
// The coefficient a is a static field, the state [B, 1, X, Y] the pressure u: frame 0 is zero, frame 1 the solution.
//
// Laws of a: fno, that of the FNO paper (Li et al. 2021), High where a Gaussian field N(0, (−Δ + 9)^{−2}) with zero flux is positive and Low elsewhere; pdebench, 5 bumps
// e^{−r²/s} with centres in the box and s ~ U(0, ½) box areas, High where their sum is above its mean over the law, Low elsewhere. (PDEBench takes the mean over the
// batch at hand, so that its coefficients depend on one another.) Points of fno are nodes, those on the boundary included; points of pdebench are cells, and u = 0 half
// a cell beyond the sides, as its ghost cells say.
//
// Method: differences of second order in flux form with the arithmetic mean of a, as in both originals, or the harmonic mean, between neighbours; conjugate gradients
// preconditioned by the exact inverse of −Δ (a fast sine transform), whose number of steps depends on High/Low alone, to a relative residual of 1e-12.
type Darcy struct {
	Common
	Law       string  // fno or pdebench
	Low, High float64 // values of a
	Beta      float64 // β
	Mean      string  // of a between neighbours: arithmetic or harmonic
}

const lawFNO, arithmetic, harmonic = "fno", "arithmetic", "harmonic"

// DefaultDarcy is the FNO paper's task, a ∈ {3, 12} and β = 1 on the unit square, at 85² nodes.
func DefaultDarcy() Darcy {
	return Darcy{Common: Common{Grid: []int{85, 85}, Length: 1}, Law: lawFNO, Low: 3, High: 12, Beta: 1, Mean: arithmetic}
}

// Problem makes the solver and the law of coefficients. An error names the setting.
func (d Darcy) Problem() (Problem, error) { return d.problem() }

func (d *Darcy) settings() []setting {
	return append(
		only(d.Common.settings(), "grid", "length"),
		choice("law", "law of the coefficient", &d.Law, lawFNO, lawPDEBench),
		number("low", "smaller value of the coefficient", &d.Low),
		number("high", "larger value of the coefficient", &d.High),
		number("beta", "source β", &d.Beta),
		choice("mean", "mean of the coefficient between neighbours", &d.Mean, arithmetic, harmonic),
	)
}

func (d *Darcy) problem() (Problem, error) {
	at, grid := eddy.Node, eddy.PeriodicGrid(d.Length, d.Grid...)
	if d.Law == lawPDEBench {
		at = eddy.Cell
	}
	for a := range grid.Axes {
		grid.Axes[a].Periodic, grid.Axes[a].Wall = false, true
	}
	p, err := d.build(parts{
		name: "darcy", dims: 2, fields: []eddy.Field{{Name: "pressure", At: at}}, steady: true, grid: grid,
		solver: func(spec eddy.Spec) (eddy.Precise, error) {
			switch {
			case !(d.Low > 0) || !(d.High >= d.Low) || math.IsInf(d.High, 0):
				return nil, fmt.Errorf("low = %g, high = %g, expected two rising positive numbers", d.Low, d.High)
			case math.IsNaN(d.Beta) || math.IsInf(d.Beta, 0):
				return nil, fmt.Errorf("beta = %g, expected a number", d.Beta)
			}
			ones := make([]float64, grid.Points())
			for i := range ones {
				ones[i] = 1
			}
			return &solved{newPorous(spec, *d), spec, ones}, nil
		},
		initial: func(eddy.Grid, []int) (datasets.Initial, error) { return zero{}, nil },
	}, d)
	if err != nil {
		return Problem{}, err
	}
	f := &porousFamily{spec: p.Solver.Spec(), solver: p.Solver.(*solved).porous}
	f.spec.Statics = []eddy.Field{{Name: "coefficient", At: at}}
	if f.law, err = d.coefficients(grid, at); err != nil {
		return Problem{}, fmt.Errorf("pde: darcy: %w", err)
	}
	p.Family = f
	return p, nil
}

// zero is the law of the state before the solution.
type zero struct{}

// Draw writes zeros.
func (zero) Draw(_ *rand.Rand, dst []float64) error {
	clear(dst)
	return nil
}

// coefficients is the law of a.
func (d *Darcy) coefficients(grid eddy.Grid, at eddy.Location) (datasets.Initial, error) {
	if d.Law == lawPDEBench {
		return threshold{bumps{grid}, bumpMean(), d.Low, d.High}, nil
	}
	field, err := ic.InsulatedMatern(grid, at, 1, 3/d.Length, 2)
	return threshold{field, 0, d.Low, d.High}, err
}

// threshold is high where a law's field is at least `at`, else low.
type threshold struct {
	law           datasets.Initial
	at, low, high float64
}

// Draw writes one coefficient.
func (t threshold) Draw(rng *rand.Rand, dst []float64) error {
	if err := t.law.Draw(rng, dst); err != nil {
		return err
	}
	for i, x := range dst {
		dst[i] = t.low
		if x >= t.at {
			dst[i] = t.high
		}
	}
	return nil
}

// bumps is PDEBench's sum of bumps on a square of cells.
type bumps struct{ grid eddy.Grid }

const bumpCount, bumpLargest = 5, 0.5

// Draw writes one sum.
func (b bumps) Draw(rng *rand.Rand, dst []float64) error {
	clear(dst)
	shape := b.grid.Shape()
	for range bumpCount {
		x0, y0, s := rng.Float64(), rng.Float64(), bumpLargest*(1-rng.Float64())
		for i := range dst {
			x := (float64(i/shape[1])+0.5)/float64(shape[0]) - x0
			y := (float64(i%shape[1])+0.5)/float64(shape[1]) - y0
			dst[i] += math.Exp(-(x*x + y*y) / s)
		}
	}
	return nil
}

// bumpMean is the mean of the sum over space and law. For one bump of parameter s it is g(s)², g(s) = ∫∫e^{−(x−y)²/s} over the unit square.
func bumpMean() float64 {
	const points = 2000
	sum := 0.0
	for i := range points {
		s := bumpLargest * (float64(i) + 0.5) / points
		g := math.Sqrt(math.Pi*s)*math.Erf(1/math.Sqrt(s)) - s*(1-math.Exp(-1/s))
		sum += g * g / points
	}
	return bumpCount * sum
}

// porousFamily is the model of Darcy's problem: a [datasets.Family] with a member for each coefficient.
type porousFamily struct {
	spec   eddy.Spec
	solver *porous
	law    datasets.Initial
}

// Spec has the coefficient as static field and is steady.
func (f *porousFamily) Spec() eddy.Spec { return f.spec }

// Condition draws a coefficient.
func (f *porousFamily) Condition(rng *rand.Rand, static, _ []float64) error {
	return f.law.Draw(rng, static)
}

// Member is the solution for one coefficient.
func (f *porousFamily) Member(static, _ []float64) (eddy.Precise, datasets.Initial, error) {
	spec := f.spec
	spec.Statics = nil
	return &solved{f.solver, spec, slices.Clone(static)}, zero{}, nil
}

// Step writes the solutions of in.Static [B, 1, X, Y] to dst [B, 1, X, Y]; in.U [B, 1, 1, X, Y] does not enter. Rows whose coefficient is not positive are NaN.
func (f *porousFamily) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	if in.U == nil || in.Static == nil {
		return &eddy.ShapeError{Op: "pde: darcy: Step", What: "input", Hint: "a state and the coefficient as static field are needed"}
	}
	frame, b := f.spec.FrameShape(), in.U.Shape[0]
	eddy.MustShape("pde: darcy: Step", "input", in.U.Shape, append([]int{-1, 1}, frame...))
	eddy.MustShape("pde: darcy: Step", "static field", in.Static.Shape, append([]int{b}, frame...))
	eddy.MustShape("pde: darcy: Step", "destination", dst.Shape, append([]int{b}, frame...))
	if err := ctx.Err(); err != nil {
		return err
	}
	par.For(b, func(i int) {
		a, u := make([]float64, eddy.Size(frame)), dst.Row(i).Data
		for j, x := range in.Static.Row(i).Data {
			a[j] = float64(x)
		}
		f.solver.solve(a, a)
		for j, x := range a {
			// A state that is not finite has no next one.
			u[j] = float32(x) + 0*in.U.Row(i).Data[j]
		}
	})
	return nil
}

// solved is the solution for a given coefficient: a Precise whose step forgets the state.
type solved struct {
	*porous
	spec eddy.Spec
	a    []float64
}

// Spec is steady.
func (s *solved) Spec() eddy.Spec { return s.spec }

// Step writes the solution to every row of dst [B, 1, X, Y].
func (s *solved) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	if in.U == nil {
		return &eddy.ShapeError{Op: "pde: darcy: Step", What: "input", Hint: "there is none"}
	}
	eddy.MustShape("pde: darcy: Step", "input", in.U.Shape, append([]int{-1, 1}, s.spec.FrameShape()...))
	eddy.MustShape("pde: darcy: Step", "destination", dst.Shape, append([]int{in.U.Shape[0]}, s.spec.FrameShape()...))
	u := make([]float64, in.U.Len())
	for i, x := range in.U.Data {
		u[i] = float64(x)
	}
	if err := s.Step64(ctx, u, u); err != nil {
		return err
	}
	for i, x := range u {
		dst.Data[i] = float32(x)
	}
	return nil
}

// Step64 writes the solution to every state of dst; of u only NaN and infinite values matter, which stay.
func (s *solved) Step64(ctx context.Context, dst, u []float64) error {
	n := len(s.a)
	if len(u)%n != 0 || len(dst) != len(u) {
		return &eddy.ShapeError{Op: "pde: darcy: Step64", What: "state and destination", Got: []int{len(u), len(dst)}, Want: []int{n, n}, Hint: "the same multiple"}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	solution := make([]float64, n)
	s.solve(solution, s.a)
	for i, x := range u {
		dst[i] = solution[i%n] + (x - x)
	}
	return nil
}

// porous solves −∇·(a∇u) = β on the interior points of a grid. It is safe for concurrent use.
type porous struct {
	nx, ny   int  // points of the coefficient
	rim      int  // points at each side where u = 0 and no equation stands: 1 for nodes, 0 for cells
	harmonic bool // mean of a between neighbours
	h        [2]float64
	beta     float64
	inverse  []float64 // of the eigenvalues of −Δ_h, [interior]
	pools    par.Pool[*krylov]
}

// krylov is the scratch memory of one solution.
type krylov struct {
	sine           *dft.Sine
	ax, ay         []float64 // a between neighbours along x and y
	u, r, z, p, ap []float64
}

func newPorous(spec eddy.Spec, d Darcy) *porous {
	axes := spec.Grid.Axes
	s := &porous{nx: axes[0].Points, ny: axes[1].Points, beta: d.Beta, harmonic: d.Mean == harmonic, rim: 1}
	for a := range axes {
		s.h[a] = spec.Spacing(a)
		if d.Law == lawPDEBench {
			s.rim = 0
		}
	}
	mx, my := s.interior()
	for i := range mx {
		for j := range my {
			lx := 2 * math.Sin(math.Pi*float64(i+1)/float64(2*(mx+1))) / s.h[0]
			ly := 2 * math.Sin(math.Pi*float64(j+1)/float64(2*(my+1))) / s.h[1]
			s.inverse = append(s.inverse, 1/(lx*lx+ly*ly))
		}
	}
	return s
}

func (s *porous) interior() (mx, my int) { return s.nx - 2*s.rim, s.ny - 2*s.rim }

func (s *porous) newKrylov() *krylov {
	mx, my := s.interior()
	n := mx * my
	return &krylov{
		sine: dft.NewSine(mx, my), ax: make([]float64, (mx+1)*my), ay: make([]float64, mx*(my+1)),
		u: make([]float64, n), r: make([]float64, n), z: make([]float64, n), p: make([]float64, n), ap: make([]float64, n),
	}
}

const (
	darcyTolerance = 1e-12 // of the residual, relative to the source
	darcySteps     = 1000  // √(high/low) · ln(2/tolerance)/2 steps suffice: this is enough for a ratio of 5000
)

// solve writes the solution for the coefficient a to dst, which may be a; NaN where a is not positive and finite.
func (s *porous) solve(dst, a []float64) {
	for _, x := range a {
		if !positive(x) {
			for i := range dst {
				dst[i] = math.NaN()
			}
			return
		}
	}
	k := s.pools.Take(s.newKrylov)
	defer s.pools.Put(k)
	s.between(k, a)
	clear(k.u)
	for i := range k.r {
		k.r[i] = s.beta
	}
	goal := darcyTolerance * norm(k.r)
	rho := s.precondition(k)
	copy(k.p, k.z)
	for range darcySteps {
		if norm(k.r) <= goal {
			break
		}
		s.apply(k)
		alpha := rho / dot(k.p, k.ap)
		for i, p := range k.p {
			k.u[i] += alpha * p
			k.r[i] -= alpha * k.ap[i]
		}
		next := s.precondition(k)
		beta := next / rho
		rho = next
		for i, z := range k.z {
			k.p[i] = z + beta*k.p[i]
		}
	}
	clear(dst)
	mx, my := s.interior()
	for i := range mx {
		copy(dst[(i+s.rim)*s.ny+s.rim:][:my], k.u[i*my:(i+1)*my])
	}
}

// between fills ax [mx+1, my] and ay [mx, my+1] with a between a point and the one before it, over h². Beyond cells at the sides a goes on as it is.
func (s *porous) between(k *krylov, a []float64) {
	mx, my := s.interior()
	at := func(i, j int) float64 {
		i, j = min(max(i+s.rim, 0), s.nx-1), min(max(j+s.rim, 0), s.ny-1)
		return a[i*s.ny+j]
	}
	mean := func(x, y float64) float64 {
		if s.harmonic {
			return 2 * x * y / (x + y)
		}
		return (x + y) / 2
	}
	for i := range mx + 1 {
		for j := range my {
			k.ax[i*my+j] = mean(at(i-1, j), at(i, j)) / (s.h[0] * s.h[0])
		}
	}
	for i := range mx {
		for j := range my + 1 {
			k.ay[i*(my+1)+j] = mean(at(i, j-1), at(i, j)) / (s.h[1] * s.h[1])
		}
	}
}

// apply writes −∇·(a∇p) to ap.
func (s *porous) apply(k *krylov) {
	mx, my := s.interior()
	for i := range mx {
		for j := range my {
			o := i*my + j
			c := k.p[o]
			west, east, south, north := k.ax[o], k.ax[o+my], k.ay[i*(my+1)+j], k.ay[i*(my+1)+j+1]
			v := (west + east + south + north) * c
			if i > 0 {
				v -= west * k.p[o-my]
			}
			if i < mx-1 {
				v -= east * k.p[o+my]
			}
			if j > 0 {
				v -= south * k.p[o-1]
			}
			if j < my-1 {
				v -= north * k.p[o+1]
			}
			k.ap[o] = v
		}
	}
}

// precondition writes (−Δ_h)⁻¹ r to z and returns r·z.
func (s *porous) precondition(k *krylov) float64 {
	k.sine.Transform(k.z, k.r)
	for i, x := range s.inverse {
		k.z[i] *= x
	}
	k.sine.Transform(k.z, k.z)
	return dot(k.r, k.z)
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, x := range a {
		s += x * b[i]
	}
	return s
}

func norm(a []float64) float64 { return math.Sqrt(dot(a, a)) }
