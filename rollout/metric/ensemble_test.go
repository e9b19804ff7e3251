package metric_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// randomEnsemble draws members and truth from the same law, standard normal unless spread or bias say otherwise.
func randomEnsemble(seed uint64, b, m, c, n int, spread, bias float64) (members, truth *eddy.Tensor) {
	rng := rand.New(rand.NewPCG(seed, 1))
	members, truth = eddy.NewTensor(b, m, c, n), eddy.NewTensor(b, c, n)
	for i := range members.Data {
		members.Data[i] = float32(bias + spread*rng.NormFloat64())
	}
	for i := range truth.Data {
		truth.Data[i] = float32(rng.NormFloat64())
	}
	return members, truth
}

func TestCRPSIsTheSumOverPairs(t *testing.T) {
	const b, m, c, n = 2, 5, 3, 7
	members, truth := randomEnsemble(1, b, m, c, n, 1.3, 0.2)
	plain, fair := make([]float64, b*c), make([]float64, b*c)
	metric.CRPS(plain, members, truth)
	metric.CRPSFair(fair, members, truth)
	for i := range plain {
		var skill, pairs float64
		for x := range n {
			at := func(k int) float64 { return float64(members.Data[((i/c*m+k)*c+i%c)*n+x]) }
			for k := range m {
				skill += math.Abs(at(k)-float64(truth.Data[i*n+x])) / (m * n)
				for l := range m {
					pairs += math.Abs(at(k)-at(l)) / n
				}
			}
		}
		near(t, "CRPS", plain[i:i+1], []float64{skill - pairs/(2*m*m)})
		near(t, "CRPSFair", fair[i:i+1], []float64{skill - pairs/(2*m*(m-1))})
	}
}

func TestCRPSOfOneMemberIsItsMeanAbsoluteError(t *testing.T) {
	members, truth := eddy.FromSlice([]float32{1, 5, -2, 0}, 1, 1, 1, 4), eddy.FromSlice([]float32{2, 5, 1, 1}, 1, 1, 4)
	d := make([]float64, 1)
	if metric.CRPS(d, members, truth); d[0] != 5.0/4 {
		t.Errorf("CRPS of one member is %g, want 1.25", d[0])
	}
	if metric.CRPSFair(d, members, truth); !math.IsNaN(d[0]) {
		t.Errorf("CRPSFair of one member is %g: there is no pair", d[0])
	}
}

// A normal law against a truth drawn from it: E CRPS = 1/√π, which the fair score has for any number of members and the plain one overestimates by 1/(M√π).
func TestFairCRPSDoesNotDependOnTheNumberOfMembers(t *testing.T) {
	want := 1 / math.Sqrt(math.Pi)
	for _, m := range []int{2, 5, 40} {
		members, truth := randomEnsemble(uint64(m), 1, m, 1, 40000, 1, 0)
		d := make([]float64, 1)
		metric.CRPSFair(d, members, truth)
		if math.Abs(d[0]-want) > 0.015 { // a mean over 40,000 points of standard deviation near 0.6: five standard errors
			t.Errorf("%d members: fair CRPS %g, want %g", m, d[0], want)
		}
		metric.CRPS(d, members, truth)
		if want := want * (1 + 1/float64(m)); math.Abs(d[0]-want) > 0.015 {
			t.Errorf("%d members: CRPS %g, want %g", m, d[0], want)
		}
	}
}

func TestSpreadSkillOfExchangeableMembersIsOne(t *testing.T) {
	for _, m := range []int{2, 4, 16} {
		members, truth := randomEnsemble(9, 1, m, 1, 40000, 1, 0)
		d := make([]float64, 1)
		metric.SpreadSkill(d, members, truth)
		if math.Abs(d[0]-1) > 0.02 {
			t.Errorf("%d members: spread-skill %g", m, d[0])
		}
		metric.SpreadSkillPlain(d, members, truth)
		if want := math.Sqrt(float64(m) / float64(m+1)); math.Abs(d[0]-want) > 0.02 {
			t.Errorf("%d members: without the correction %g, want %g", m, d[0], want)
		}
		spread, skill := make([]float64, 1), make([]float64, 1)
		metric.Spread(spread, members, truth)
		metric.Skill(skill, members, truth)
		if math.Abs(spread[0]-1) > 0.02 || math.Abs(skill[0]-math.Sqrt(1+1/float64(m))) > 0.02 {
			t.Errorf("%d members: spread %g, skill %g", m, spread[0], skill[0])
		}
	}
}

func TestRankHistogramTellsFlatFromNarrowAndBiased(t *testing.T) {
	const m = 9
	histogram := func(spread, bias float64) []float64 {
		members, truth := randomEnsemble(4, 1, m, 1, 20000, spread, bias)
		h := make([]float64, m+1)
		metric.RankHistogram(h, members, truth)
		sum := 0.0
		for _, v := range h {
			sum += v
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("shares add up to %g", sum)
		}
		return h
	}
	flat, narrow, biased := histogram(1, 0), histogram(0.5, 0), histogram(1, 1)
	if d := metric.RankDeviation(flat); d > 0.04 {
		t.Errorf("exchangeable members: deviation %g from flat: %v", d, flat)
	}
	if !(narrow[0] > 0.2 && narrow[m] > 0.2 && narrow[m/2] < 0.1) {
		t.Errorf("narrow ensemble has no valley: %v", narrow)
	}
	if !(biased[0] > 0.3 && biased[m] < 0.02) {
		t.Errorf("members too large: the truth is not below them: %v", biased)
	}
	if metric.RankDeviation(narrow) < 0.3 || metric.RankDeviation(biased) < 0.3 {
		t.Error("deviations of unreliable ensembles are small")
	}
}

func TestRankHistogramSharesTies(t *testing.T) {
	members, truth := eddy.FromSlice([]float32{0, 2, 1, 2}, 1, 2, 1, 2), eddy.FromSlice([]float32{1, 2}, 1, 1, 2)
	h := make([]float64, 3) // point 0: members 0 and 1, truth 1: ranks 1 and 2; point 1: members 2 and 2, truth 2: all ranks
	metric.RankHistogram(h, members, truth)
	near(t, "shares", h, []float64{1.0 / 6, 5.0 / 12, 5.0 / 12})
}

func TestMemberCorrelationIsTheMeanOverPairs(t *testing.T) {
	const b, m, c, n = 2, 4, 2, 30
	members, _ := randomEnsemble(5, b, m, c, n, 1, 3)
	got := make([]float64, b*c)
	metric.MemberCorrelation(got, members)
	for i := range got {
		member := func(k int) *eddy.Tensor {
			from := ((i/c*m+k)*c + i%c) * n
			return eddy.FromSlice(members.Data[from:from+n], 1, 1, n)
		}
		sum, one := 0.0, make([]float64, 1)
		for k := range m {
			for l := range k {
				metric.Correlation(one, member(k), member(l))
				sum += one[0]
			}
		}
		near(t, "MemberCorrelation", got[i:i+1], []float64{sum / (m * (m - 1) / 2)})
	}
}

func TestEnsembleMetricsOfNaNAreNaN(t *testing.T) {
	plan := metric.NewPlan(eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 8), Dt: 1})
	for _, broken := range []string{"member", "truth"} {
		for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
			members, truth := randomEnsemble(6, 1, 3, 1, 8, 1, 0)
			if broken == "truth" {
				truth.Data[3] = bad
			} else {
				members.Data[8+3] = bad
			}
			p := plan.Truth(truth).AgainstMembers(members)
			for _, m := range metric.Catalogue() {
				// Infinity has a rank; spread and agreement of members do not look at the truth.
				if m.Of != metric.Members || m.Check(plan.Spec()) != nil || (m.Name == "rank_deviation" && bad == bad) ||
					(broken == "truth" && (m.Name == "spread" || m.Name == "member_correlation")) {
					continue
				}
				d := make([]float64, 1)
				if m.Measure(d, p); d[0]-d[0] == 0 {
					t.Errorf("%s of an ensemble with %g in a %s is %g", m.Name, bad, broken, d[0])
				}
			}
		}
	}
}

func TestEnsembleShapesThatDoNotFitAreShapeErrors(t *testing.T) {
	truth := eddy.NewTensor(2, 1, 4)
	for name, f := range map[string]func(){
		"other points":      func() { metric.CRPS(make([]float64, 2), eddy.NewTensor(2, 3, 1, 5), truth) },
		"no members axis":   func() { metric.SpreadSkill(make([]float64, 2), eddy.NewTensor(2, 1, 4), truth) },
		"short destination": func() { metric.CRPSFair(make([]float64, 1), eddy.NewTensor(2, 3, 1, 4), truth) },
		"short histogram":   func() { metric.RankHistogram(make([]float64, 2), eddy.NewTensor(2, 3, 1, 4), truth) },
		"two axes":          func() { metric.MemberCorrelation(make([]float64, 2), eddy.NewTensor(2, 3)) },
	} {
		err := func() (err error) { defer eddy.Recover(&err); f(); return nil }()
		var shape *eddy.ShapeError
		if !errors.As(err, &shape) {
			t.Errorf("%s: %v, want a shape error", name, err)
		}
	}
}

func ExampleCRPS() {
	members := eddy.FromSlice([]float32{1, 3}, 1, 2, 1, 1) // two members at one point
	truth := eddy.FromSlice([]float32{2}, 1, 1, 1)
	dst := make([]float64, 1)
	metric.CRPS(dst, members, truth)
	fmt.Println(dst[0])
	// Output: 0.5
}
