package gp

import (
	"fmt"
	"math"
	"slices"

	"github.com/eddy-pde/eddy/gp/lin"
)

// The classical regularisations of a noisy linear problem, in the same eigenbasis as the Gaussian process. None of them sees the truth.
const (
	TikhonovDiscrepancy   = "tikhonov, discrepancy"   // α such that the residual is the noise
	TikhonovGCV           = "tikhonov, gcv"           // α by generalised cross-validation
	TruncationDiscrepancy = "truncation, discrepancy" // lowest frequencies until the residual is the noise
	TruncationGCV         = "truncation, gcv"         // number of lowest frequencies by generalised cross-validation
	Threshold             = "threshold"               // coefficients above the universal threshold σ √(2 log n)
)

// Baselines lists the regularisations.
func Baselines() []string {
	return []string{TikhonovDiscrepancy, TikhonovGCV, TruncationDiscrepancy, TruncationGCV, Threshold}
}

// Regularise solves a linear problem with noisy forcing by a classical regularisation. Problem.Noise must be known for the discrepancy principle and the threshold; missing values are taken as zero.
func Regularise(p *Problem, method string) (*Posterior, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	s, err := newSpectral(p)
	if err != nil {
		return nil, err
	}
	f := s.analyse(s.values)
	noise := p.Noise * p.Noise * s.cell
	if p.Noise <= 0 && method != TikhonovGCV && method != TruncationGCV {
		return nil, fmt.Errorf("gp: %s needs a known noise, found %g", method, p.Noise)
	}
	var keep []float64 // factor on every coefficient of f
	switch method {
	case TikhonovDiscrepancy, TikhonovGCV:
		keep = s.tikhonov(f, noise, method == TikhonovGCV)
	case TruncationDiscrepancy, TruncationGCV:
		keep = s.truncation(f, noise, method == TruncationGCV)
	case Threshold:
		keep = make([]float64, len(f))
		cut := 2 * noise * math.Log(float64(len(f)))
		for i, v := range f {
			keep[i] = truth(v*v > cut)
		}
	default:
		return nil, fmt.Errorf("gp: regularisation %q, expected one of %q", method, Baselines())
	}
	u := make([]float64, len(f))
	for i := range u {
		u[i] = s.solution(f[i]*keep[i], i)
	}
	q := &Posterior{Solver: method, problem: p, Plan: "eigenbasis", Unknowns: len(u), Iterations: 1, Noise: p.Noise}
	if s.lift != nil {
		q.mean = append(q.mean, *s.lift)
	}
	q.mean = append(q.mean, tensorField{s.bases, u})
	return q, nil
}

// tikhonov returns μ²/(μ²+α) with α by bisection on the discrepancy, or from a scan of the cross-validation score.
func (s *spectral) tikhonov(f []float64, noise float64, gcv bool) []float64 {
	n := float64(len(f))
	residual := func(alpha float64) (r, free float64) {
		for i, v := range f {
			k := alpha / (s.mu[i]*s.mu[i] + alpha)
			r += k * k * v * v
			free += k
		}
		return r, free
	}
	lo, hi := math.Inf(1), 0.0
	for _, m := range s.mu {
		if m != 0 {
			lo, hi = math.Min(lo, m*m), math.Max(hi, m*m)
		}
	}
	lo, hi = math.Log(lo)-10, math.Log(hi)+10
	best := lo
	if gcv {
		score := math.Inf(1)
		for k := range 200 {
			a := lo + (hi-lo)*float64(k)/199
			if r, free := residual(math.Exp(a)); r/(free*free) < score {
				best, score = a, r/(free*free)
			}
		}
	} else {
		for range 60 {
			best = (lo + hi) / 2
			if r, _ := residual(math.Exp(best)); r < n*noise {
				lo = best
			} else {
				hi = best
			}
		}
	}
	keep := make([]float64, len(f))
	for i := range keep {
		m := s.mu[i] * s.mu[i]
		keep[i] = m / (m + math.Exp(best))
	}
	return keep
}

// truncation keeps the lowest eigenvalues.
func (s *spectral) truncation(f []float64, noise float64, gcv bool) []float64 {
	order := make([]int, len(f))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch x, y := math.Abs(s.mu[a]), math.Abs(s.mu[b]); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return a - b
	})
	n := float64(len(f))
	left := lin.Dot(f, f)
	cut, score := 0, math.Inf(1)
	for k, i := range order {
		if !gcv && left <= n*noise {
			break
		}
		left -= f[i] * f[i]
		free := n - float64(k+1)
		if !gcv {
			cut = k + 1
		} else if v := left / (free * free); free > 0 && v < score && k < len(order)*9/10 {
			cut, score = k+1, v
		}
	}
	keep := make([]float64, len(f))
	for _, i := range order[:cut] {
		keep[i] = 1
	}
	return keep
}
