package factor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy/gp/lin"
)

// covariance is the Matérn function in its usual closed form.
func covariance(kind Matern, length, d float64) float64 {
	r := math.Abs(d) / length
	switch kind {
	case Half:
		return math.Exp(-r)
	case FiveHalves:
		r *= math.Sqrt(5)
		return (1 + r + r*r/3) * math.Exp(-r)
	}
	r *= math.Sqrt(3)
	return (1 + r) * math.Exp(-r)
}

// dense is the same model as a Gaussian of n·R values: prior blocks K·s²_r, pseudo-observations (Λ, η) at the first `seen` coordinates. It returns mean and covariance at all coordinates (by coordinate, then process) and log Z.
func dense(t *testing.T, kind Matern, x []float64, length float64, variance []float64, precision []lin.Matrix, shift [][]float64) (mean []float64, cov lin.Matrix, logZ float64) {
	t.Helper()
	n, r, seen := len(x), len(variance), len(precision)
	k := lin.New(n*r, n*r)
	for i := range n {
		for j := range n {
			for q, v := range variance {
				k.Set(i*r+q, j*r+q, v*covariance(kind, length, x[i]-x[j]))
			}
		}
	}
	lambda, eta := lin.New(n*r, n*r), make([]float64, n*r)
	for i := range seen {
		for a := range r {
			eta[i*r+a] = shift[i][a]
			for b := range r {
				lambda.Set(i*r+a, i*r+b, precision[i].At(a, b))
			}
		}
	}
	// C = (I + KΛ)⁻¹ K, mean = C η, log Z = ½ ηᵀCη − ½ log|I + KΛ|
	w := lin.Mul(k, lambda)
	for i := range n * r {
		w.A[i*n*r+i]++
	}
	f := lin.Factor(w)
	cov = lin.New(n*r, n*r)
	col := make([]float64, n*r)
	for j := range n * r {
		for i := range col {
			col[i] = k.At(i, j)
		}
		f.Solve(col)
		for i := range col {
			cov.Set(i, j, col[i])
		}
	}
	mean = make([]float64, n*r)
	cov.Apply(mean, eta)
	return mean, cov, 0.5*lin.Dot(eta, mean) - 0.5*f.LogDet()
}

// The smoother, its evidence and its predictions at unseen coordinates equal dense Gaussian-process regression, for every smoothness, one process and several with coupled observations.
func TestStateSpaceEqualsDenseRegression(t *testing.T) {
	const tol = 1e-9
	rng := rand.New(rand.NewPCG(1, 2))
	for _, kind := range []Matern{Half, ThreeHalves, FiveHalves} {
		for _, variance := range [][]float64{{0.7}, {1.3, 0.4, 2}} {
			t.Run(fmt.Sprint(kind, len(variance)), func(t *testing.T) {
				r := len(variance)
				x := []float64{-0.1, 0.02, 0.4, 0.43, 0.8, 1.9, 2}
				unseen := []float64{-1, 0.2, 0.41, 1.5, 2.7}
				var precision []lin.Matrix
				var shift [][]float64
				for range x {
					a := lin.New(r, r+1)
					for i := range a.A {
						a.A[i] = rng.NormFloat64() * 2
					}
					precision = append(precision, lin.MulNT(a, a))
					s := make([]float64, r)
					for i := range s {
						s[i] = rng.NormFloat64() * 5
					}
					shift = append(shift, s)
				}
				const length = 0.6
				c := &chain{kind: kind, x: x, length: length, variance: variance}
				c.infer(precision, shift)
				all := slices.Concat(x, unseen)
				mean, cov, logZ := dense(t, kind, all, length, variance, precision, shift)
				if math.Abs(c.logZ-logZ) > tol*math.Abs(logZ) {
					t.Errorf("log evidence %.12g, dense %.12g", c.logZ, logZ)
				}
				for i, at := range all {
					m, v := c.at(at)
					for a := range r {
						if want := mean[i*r+a]; math.Abs(m[a]-want) > tol*(1+math.Abs(want)) {
							t.Errorf("mean at %g: %.12g, dense %.12g", at, m[a], want)
						}
						for b := range r {
							if want := cov.At(i*r+a, i*r+b); math.Abs(v.At(a, b)-want) > tol {
								t.Errorf("covariance at %g: %.12g, dense %.12g", at, v.At(a, b), want)
							}
						}
					}
				}
			})
		}
	}
}
