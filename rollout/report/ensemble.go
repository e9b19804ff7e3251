package report

import (
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// ensemble is what the members of a contender say together. A contender of one member has the scores that mean something for a single forecast.
type ensemble struct {
	members int
	scores  []*measurement   // metrics of members, a row a trajectory
	ranks   [][]*rankCounter // [spectrum step][field]; nil for a single forecast
	fan     [][]float32      // [step][member] values of the first trajectory where fans look, from the start
}

// rankCounter adds up rank histograms.
type rankCounter struct {
	sum []float64 // [M+1]
	n   int
}

// single are the scores of ensembles that a single forecast has too: the CRPS is then its mean absolute error.
var single = []string{"crps"}

// ofMean marks a score of the ensemble's mean.
const ofMean = "_of_mean"

func newEnsemble(r *runner, members int) *ensemble {
	e := &ensemble{members: members}
	for _, m := range r.metrics.members {
		if members == 1 && !slices.Contains(single, m.Name) {
			continue
		}
		e.scores = append(e.scores, newMeasurement(m, r.ds.Len(), r.steps, m.Values(r.spec)))
	}
	if members == 1 {
		return e
	}
	e.ranks = make([][]*rankCounter, len(r.truth.spectrumSteps))
	for k := range e.ranks {
		for range r.spec.Channels() {
			e.ranks[k] = append(e.ranks[k], &rankCounter{sum: make([]float64, members+1)})
		}
	}
	return e
}

// add takes a step of the rollouts [B·M, C, X…] of the trajectories that begin with from.
func (e *ensemble) add(r *runner, step, from int, state *eddy.Tensor) {
	if len(e.scores) == 0 {
		return
	}
	truth := r.truth.now
	b := truth.U.Shape[0]
	p := truth.AgainstMembers(state.Reshape(append([]int{b, e.members}, state.Shape[1:]...)...))
	for _, m := range e.scores {
		m.measure(step, from, p)
	}
	if e.ranks == nil {
		return
	}
	if from == 0 {
		e.look(state)
	}
	if k := r.truth.atSpectrum; k >= 0 {
		h := make([]float64, b*len(e.ranks[k])*(e.members+1))
		metric.RankHistogram(h, p.Members, truth.U)
		for i := 0; i < len(h); i += e.members + 1 {
			e.ranks[k][i/(e.members+1)%len(e.ranks[k])].add(h[i : i+e.members+1])
		}
	}
}

// add takes a histogram; one of a forecast that is not finite has no ranks.
func (c *rankCounter) add(h []float64) {
	if h[0] != h[0] {
		return
	}
	for i, v := range h {
		c.sum[i] += v
	}
	c.n++
}

// mean is the mean histogram; nil where there is none.
func (c *rankCounter) mean() []float64 {
	if c.n == 0 {
		return nil
	}
	out := make([]float64, len(c.sum))
	for i, v := range c.sum {
		out[i] = v / float64(c.n)
	}
	return out
}

// look notes what the members of the first trajectory are at the place that fans show.
func (e *ensemble) look(state *eddy.Tensor) {
	values := make([]float32, e.members)
	for j := range values {
		values[j] = atProbe(state.Row(j))
	}
	e.fan = append(e.fan, values)
}

// atProbe is the value of a state [C, X…] where fans look: the first field in the middle of the grid.
func atProbe(state *eddy.Tensor) float32 {
	u := state.Row(0)
	at, stride := 0, len(u.Data)
	for _, n := range u.Shape {
		stride /= n
		at += n / 2 * stride
	}
	return u.Data[at]
}

// score finds a metric of members.
func (e *ensemble) score(name string) *measurement {
	for _, m := range e.scores {
		if m.Name == name {
			return m
		}
	}
	return nil
}
