package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy/refiner/process"
)

// Float is the element type of fields.
type Float interface{ ~float32 | ~float64 }

// Denoiser writes into dst its prediction of the clean state for x, the state before step number `step` of a plan, at the level given. dst and x have the same length
// and do not overlap.
type Denoiser[F Float] func(ctx context.Context, dst, x []F, step int, level process.Level) error

// Run takes x, a state at the level where the plan begins, to the level where it ends, in place. noise fills dst with independent standard normal numbers for a step that
// draws some; it is asked at most once a step, in order. x may hold any number of fields: all of them are treated alike.
//
// It returns the first error of d, or ctx.Err() when ctx is done before a step; x is then somewhere on the way.
func Run[F Float](ctx context.Context, p Plan, x []F, d Denoiser[F], noise func(dst []F, step int)) error {
	r := runner[F]{plan: p, x: x, next: make([]F, len(x)), made: make([]prediction[F], len(p.Steps)), denoise: d}
	for i, s := range p.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.predict(ctx, i); err != nil {
			return err
		}
		r.combine(s, s.W, 0, -1)
		if s.Noise > 0 {
			z := r.buffer()
			noise(z, i)
			addScaled(r.next, z, s.Noise)
			r.free = append(r.free, z)
		}
		if c := s.Correct; c != nil {
			before := r.x
			r.x = r.next
			if err := r.predict(ctx, i+1); err != nil {
				return err
			}
			r.x, r.next = before, r.buffer()
			r.combine(s, c.W, c.New, i+1)
		}
		r.x, r.next = r.next, r.x
		r.forget(i)
	}
	copy(x, r.x)
	return nil
}

// prediction is what a network said at one level, in both forms.
type prediction[F Float] struct{ data, noise []F }

// runner is one run of a plan.
type runner[F Float] struct {
	plan    Plan
	x, next []F
	made    []prediction[F] // by step
	free    [][]F
	denoise Denoiser[F]
}

func (r *runner[F]) buffer() []F {
	if n := len(r.free); n > 0 {
		b := r.free[n-1]
		r.free = r.free[:n-1]
		return b
	}
	return make([]F, len(r.x))
}

// predict asks for the prediction of step i, unless a correction has asked already.
func (r *runner[F]) predict(ctx context.Context, i int) error {
	if r.made[i].data != nil {
		return nil
	}
	level := r.plan.Steps[i].From
	m := prediction[F]{data: r.buffer()}
	if err := r.denoise(ctx, m.data, r.x, i, level); err != nil {
		return fmt.Errorf("plan: step %d: %w", i, err)
	}
	if r.needsNoise(i) {
		m.noise = r.buffer()
		a, inv := level.Alpha, 1/level.Sigma
		for j, v := range r.x {
			m.noise[j] = F((float64(v) - a*float64(m.data[j])) * inv)
		}
	}
	r.made[i] = m
	return nil
}

// needsNoise tells whether a step weighs prediction i as noise.
func (r *runner[F]) needsNoise(i int) bool {
	for j := i; j < len(r.plan.Steps); j++ {
		if s := r.plan.Steps[j]; s.Prediction == Noise && slices.Contains(s.Of, i) {
			return true
		}
	}
	return i > 0 && r.plan.Steps[i-1].Prediction == Noise && r.plan.Steps[i-1].Correct != nil
}

// combine computes next = A·x + Σ w·prediction, and newest times that of step `at` where at is not negative.
func (r *runner[F]) combine(s Step, w []float64, newest float64, at int) {
	for j, v := range r.x {
		r.next[j] = F(s.A * float64(v))
	}
	for k, m := range s.Of {
		addScaled(r.next, r.made[m].of(s.Prediction), w[k])
	}
	if at >= 0 {
		addScaled(r.next, r.made[at].of(s.Prediction), newest)
	}
}

func (m prediction[F]) of(p Prediction) []F {
	if p == Noise {
		return m.noise
	}
	return m.data
}

// forget gives back the memory of predictions that no step after i weighs.
func (r *runner[F]) forget(i int) {
	for m := range r.made {
		if r.made[m].data == nil || m > i || r.wanted(m, i+1) {
			continue
		}
		for _, b := range [][]F{r.made[m].data, r.made[m].noise} {
			if b != nil {
				r.free = append(r.free, b)
			}
		}
		r.made[m] = prediction[F]{}
	}
}

func (r *runner[F]) wanted(m, from int) bool {
	for _, s := range r.plan.Steps[from:] {
		if slices.Contains(s.Of, m) {
			return true
		}
	}
	return false
}

// addScaled adds f·src to dst. Products are rounded to F once.
func addScaled[F Float](dst, src []F, f float64) {
	for j, v := range src {
		dst[j] += F(f * float64(v))
	}
}

// Anchor makes the denoiser of an anchored process from one that sees whole states: mu, one value per value of a state, is subtracted from what Run carries, so Run has to
// be given x − mu and leaves the sample less mu.
func Anchor[F Float](mu []F, d Denoiser[F]) Denoiser[F] {
	var whole []F
	return func(ctx context.Context, dst, x []F, step int, level process.Level) error {
		if whole == nil {
			whole = make([]F, len(x))
		}
		for i, v := range x {
			whole[i] = v + mu[i]
		}
		if err := d(ctx, dst, whole, step, level); err != nil {
			return err
		}
		for i := range dst {
			dst[i] -= mu[i]
		}
		return nil
	}
}
