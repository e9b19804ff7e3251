package metric

import "math"

// overSteps makes a metric of rollouts of one of states: a number of the curve that each trajectory (and field) has over the steps. reduce is given the steps
// that the truth leaves defined, and those steps' numbers counted from 1; without any the value is undefined.
func overSteps(of Metric, name, about string, reduce func(curve []float64, steps []int) float64) Metric {
	m := of
	m.Name, m.About, m.Of, m.Default, m.measure, m.undefined = name, about, Rollouts, false, nil, nil
	m.run = func(values int) stepper {
		return &curves{of: of, reduce: reduce, curve: make([][]float64, values), steps: make([][]int, values), now: make([]float64, values)}
	}
	return m
}

// meanOver is the mean of a metric over the steps from first to last.
func meanOver(of Metric, name string, window [2]int, about string) Metric {
	return overSteps(of, name, about, func(curve []float64, steps []int) float64 {
		inside := make([]float64, 0, len(curve))
		for i, v := range curve {
			if steps[i] >= window[0] && steps[i] <= window[1] {
				inside = append(inside, v)
			}
		}
		return Mean(inside, nil)
	})
}

// curves are the values of a metric of states over the steps so far, as far as the truth defines them.
type curves struct {
	of     Metric
	reduce func(curve []float64, steps []int) float64
	curve  [][]float64
	steps  [][]int
	step   int
	now    []float64
}

func (c *curves) add(p *Pair) {
	c.step++
	c.of.Measure(c.now, p)
	skip := c.of.Undefined(p.Truth)
	for i, v := range c.now {
		if skip == nil || !skip[i] {
			c.curve[i], c.steps[i] = append(c.curve[i], v), append(c.steps[i], c.step)
		}
	}
}

// finish tells a window that no defined step lies in from a step in it that is not finite by the reduction of a curve of zeros.
func (c *curves) finish(i int) (value float64, undefined bool) {
	return c.reduce(c.curve[i], c.steps[i]), math.IsNaN(c.reduce(make([]float64, len(c.curve[i])), c.steps[i]))
}

// normOverRollout is a metric of rollouts that divides sums over all steps.
type normOverRollout struct{ errors, sizes []float64 }

func (n *normOverRollout) add(p *Pair) {
	for b := range n.errors {
		u, y := p.Pred.Row(b).Data, p.Truth.U.Row(b).Data
		n.errors[b] += meanSquareError(u, y)
		n.sizes[b] += meanSquare(y)
	}
}

func (n *normOverRollout) finish(b int) (value float64, undefined bool) {
	if n.sizes[b] == 0 {
		return math.NaN(), true
	}
	return math.Sqrt(n.errors[b] / n.sizes[b]), false
}

// longestRollout bounds the steps whose values are kept for distributions: The Well's rollouts are not longer.
const longestRollout = 100

// allValues keeps every value of the first steps of a rollout.
type allValues struct {
	pred, truth [][]float32
	step        int
	of          func(p, y []float32) float64
}

func (a *allValues) add(p *Pair) {
	if a.step++; a.step > longestRollout {
		return
	}
	n := len(p.Pred.Data) / len(a.pred)
	for i := range a.pred {
		a.pred[i] = append(a.pred[i], p.Pred.Data[i*n:(i+1)*n]...)
		a.truth[i] = append(a.truth[i], p.Truth.U.Data[i*n:(i+1)*n]...)
	}
}

func (a *allValues) finish(i int) (value float64, undefined bool) {
	if len(a.truth[i]) == 0 {
		return math.NaN(), true
	}
	return a.of(a.pred[i], a.truth[i]), meanSquare(a.truth[i]) == 0
}

// sumOverRollout adds up a metric of states over the steps.
type sumOverRollout struct {
	of       func(dst []float64, p *Pair)
	sum, now []float64
}

func (s *sumOverRollout) add(p *Pair) {
	s.of(s.now, p)
	for i, v := range s.now {
		s.sum[i] += v
	}
}

func (s *sumOverRollout) finish(i int) (value float64, undefined bool) { return s.sum[i], false }
