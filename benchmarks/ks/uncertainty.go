package main

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/refiner"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// ensembleSize and members are those of one step and of rollouts.
const (
	ensembleSize = 16
	rolloutSize  = 8
)

// sampled is how the samples of a refiner spread.
type sampled struct {
	Plan            string
	Calls           int
	Spread, Skill   float64   // root mean squares over one step from the truth, at all trajectories and 20 times
	Ratio           float64   // √((M+1)/M)·Spread/Skill
	Dev             float64   // the same on the set for choices
	SpectrumSpread  []float64 // variance of the members per wavenumber
	SpectrumSkill   []float64 // squared error of their mean per wavenumber
	Predicted       []float64 // per trajectory: time until the correlation between members falls below 0.8, in intervals
	True            []float64 // and until that of the ensemble's mean with the truth does
	RankCorrelation float64   // between the two; NaN without rollouts
}

// samples measures the samples of a refiner by plans, over one step. The plan whose samples spread most nearly as far as they err on the set for choices comes first, and
// is the one that is rolled out, which takes most of the time.
func samples(ctx context.Context, m *refiner.Model, names []string, dev, test datasets.Dataset) ([]sampled, error) {
	if len(names) == 0 {
		return nil, nil
	}
	choice, err := load(ctx, dev, interval)
	if err != nil {
		return nil, err
	}
	truth, err := load(ctx, test, interval)
	if err != nil {
		return nil, err
	}
	all := make([]sampled, len(names))
	for i, name := range names {
		chosenOn, err := sample(ctx, m, name, choice)
		if err != nil {
			return nil, err
		}
		if all[i], err = sample(ctx, m, name, truth); err != nil {
			return nil, err
		}
		all[i].Dev = chosenOn.Ratio
	}
	slices.SortStableFunc(all, func(a, b sampled) int { return cmp.Compare(math.Abs(math.Log(a.Dev)), math.Abs(math.Log(b.Dev))) })
	if m, err = m.WithPlan(all[0].Plan); err != nil {
		return nil, err
	}
	return all, all[0].rollout(ctx, m, truth)
}

// sample measures the samples of one step by a plan.
func sample(ctx context.Context, m *refiner.Model, name string, t truthOf) (sampled, error) {
	m, err := m.WithPlan(name)
	if err != nil {
		return sampled{}, err
	}
	s := sampled{Plan: name, Calls: m.Plan().Calls(), RankCorrelation: math.NaN()}
	return s, s.oneStep(ctx, m, t)
}

// oneStep draws members of the next state from the truth.
func (s *sampled) oneStep(ctx context.Context, m *refiner.Model, t truthOf) error {
	const times = 20
	spectrum := metric.NewSpectrum(t.spec.Grid)
	s.SpectrumSpread, s.SpectrumSkill = make([]float64, spectrum.Shells()), make([]float64, spectrum.Shells())
	power := make([]float64, spectrum.Shells())
	b := t.frames[0].Shape[0]
	var spread, skill, n float64
	of := make([]float64, b)
	for k := range times {
		at := k * (len(t.frames) - 2) / times
		in, keys := rollout.Members(t.start(at, 1), ensembleSize, uint64(k), 0)
		out := eddy.NewTensor(b*ensembleSize, 1, t.frames[0].Shape[2])
		if err := m.Sample(ctx, out, in, keys); err != nil {
			return err
		}
		members := out.Reshape(b, ensembleSize, 1, out.Shape[2])
		truth := t.frames[at+1]
		metric.Spread(of, members, truth)
		spread += meanSquare(of)
		metric.Skill(of, members, truth)
		skill += meanSquare(of)
		mean := eddy.NewTensor(truth.Shape...)
		metric.EnsembleMean(mean, members)
		for i := range b {
			spectrum.ErrorPower(power, mean.Row(i).Data, truth.Row(i).Data)
			add(s.SpectrumSkill, power)
			for j := range ensembleSize {
				spectrum.ErrorPower(power, members.Row(i).Row(j).Data, mean.Row(i).Data)
				for q, v := range power {
					s.SpectrumSpread[q] += v / (ensembleSize - 1)
				}
			}
			n++
		}
	}
	for q := range power {
		s.SpectrumSpread[q] /= n
		s.SpectrumSkill[q] /= n
	}
	s.Spread, s.Skill = math.Sqrt(spread/times), math.Sqrt(skill/times)
	s.Ratio = metric.SpreadSkillRatio(s.Spread, s.Skill, ensembleSize)
	return nil
}

func meanSquare(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum / float64(len(x))
}

// rollout compares, trajectory by trajectory, when members stop agreeing with each other and with the truth.
func (s *sampled) rollout(ctx context.Context, m *refiner.Model, t truthOf) error {
	b := t.frames[0].Shape[0]
	in, keys := rollout.Members(t.start(0, 1), rolloutSize, 1, 0)
	between, withTruth := make([][]float64, b), make([][]float64, b)
	k := 0
	of := make([]float64, b)
	for state, err := range rollout.Draws(ctx, m, in, keys) {
		if state == nil {
			return err
		}
		if k++; k == len(t.frames) {
			break
		}
		members := state.Reshape(b, rolloutSize, 1, state.Shape[2])
		metric.MemberCorrelation(of, members)
		for i, r := range of {
			between[i] = append(between[i], r)
		}
		// The mean over members of their correlation with the truth: what one member can be expected to have.
		for i := range b {
			var mean float64
			one := make([]float64, 1)
			truth := t.frames[k].Rows(i, i+1)
			for j := range rolloutSize {
				metric.Correlation(one, members.Row(i).Row(j).Reshape(1, 1, state.Shape[2]), truth)
				mean += one[0] / rolloutSize
			}
			withTruth[i] = append(withTruth[i], mean)
		}
	}
	for i := range b {
		s.Predicted = append(s.Predicted, fall(between[i], 0.8))
		s.True = append(s.True, fall(withTruth[i], 0.8))
	}
	s.RankCorrelation = rankCorrelation(s.Predicted, s.True)
	return nil
}

// fall is the number of steps, interpolated, until a curve that starts at 1 first falls below a threshold.
func fall(curve []float64, threshold float64) float64 {
	last := 1.0
	for k, v := range curve {
		if !(v >= threshold) {
			return float64(k) + (last-threshold)/(last-v)
		}
		last = v
	}
	return float64(len(curve))
}

// rankCorrelation is Spearman's.
func rankCorrelation(a, b []float64) float64 { return stat.Correlation(ranks(a), ranks(b), nil) }

// ranks are 0 … n−1, the mean of them where values are equal.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(x[i], x[j]) })
	r := make([]float64, len(x))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && x[order[to]] == x[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			r[i] = 0.5 * float64(from+to-1)
		}
		from = to
	}
	return r
}
