package plan_test

import (
	"context"
	"math"

	"github.com/eddy-pde/eddy/refiner/plan"
	"github.com/eddy-pde/eddy/refiner/process"
)

// linear is the process on which orders are measured, between λ = −3 and 2.
var linear = process.VP{Beta0: 0.1, Beta1: 20}

const noisy, clean = -3.0, 2.0

func grid(n int) []process.Level { return process.Between(linear, noisy, clean, n) }

// gradedGrid is grid(n) with three levels more behind the first, h² apart: the first steps, which have no history and are of low order, are then so small that what is measured is
// the order of the others.
func gradedGrid(n int) []process.Level {
	g := grid(n)
	const span = clean - noisy
	h := span / float64(n)
	graded := g[:1:1]
	for i := range 3 {
		graded = append(graded, linear.At(linear.Time(noisy+float64(i+1)*h*h)))
	}
	return append(graded, g[1:]...)
}

// component is one part of a mixture of normal distributions.
type component struct{ weight, mean, spread float64 }

// mixture is a target whose best prediction of the clean state is known.
type mixture []component

var two = mixture{{0.3, -1.2, 0.25}, {0.7, 0.8, 0.4}}

// denoise is E[x₀ | x] at a level.
func (m mixture) denoise(x float64, l process.Level) float64 {
	a, s := l.Alpha, l.Sigma
	best := math.Inf(-1)
	logs := make([]float64, len(m))
	for i, c := range m {
		v := a*a*c.spread*c.spread + s*s
		d := x - a*c.mean
		logs[i] = math.Log(c.weight) - 0.5*d*d/v - 0.5*math.Log(v)
		best = math.Max(best, logs[i])
	}
	var sum, total float64
	for i, c := range m {
		p := math.Exp(logs[i] - best)
		v := c.spread * c.spread
		total += p
		sum += p * (c.mean + a*v/(a*a*v+s*s)*(x-a*c.mean))
	}
	return sum / total
}

func (m mixture) denoiser() plan.Denoiser[float64] {
	return func(_ context.Context, dst, x []float64, _ int, l process.Level) error {
		for i, v := range x {
			dst[i] = m.denoise(v, l)
		}
		return nil
	}
}

// flow solves the deterministic sampling equation d(x/σ)/dλ = e^λ·x₀(x, λ) with 4000 Runge–Kutta steps.
func (m mixture) flow(x float64) float64 {
	level := func(lambda float64) process.Level { return linear.At(linear.Time(lambda)) }
	f := func(lambda, y float64) float64 {
		l := level(lambda)
		return math.Exp(lambda) * m.denoise(y*l.Sigma, l)
	}
	const n = 4000
	const h = (clean - noisy) / n
	y := x / level(noisy).Sigma
	for i := range n {
		lambda := noisy + h*float64(i)
		k1 := f(lambda, y)
		k2 := f(lambda+h/2, y+h/2*k1)
		k3 := f(lambda+h/2, y+h/2*k2)
		k4 := f(lambda+h, y+h*k3)
		y += h / 6 * (k1 + 2*k2 + 2*k3 + k4)
	}
	return y * level(clean).Sigma
}
