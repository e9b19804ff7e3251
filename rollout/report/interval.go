package report

import (
	"math"
	"slices"

	"github.com/eddy-pde/eddy/rollout/metric"
)

// Draws of the bootstrap: for single numbers, fewer where that would take more than some seconds, and for every point of a curve, where a little scatter does not show.
const (
	numberDraws = 4000
	numberLoad  = 1 << 29 // values to add up for one interval
	curveDraws  = 1000
	curvePoints = 100 // at which intervals of a curve are taken
)

// Standing is how a contender does by one measure.
type Standing struct {
	Name string
	// Value is over all trajectories; its bounds are a 95 % confidence interval, NaN where there are fewer than two trajectories or the value is not finite.
	Value metric.Interval
	// Censored tells that the true value may be larger: the forecast was still good at the end of the rollouts.
	Censored bool
	// Behind is by how much the contender is worse than the best one, trajectory by trajectory; NaN for the best itself.
	Behind metric.Interval
	// Rank is 1 + the number of contenders that are better beyond doubt: those for which the interval of the paired difference leaves out zero. 0 where the value is not finite.
	Rank int
}

// Ranking compares all contenders by one measure, the best first.
type Ranking struct {
	Measure   string // as files write it
	Title     string // as people read it
	Better    metric.Better
	Standings []Standing
	// Decided tells whether any two contenders can be told apart.
	Decided bool
}

// measure is a number of a contender over a sample of trajectories.
type measure struct {
	name, title string
	better      metric.Better
	of          func(r Result) func(sample []int) float64 // nil where the contender has none
	censored    func(r Result) bool
}

// rank compares contenders by the measures that a reader asks for first.
func (e *Evaluation) rank() []Ranking {
	measures := []measure{{
		name: "one_step_nrmse", title: "nRMSE of one step", better: metric.Lower,
		of: func(r Result) func([]int) float64 { return meanOver(r.tally.oneStepOf, r.tally.members) },
	}}
	if e.Steps > 1 {
		measures = append([]measure{{
			name: "steps_to_correlation_0.8", title: "steps with correlation ≥ 0.8", better: metric.Higher,
			of: func(r Result) func([]int) float64 {
				curve := curveOver(r.tally.of("correlation").of, r.tally.members)
				return func(sample []int) float64 { return float64(leading(curve, sample, Thresholds[0])) }
			},
			censored: func(r Result) bool { return r.Crossings()[0].Censored },
		}}, measures...)
		measures = append(measures, measure{
			name: "nrmse", title: "nRMSE, mean over the rollout", better: metric.Lower,
			of: func(r Result) func([]int) float64 { return meanOver(r.tally.of("nrmse").of, r.tally.members) },
		})
	}
	if e.ensembles() {
		measures = append(measures, measure{
			name: "crps", title: "CRPS, mean over the rollout", better: metric.Lower,
			of: func(r Result) func([]int) float64 { return meanOver(r.tally.ensemble.score("crps").of, 1) },
		})
	}
	draws := min(max(numberLoad/(e.Trajectories*e.Steps), curveDraws), numberDraws)
	boot := metric.NewBootstrap(e.Trajectories, metric.BootstrapOptions{Draws: draws, Seed: e.Seed})
	var out []Ranking
	for _, m := range measures {
		out = append(out, e.rankBy(boot, m))
	}
	return out
}

// rankBy puts the contenders in order by one measure.
func (e *Evaluation) rankBy(boot *metric.Bootstrap, m measure) Ranking {
	all := e.all()
	r := Ranking{Measure: m.name, Title: m.title, Better: m.better}
	draws := make([][]float64, len(all)) // values of a contender over all trajectories and then over every draw
	order := make([]int, len(all))
	standings := make([]Standing, len(all))
	for i, c := range all {
		order[i] = i
		statistic := m.of(c)
		value := boot.Of(func(sample []int) float64 {
			v := statistic(sample)
			draws[i] = append(draws[i], v)
			return v
		})
		standings[i] = Standing{Name: c.Name, Value: value, Censored: m.censored != nil && m.censored(c), Behind: metric.Interval{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}}
	}
	worse := func(a, b int) metric.Interval { // by how much a is worse than b
		if len(draws[a]) != len(draws[b]) || len(draws[a]) < 2 { // a draw was not finite
			nan := math.NaN()
			return metric.Interval{Value: nan, Low: nan, High: nan}
		}
		k := -1
		return boot.Of(func([]int) float64 { // called in the order in which draws were made
			k++
			if m.better == metric.Higher {
				return draws[b][k] - draws[a][k]
			}
			return draws[a][k] - draws[b][k]
		})
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(standings[a].Value.Value, standings[b].Value.Value, m.better) })
	for place, i := range order {
		s := &standings[i]
		if v := s.Value.Value; v-v == 0 {
			s.Rank = 1
			for _, j := range order[:place] {
				if d := worse(i, j); d.Low > 0 && boot.Supports(d) {
					s.Rank++
					r.Decided = true
				}
			}
		}
		if place > 0 {
			s.Behind = worse(i, order[0])
		}
		r.Standings = append(r.Standings, *s)
	}
	return r
}

// compare puts the better value first, and what is not finite last.
func compare(a, b float64, better metric.Better) int {
	badA, badB := a-a != 0, b-b != 0
	switch {
	case badA && badB:
		return 0
	case badA:
		return 1
	case badB:
		return -1
	case a == b:
		return 0
	case (a < b) == (better == metric.Lower):
		return -1
	}
	return 1
}

// sums are the sum and the number of the defined values of every trajectory and step, [trajectory][step].
type sums struct {
	sum   [][]float64
	count [][]float64
}

// curveOver adds up a series over fields and over members rows a trajectory.
func curveOver(s *series, members int) sums {
	n := s.rows() / members
	out := sums{make([][]float64, n), make([][]float64, n)}
	for t := range n {
		out.sum[t], out.count[t] = make([]float64, s.steps), make([]float64, s.steps)
		for row := t * members; row < (t+1)*members; row++ {
			for step := 1; step <= s.steps; step++ {
				for c := range s.fields {
					if !s.skipped(row, step, c) {
						out.sum[t][step-1] += s.at(row, step, c)
						out.count[t][step-1]++
					}
				}
			}
		}
	}
	return out
}

// mean of one step over a sample of trajectories.
func (s sums) mean(sample []int, step int) float64 {
	a, n := 0.0, 0.0
	for _, t := range sample {
		a += s.sum[t][step-1]
		n += s.count[t][step-1]
	}
	return a / n
}

// leading is the number of leading steps whose mean is at or above a threshold.
func leading(s sums, sample []int, threshold float64) int {
	steps := len(s.sum[0])
	for step := 1; step <= steps; step++ {
		if v := s.mean(sample, step); !(v >= threshold) || v-v != 0 {
			return step - 1
		}
	}
	return steps
}

// meanOver is the mean over fields, members and steps of a sample of trajectories.
func meanOver(s *series, members int) func(sample []int) float64 {
	of := curveOver(s, members)
	sum, count := make([]float64, len(of.sum)), make([]float64, len(of.sum))
	for t := range sum {
		for i := range of.sum[t] {
			sum[t] += of.sum[t][i]
			count[t] += of.count[t][i]
		}
	}
	return func(sample []int) float64 {
		a, n := 0.0, 0.0
		for _, t := range sample {
			a += sum[t]
			n += count[t]
		}
		return a / n
	}
}

// band is the confidence interval of the mean of a series at up to curvePoints steps.
type band struct {
	steps  []int
	lo, hi []float64
}

// bandOf is the band round the mean curve of a series; nil where there are too few trajectories for one.
func (e *Evaluation) bandOf(boot *metric.Bootstrap, s *series, members int) *band {
	if e.Trajectories < 3 {
		return nil
	}
	of := curveOver(s, members)
	b := &band{}
	n := min(s.steps, curvePoints)
	for i := range n {
		step := 1 + int(math.Round(float64(i)*float64(s.steps-1)/float64(max(n-1, 1))))
		v := boot.Of(func(sample []int) float64 { return of.mean(sample, step) })
		b.steps, b.lo, b.hi = append(b.steps, step), append(b.lo, v.Low), append(b.hi, v.High)
	}
	return b
}

// at is the band at every one of n steps, between those at which it was taken by linear interpolation.
func (b *band) at(n int) (lo, hi []float64) {
	if b == nil {
		return nil, nil
	}
	lo, hi = make([]float64, n), make([]float64, n)
	k := 0
	for s := 1; s <= n; s++ {
		for k+1 < len(b.steps)-1 && b.steps[k+1] < s {
			k++
		}
		if len(b.steps) == 1 {
			lo[s-1], hi[s-1] = b.lo[0], b.hi[0]
			continue
		}
		t := float64(s-b.steps[k]) / float64(b.steps[k+1]-b.steps[k])
		lo[s-1], hi[s-1] = b.lo[k]+t*(b.lo[k+1]-b.lo[k]), b.hi[k]+t*(b.hi[k+1]-b.hi[k])
	}
	return lo, hi
}
