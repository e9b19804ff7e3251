package metric_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// table writes the differences and the times to a page: go test ./rollout/metric -run Originals -table ../../benchmarks/metrics.md.
var table = flag.String("table", "", "write the table of differences and times to this file")

// peerTol is what a metric may differ by from the code of its origin, relative to the larger of the two.
const peerTol = 1e-6

// numbers are those of a peer; null is NaN.
type numbers []float64

func (n *numbers) UnmarshalJSON(b []byte) error {
	var v []*float64
	if err := json.Unmarshal(b, &v); err != nil { // a single number
		v = []*float64{nil}
		if err := json.Unmarshal(b, &v[0]); err != nil {
			return err
		}
	}
	for _, x := range v {
		if x == nil {
			*n = append(*n, math.NaN())
		} else {
			*n = append(*n, *x)
		}
	}
	return nil
}

type peers struct {
	Commits, Versions map[string]string
	Cases             []peerCase
	Ensembles         []map[string]json.RawMessage
}

type peerCase struct {
	Name          string
	Seed          uint32
	Shape         []int // [B, T, C, X…]
	PDEBench      map[string]numbers
	Well          map[string]numbers `json:"The Well"`
	APEBench      map[string]numbers
	PDEArena      map[string]numbers
	Poseidon, FNO map[string]numbers

	pred, truth *eddy.Tensor
	spec        eddy.Spec
}

func (c *peerCase) of(peer string) map[string]numbers {
	return map[string]map[string]numbers{
		"PDEBench": c.PDEBench, "The Well": c.Well, "APEBench": c.APEBench, "PDEArena": c.PDEArena, "Poseidon": c.Poseidon, "FNO": c.FNO,
	}[peer]
}

// draw is the generator of testdata/peers.py.
func draw(seed uint32, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		seed = 1664525*seed + 1013904223
		out[i] = float32(seed>>8)/(1<<23) - 1
	}
	return out
}

func readPeers(t *testing.T) peers {
	t.Helper()
	b, err := os.ReadFile("testdata/peers.json")
	if err != nil {
		t.Fatal(err)
	}
	var p peers
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	for i := range p.Cases {
		c := &p.Cases[i]
		n := eddy.Size(c.Shape)
		y, noise := draw(c.Seed, n), draw(c.Seed+1, n)
		x := make([]float32, n)
		points, fields := eddy.Size(c.Shape[3:]), c.Shape[2]
		for i := range y {
			y[i] += float32(i/points%fields) * 0.5
			x[i] = y[i] + 0.25*noise[i] + 0.0625
		}
		c.pred, c.truth = eddy.FromSlice(x, c.Shape...), eddy.FromSlice(y, c.Shape...)
		c.spec = eddy.Spec{Grid: eddy.PeriodicGrid(1, c.Shape[3:]...), Dt: 1}
		for k := range fields {
			c.spec.Fields = append(c.spec.Fields, eddy.Field{Name: fmt.Sprint("u", k)})
		}
	}
	return p
}

// frame copies frame t of rollouts.
func frame(u *eddy.Tensor, t int) *eddy.Tensor {
	out := eddy.NewTensor(append([]int{u.Shape[0]}, u.Shape[2:]...)...)
	for b := range u.Shape[0] {
		copy(out.Row(b).Data, u.Row(b).Row(t).Data)
	}
	return out
}

// measure gives a metric's values in the order [B, T, V], or [B, V] of a metric of rollouts.
func (c *peerCase) measure(m metric.Metric) []float64 {
	plan := metric.NewPlan(c.spec)
	b, steps, v := c.Shape[0], c.Shape[1], m.Values(c.spec)
	pair := func(t int) *metric.Pair { return plan.Truth(frame(c.truth, t)).Against(frame(c.pred, t)) }
	if m.Of == metric.Rollouts {
		run := plan.NewRun(m, b)
		for t := range steps {
			run.Add(pair(t))
		}
		values, _ := run.Values()
		return values
	}
	out := make([]float64, b*steps*v)
	now := make([]float64, b*v)
	for t := range steps {
		m.Measure(now, pair(t))
		for i, x := range now {
			out[(i/v*steps+t)*v+i%v] = x
		}
	}
	return out
}

// comparison is a metric beside what a peer computes.
type comparison struct {
	metric string // of the catalogue
	peer   string
	theirs string                  // name in testdata/peers.json
	label  string                  // theirs as the peer calls it; "" for theirs
	order  string                  // of their values: "btc" (as ours), "bct", or "bc3t0" … for band 0 … of [B, C, 3, T]
	apply  func(v float64) float64 // to ours before comparing; nil for nothing
	loose  bool                    // not the same by design: printed only
}

func square(v float64) float64  { return v * v }
func percent(v float64) float64 { return 100 * v }

func comparisons() []comparison {
	out := []comparison{
		{metric: "rmse", peer: "PDEBench", theirs: "rmse", label: "RMSE", order: "bct"},
		{metric: "nrmse", peer: "PDEBench", theirs: "nrmse", label: "nRMSE", order: "bct"},
		{metric: "crmse", peer: "PDEBench", theirs: "crmse", label: "cRMSE", order: "bct"},
		{metric: "max", peer: "PDEBench", theirs: "max", label: "Max", order: "bct"},
		{metric: "brmse_pdebench", peer: "PDEBench", theirs: "brmse", label: "bRMSE", order: "bct"},
		{metric: "brmse", peer: "PDEBench", theirs: "brmse", label: "bRMSE", order: "bct", loose: true},
		{metric: "rmse", peer: "The Well", theirs: "RMSE"},
		{metric: "rmse", peer: "The Well", theirs: "MSE", apply: square},
		{metric: "nrmse_well", peer: "The Well", theirs: "NRMSE"},
		{metric: "nrmse_well", peer: "The Well", theirs: "NMSE", apply: square},
		{metric: "nrmse", peer: "The Well", theirs: "NRMSE", loose: true},
		{metric: "vrmse_well", peer: "The Well", theirs: "VRMSE"},
		{metric: "vrmse_well", peer: "The Well", theirs: "VMSE", apply: square},
		{metric: "vrmse", peer: "The Well", theirs: "VRMSE", loose: true},
		{metric: "mae", peer: "The Well", theirs: "MAE"},
		{metric: "nmae_well", peer: "The Well", theirs: "NMAE"},
		{metric: "nmae", peer: "The Well", theirs: "NMAE", loose: true},
		{metric: "max", peer: "The Well", theirs: "LInfinity"},
		{metric: "correlation_well", peer: "The Well", theirs: "PearsonR"},
		{metric: "correlation", peer: "The Well", theirs: "PearsonR", loose: true},
		{metric: "w1_well", peer: "The Well", theirs: "HistogramW1"},
		{metric: "w1", peer: "The Well", theirs: "HistogramW1", loose: true},
		{metric: "dtw_well", peer: "The Well", theirs: "dtw_distance"},
		{metric: "dtw_distortion_well", peer: "The Well", theirs: "dtw_path_distortion"},
		{metric: "dtw", peer: "The Well", theirs: "dtw_distance", loose: true},
		{metric: "correlation_apebench", peer: "APEBench", theirs: "correlation"},
		{metric: "nrmse_gmean_apebench", peer: "APEBench", theirs: "gmean_nRMSE", label: "gmean of nRMSE"},
		{metric: "correlation_pdearena", peer: "PDEArena", theirs: "pearson", label: "pearson_correlation"},
		{metric: "relative_l2", peer: "PDEArena", theirs: "scaledl2_frame", label: "scaledlp_loss, a frame"},
		{metric: "relative_l2_rollout", peer: "PDEArena", theirs: "scaledl2", label: "scaledlp_loss, all frames"},
		{metric: "mse_pdearena", peer: "PDEArena", theirs: "custommse", label: "custommse_loss"},
		{metric: "relative_l1_poseidon", peer: "Poseidon", theirs: "relative_l1", label: "relative_lp_error"},
		{metric: "relative_l1", peer: "Poseidon", theirs: "relative_l1", label: "relative_lp_error", apply: percent},
		{metric: "relative_l2", peer: "FNO", theirs: "frame", label: "utilities3.LpLoss, a frame"},
		{metric: "relative_l2_rollout", peer: "FNO", theirs: "full", label: "utilities3.LpLoss, all frames"},
		{metric: "relative_l2_neuraloperator", peer: "FNO", theirs: "neuralop", label: "neuralop LpLoss.rel"},
	}
	for k, band := range []string{"low", "mid", "high"} {
		at := func(name string) string { return fmt.Sprintf("spectral_error_%s_per_bin_%d", name, k) }
		order := fmt.Sprint("bc3t", k)
		out = append(out,
			comparison{metric: "frmse_" + band + "_pdebench", peer: "PDEBench", theirs: "frmse", label: "fRMSE " + band, order: order},
			comparison{metric: "frmse_" + band, peer: "PDEBench", theirs: "frmse", label: "fRMSE " + band, order: order, loose: true},
			comparison{metric: "spectral_mse_" + band, peer: "The Well", theirs: at("mse")},
			comparison{metric: "spectral_nmse_" + band + "_well", peer: "The Well", theirs: at("nmse")},
			comparison{metric: "spectral_nmse_" + band, peer: "The Well", theirs: at("nmse"), loose: true})
	}
	for _, base := range []string{"MAE", "MSE", "RMSE"} {
		for _, to := range []string{"", "n", "s"} {
			ours := to + strings.ToLower(base) + "_apebench"
			out = append(out, comparison{metric: ours, peer: "APEBench", theirs: to + base})
			if to != "s" {
				out = append(out,
					comparison{metric: "fourier_" + ours, peer: "APEBench", theirs: "fourier_" + to + base},
					comparison{metric: "h1_" + ours, peer: "APEBench", theirs: "H1_" + to + base})
			}
		}
	}
	return out
}

// inOurOrder turns their values to [B, T, V].
func inOurOrder(theirs numbers, order string, shape []int) []float64 {
	b, t, c := shape[0], shape[1], shape[2]
	if order == "" || order == "btc" {
		return theirs
	}
	bands, k := 1, 0
	if order != "bct" {
		bands, k = 3, int(order[4]-'0')
	}
	fields := len(theirs) / (b * bands * t) // PDEBench's bRMSE in three dimensions is of all fields together
	out := make([]float64, b*t*c)
	for i := range out {
		row, step, field := i/(t*c), i/c%t, i%c
		out[i] = theirs[((row*fields+min(field, fields-1))*bands+k)*t+step]
	}
	return out
}

// bothDefined leaves out what either has no number for: bands that only one of them has.
func bothDefined(ours, theirs []float64) (a, b []float64) {
	for i, v := range ours {
		if v == v && theirs[i] == theirs[i] {
			a, b = append(a, v), append(b, theirs[i])
		}
	}
	return a, b
}

// difference is the largest one relative to the larger value; NaN in both is none.
func difference(ours, theirs []float64) float64 {
	worst := 0.0
	for i, a := range ours {
		b := theirs[i]
		if math.IsNaN(a) && math.IsNaN(b) {
			continue
		}
		d := math.Abs(a-b) / max(math.Abs(a), math.Abs(b), 1e-300)
		if a == b {
			d = 0
		}
		worst = max(worst, d)
	}
	return worst
}

func TestMetricsAgreeWithTheCodeOfTheOriginals(t *testing.T) {
	p := readPeers(t)
	var rows []row
	for _, want := range comparisons() {
		m, err := metric.Named(want.metric)
		if err != nil {
			t.Fatal(err)
		}
		r := row{comparison: want, m: m}
		for _, c := range p.Cases {
			theirs, ok := c.of(want.peer)[want.theirs]
			if !ok || m.Check(c.spec) != nil {
				continue
			}
			ours := c.measure(m)
			if want.apply != nil {
				for i := range ours {
					ours[i] = want.apply(ours[i])
				}
			}
			theirs = inOurOrder(theirs, want.order, c.Shape)
			if len(ours) != len(theirs) {
				t.Fatalf("%s: %s has %d values, %s of %s %d", c.Name, m.Name, len(ours), want.theirs, want.peer, len(theirs))
			}
			if want.loose {
				ours, theirs = bothDefined(ours, theirs)
			}
			d := difference(ours, theirs)
			if !(d <= peerTol) && !want.loose {
				t.Errorf("%s: %s differs from %s of %s by %.2g", c.Name, m.Name, want.theirs, want.peer, d)
			}
			r.worst, r.cases, r.values = max(r.worst, d), r.cases+1, r.values+len(ours)
		}
		if r.cases == 0 {
			t.Errorf("%s was compared with %s of %s nowhere", m.Name, want.theirs, want.peer)
		}
		rows = append(rows, r)
	}
	rows = append(rows, aggregates(t, p)...)
	rows = append(rows, ensembles(t, p)...)
	if *table != "" {
		writeTable(t, p, rows)
	}
}

// row is a line of the table.
type row struct {
	comparison
	m             metric.Metric
	worst         float64
	cases, values int
}

// aggregates compares what the originals report of a whole test set.
func aggregates(t *testing.T, p peers) []row {
	t.Helper()
	var rows []row
	add := func(what, peer, theirs string, ours []float64, want numbers) {
		d := difference(ours, want)
		if !(d <= peerTol) {
			t.Errorf("%s differs from %s of %s by %.2g: %v, want %v", what, theirs, peer, d, ours, want)
		}
		i := slices.IndexFunc(rows, func(r row) bool { return r.metric == what && r.peer == peer && r.theirs == theirs })
		if i < 0 {
			i = len(rows)
			rows = append(rows, row{comparison: comparison{metric: what, peer: peer, theirs: theirs}})
		}
		rows[i].worst, rows[i].cases, rows[i].values = max(rows[i].worst, d), rows[i].cases+1, rows[i].values+len(ours)
	}
	for _, c := range p.Cases {
		s := metric.PDEBench(c.pred, c.truth)
		for name, v := range map[string]float64{"rmse": s.RMSE, "nrmse": s.NRMSE, "crmse": s.CRMSE, "max": s.Max, "brmse": s.BRMSE} {
			add("metric.PDEBench", "PDEBench", "metric_func, one batch", []float64{v}, c.PDEBench[name+"_mean"])
		}
		add("metric.PDEBench", "PDEBench", "metric_func, one batch", s.FRMSE[:], c.PDEBench["frmse_mean"])
		if ape := c.APEBench; ape != nil {
			aggregateAPEBench(&c, ape, add)
		}
		if c.Poseidon != nil {
			m, _ := metric.Named("relative_l1_poseidon")
			add("Reduce of relative_l1_poseidon", "Poseidon", "median_relative_lp_error", []float64{m.Reduce(c.measure(m), nil)}, c.Poseidon["median"])
		}
		m, _ := metric.Named("correlation_pdearena")
		mean := overTrajectories(c.measure(m), c.Shape[0])
		steps := metric.StepsAbovePDEArena(mean, c.PDEArena["threshold"][0])
		add("metric.StepsAbovePDEArena", "PDEArena", "time_till_corr_lower", []float64{float64(steps)}, c.PDEArena["steps"])
	}
	return rows
}

func aggregateAPEBench(c *peerCase, ape map[string]numbers, add func(what, peer, theirs string, ours []float64, want numbers)) {
	m, _ := metric.Named("nrmse_apebench")
	add("metric.GeometricMean", "APEBench", "aggregate_gmean", []float64{metric.GeometricMean(overTrajectories(c.measure(m), c.Shape[0]))}, ape["gmean_mean_nRMSE"])
	for name, norm := range map[string]metric.NormAPEBench{
		"MAE": {Power: metric.Absolute}, "nMAE": {Power: metric.Absolute, To: metric.Normal},
		"MSE": {Power: metric.Square}, "nMSE": {Power: metric.Square, To: metric.Normal},
		"RMSE": {Power: metric.Square, Root: true}, "nRMSE": {Power: metric.Square, Root: true, To: metric.Normal},
	} {
		steps := func(f func(dst []float64, pred, truth *eddy.Tensor)) []float64 {
			b, t := c.Shape[0], c.Shape[1]
			out, dst := make([]float64, b*t), make([]float64, b)
			for k := range t {
				f(dst, frame(c.pred, k), frame(c.truth, k))
				for i, v := range dst {
					out[i*t+k] = v
				}
			}
			return out
		}
		for filter, f := range map[string]metric.FourierAPEBench{
			"": {Norm: norm}, ";2;3;0": {Norm: norm, Low: 2, High: 3}, ";0;3;2": {Norm: norm, High: 3, Derivative: 2},
		} {
			ours := steps(func(dst []float64, pred, truth *eddy.Tensor) { metric.APEBenchFourier(dst, pred, truth, f) })
			add("metric.APEBenchFourier", "APEBench", "fourier_… with low, high and derivative", ours, ape["fourier_"+name+filter])
		}
		h1 := steps(func(dst []float64, pred, truth *eddy.Tensor) { metric.APEBenchH1(dst, pred, truth, norm) })
		add("metric.APEBenchH1", "APEBench", "H1_…", h1, ape["H1_"+name])
	}
}

// overTrajectories is the mean over trajectories of values [B, T].
func overTrajectories(values []float64, b int) []float64 {
	out := make([]float64, len(values)/b)
	for i, v := range values {
		out[i%len(out)] += v / float64(b)
	}
	return out
}

func ensembles(t *testing.T, p peers) []row {
	t.Helper()
	var rows []row
	for _, e := range p.Ensembles {
		get := func(name string) (n numbers) {
			if err := json.Unmarshal(e[name], &n); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return n
		}
		var seed uint32
		var shape []int
		if err := json.Unmarshal(e["seed"], &seed); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(e["shape"], &shape); err != nil {
			t.Fatal(err)
		}
		members, truth := peerEnsemble(seed, shape)
		fields := shape[0] * shape[2]
		for _, c := range []struct {
			ours, peer, theirs string
			values             int
			f                  func(dst []float64)
		}{
			{"crps", "physicsnemo", "kcrps", 1, func(d []float64) { metric.CRPS(d, members, truth) }},
			{"crps", "properscoring", "crps_ensemble", 1, func(d []float64) { metric.CRPS(d, members, truth) }},
			{"crps_fair", "physicsnemo", "kcrps fair", 1, func(d []float64) { metric.CRPSFair(d, members, truth) }},
			{"crps_fair", "scoringrules", "crps_ensemble fair", 1, func(d []float64) { metric.CRPSFair(d, members, truth) }},
			{"spread", "numpy", "spread", 1, func(d []float64) { metric.Spread(d, members, truth) }},
			{"skill", "numpy", "skill", 1, func(d []float64) { metric.Skill(d, members, truth) }},
			{"member_correlation", "numpy", "corrcoef", 1, func(d []float64) { metric.MemberCorrelation(d, members) }},
			{"metric.RankHistogram", "scipy", "rankdata", shape[1] + 1, func(d []float64) { metric.RankHistogram(d, members, truth) }},
		} {
			dst := make([]float64, fields*c.values)
			c.f(dst)
			d := difference(dst, get(c.peer+" "+c.theirs))
			if !(d <= peerTol) {
				t.Errorf("%s differs from %s of %s by %.2g", c.ours, c.theirs, c.peer, d)
			}
			rows = append(rows, row{comparison: comparison{metric: c.ours, peer: c.peer, theirs: c.theirs}, worst: d, cases: 1, values: len(dst)})
		}
	}
	return rows
}

// peerEnsemble draws the ensembles of testdata/peers.py.
func peerEnsemble(seed uint32, shape []int) (members, truth *eddy.Tensor) {
	b, m, c, n := shape[0], shape[1], shape[2], shape[3]
	members, truth = eddy.FromSlice(draw(seed, b*m*c*n), shape...), eddy.FromSlice(draw(seed+1, b*c*n), b, c, n)
	for i := range members.Data {
		members.Data[i] *= 0.75
	}
	for i := range b * c {
		for x := 0; x < n; x += 8 {
			truth.Data[i*n+x] = members.Data[((i/c*m+1)*c+i%c)*n+x]
		}
	}
	return members, truth
}

func TestDistancesOfWholeRolloutsAreThoseOfTheirRuns(t *testing.T) {
	for _, c := range readPeers(t).Cases {
		got := make([]float64, c.Shape[0]*c.Shape[2])
		for name, f := range map[string]func(dst []float64, pred, truth *eddy.Tensor){
			"w1": metric.HistogramW1, "w1_well": metric.HistogramW1Well, "dtw": metric.DTW,
		} {
			m, err := metric.Named(name)
			if err != nil {
				t.Fatal(err)
			}
			f(got, c.pred, c.truth)
			near(t, c.Name+": "+name, got, c.measure(m))
		}
	}
}

func TestTimeWarpingForgivesADelay(t *testing.T) {
	const steps, n = 40, 16
	p, y := eddy.NewTensor(1, steps, 1, n), eddy.NewTensor(1, steps, 1, n)
	wave := func(t, x int) float32 { return float32(math.Sin(0.3*float64(t) + 2*math.Pi*float64(x)/n)) }
	for s := range steps {
		for x := range n {
			y.Data[s*n+x], p.Data[s*n+x] = wave(s, x), wave(s-3, x)
		}
	}
	warped, plain := make([]float64, 1), make([]float64, 1)
	metric.DTW(warped, p, y)
	metric.RelativeL2(plain, p, y)
	// The frames at either end that have no partner cost about 1, 2 and 3 steps of the wave each; all others nothing.
	want := 0.0
	for k := 1; k <= 3; k++ {
		want += 2 * math.Pow(2*math.Sin(0.3*float64(k)/2), 2) / 2
	}
	if want = math.Sqrt(want / (steps * 0.5)); math.Abs(warped[0]-want) > tol32 || warped[0] > plain[0]/2 {
		t.Errorf("warped distance %g, want %g; plain distance %g", warped[0], want, plain[0])
	}
}
