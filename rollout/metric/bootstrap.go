package metric

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/eddy-pde/eddy"
)

// Interval is an estimate and the interval in which its true value is believed to be. Low and High are NaN where no interval can be given.
type Interval struct{ Value, Low, High float64 }

// Bootstrap gives confidence intervals by drawing trajectories with replacement: trajectories are independent of each other, while steps, fields and points
// of one are not, so whole trajectories are drawn. All intervals of one Bootstrap use the same draws, which depend on the seed alone.
//
// Bounds are percentiles of the statistic over the draws. Plain percentiles are too narrow for few trajectories, so they are taken further out, at the level
// at which the interval of a mean is as wide as Student's (the expanded percentile interval of Hesterberg 2015, section 5.3.2). A Bootstrap is safe for
// concurrent use.
type Bootstrap struct {
	draws [][]int // [draw][trajectory]
	n     int
	level float64
	tail  float64 // share of the draws below Low, and above High
}

// BootstrapOptions says how to draw. The zero value asks for 95 % and 4,000 draws of seed 0.
type BootstrapOptions struct {
	Level float64 // of confidence, between 0 and 1; 0: 0.95
	Draws int     // 0: 4000
	Seed  uint64
}

// NewBootstrap draws from n trajectories.
func NewBootstrap(n int, o BootstrapOptions) *Bootstrap {
	if o.Level == 0 {
		o.Level = 0.95
	}
	if o.Draws == 0 {
		o.Draws = 4000
	}
	b := &Bootstrap{n: n, level: o.Level}
	if n < 2 {
		return b
	}
	t := distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile((1 - o.Level) / 2)
	b.tail = distuv.UnitNormal.CDF(t * math.Sqrt(float64(n)/float64(n-1)))
	rng := rand.New(rand.NewPCG(o.Seed, 0x626f6f7473747261))
	flat := make([]int, n*o.Draws)
	for i := range flat {
		flat[i] = rng.IntN(n)
	}
	for k := range o.Draws {
		b.draws = append(b.draws, flat[k*n:(k+1)*n])
	}
	return b
}

// Level is the confidence of the intervals.
func (b *Bootstrap) Level() float64 { return b.level }

// Of is the interval of any statistic. The statistic is given the indices of the trajectories in a sample, some of them more than once and others not at all;
// Value is that of all trajectories, each once. Where the statistic of any draw is not finite, the bounds are NaN.
func (b *Bootstrap) Of(statistic func(sample []int) float64) Interval {
	all := make([]int, b.n)
	for i := range all {
		all[i] = i
	}
	out := Interval{statistic(all), math.NaN(), math.NaN()}
	values := make([]float64, len(b.draws))
	for k, sample := range b.draws {
		v := statistic(sample)
		if v-v != 0 {
			return out
		}
		values[k] = v
	}
	if len(values) > 0 {
		slices.Sort(values)
		out.Low, out.High = quantile(values, b.tail), quantile(values, 1-b.tail)
	}
	return out
}

// Mean is the interval of the mean of values [n·k], k of each trajectory, which is outermost; those that skip marks (nil for none) are left out. As with
// [Mean] it is not finite as soon as one value is not.
func (b *Bootstrap) Mean(values []float64, skip []bool) Interval {
	sum, count := b.perTrajectory("metric.Bootstrap.Mean", values, func(i int) (float64, bool) { return values[i], skip != nil && skip[i] })
	return b.Of(func(sample []int) float64 {
		s, n := 0.0, 0.0
		for _, i := range sample {
			s += sum[i]
			n += count[i]
		}
		return s / n
	})
}

// Difference is the interval of the mean of x − y, values [n·k] of two contenders on the same trajectories. Pairing takes out what is hard or easy about a
// trajectory for both, so it can tell contenders apart whose own intervals overlap; see [Bootstrap.Supports].
func (b *Bootstrap) Difference(x, y []float64, skip []bool) Interval {
	eddy.MustShape("metric.Bootstrap.Difference", "second contender", []int{len(y)}, []int{len(x)})
	d := make([]float64, len(x))
	for i := range d {
		d[i] = x[i] - y[i]
	}
	return b.Mean(d, skip)
}

// Supports tells whether an interval of a difference says which of the two is larger: it lies on one side of 0, and there are so many trajectories that signs
// all alike would not come about by chance more often than the level allows, 2^(1−n) ≤ 1 − level: 6 at 95 %.
func (b *Bootstrap) Supports(difference Interval) bool {
	return math.Ldexp(1, 1-b.n) <= 1-b.level && (difference.Low > 0 || difference.High < 0)
}

// perTrajectory adds up the values of each trajectory and counts them.
func (b *Bootstrap) perTrajectory(op string, values []float64, at func(i int) (value float64, skip bool)) (sum, count []float64) {
	if b.n == 0 || len(values)%b.n != 0 {
		panic(&eddy.ShapeError{Op: op, What: "values", Got: []int{len(values)}, Want: []int{b.n, -1}})
	}
	k := len(values) / b.n
	sum, count = make([]float64, b.n), make([]float64, b.n)
	for i := range values {
		if v, skip := at(i); !skip {
			sum[i/k] += v
			count[i/k]++
		}
	}
	return sum, count
}

// quantile of sorted values, by linear interpolation.
func quantile(sorted []float64, q float64) float64 {
	p := q * float64(len(sorted)-1)
	i := min(int(p), len(sorted)-2)
	if i < 0 {
		return sorted[0]
	}
	return sorted[i] + (p-float64(i))*(sorted[i+1]-sorted[i])
}
