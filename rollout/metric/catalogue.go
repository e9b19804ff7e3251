package metric

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
)

// Metric is an entry of the catalogue: a number per trajectory and field, or per trajectory, that says how good a prediction is.
type Metric struct {
	Name   string // as commands, files and tables write it: "nrmse", "vrmse_well"
	Origin string // who defined it: "PDEBench", "The Well"; "eddy" where nobody did in this form
	// Compat marks a metric that repeats what the code of its origin computes although it is a defect; About says which, and the corrected metric has the name
	// without the origin.
	Compat  bool
	About   string // one line for help and reports
	Unit    Unit
	Of      Of
	Whole   bool      // one value per trajectory, over all fields together; else one per trajectory and field
	Better  Better    // which of two values is the better one
	Over    Reduction // how its origin reduces values over trajectories
	Default bool      // measured unless others are asked for

	check     func(eddy.Spec) error
	undefined func(*Truth) []bool
	measure   func(dst []float64, p *Pair)
	run       func(values int) stepper // of metrics of rollouts
}

// Unit is the unit of a metric's values.
type Unit string

// Units of metrics.
const (
	Relative  Unit = ""        // a plain number
	Percent   Unit = "%"       // hundredths
	FieldUnit Unit = "field"   // that of the field
	Squared   Unit = "field²"  // its square
	PerField  Unit = "1/field" // its inverse
	InSteps   Unit = "steps"   // steps of the rollout
	Lyapunov  Unit = "1/λ"     // Lyapunov times of the dynamics
)

// Of is what a metric compares.
type Of string

// Kinds of metrics.
const (
	States   Of = ""         // the predicted state and the true one, at every step
	Members  Of = "ensemble" // several draws of the state and the true one, at every step
	Rollouts Of = "rollout"  // a whole rollout and the truth: one value at its end
)

// Better says which of two values is the better one.
type Better string

// Orders of values.
const (
	Lower    Better = "lower"
	Higher   Better = "higher"
	NearZero Better = "nearest to 0"
	NearOne  Better = "nearest to 1"
	Neither  Better = "" // it describes the model; none is better
)

// Reduction is a way to make one number of values over trajectories.
type Reduction string

// Reductions.
const (
	ByMean   Reduction = ""
	ByRMS    Reduction = "root mean square"
	ByMax    Reduction = "maximum"
	ByMedian Reduction = "median"
)

// Reduce makes one number of values of a metric over trajectories as the metric's origin does, leaving out those that skip marks (nil for none). Not finite
// as soon as one value is not; NaN of no values.
func (m Metric) Reduce(values []float64, skip []bool) float64 { return m.Over.Of(values, skip) }

// Values is the number of values per trajectory for data of the spec: the number of fields, or 1.
func (m Metric) Values(spec eddy.Spec) int {
	if m.Whole {
		return 1
	}
	return spec.Channels()
}

// Check tells why a metric cannot be measured on data of the spec: nil if it can.
func (m Metric) Check(spec eddy.Spec) error {
	if m.check == nil {
		return nil
	}
	if err := m.check(spec); err != nil {
		return fmt.Errorf("metric %q: %w", m.Name, err)
	}
	return nil
}

// Measure writes the metric of every trajectory, and field unless it is Whole, to dst: [B·Values]. What is not finite in the prediction, or in the truth,
// makes values that are not. The data must pass Check. It panics with a *eddy.ShapeError where dst does not fit, and for a metric of Rollouts, which is
// measured by a [Run].
func (m Metric) Measure(dst []float64, p *Pair) {
	if m.Of == Rollouts {
		panic(&eddy.ShapeError{Op: "metric.Metric.Measure", What: m.Name, Got: p.Pred.Shape, Hint: "a metric of whole rollouts is measured by a metric.Run"})
	}
	eddy.MustShape("metric.Metric.Measure", "destination of "+m.Name, []int{len(dst)}, []int{p.Truth.U.Shape[0] * m.Values(p.Truth.plan.spec)})
	m.measure(dst, p)
}

// Undefined marks those of the values of Measure that the truth leaves undefined, whatever the prediction: an error relative to a field of zeros, say. They
// are NaN, and a mean leaves them out for every contender alike, where a NaN that is not marked here is the prediction's fault. nil where the metric is
// always defined.
func (m Metric) Undefined(t *Truth) []bool {
	if m.undefined == nil {
		return nil
	}
	return m.undefined(t)
}

// Catalogue lists all metrics: the defaults first, then by origin.
func Catalogue() []Metric {
	return slices.Concat(defaultMetrics(),
		pdebenchMetrics(), wellMetrics(), apebenchMetrics(), pdearenaMetrics(), poseidonMetrics(), fnoMetrics(), eddyMetrics(), physicsMetrics(), ensembleMetrics())
}

// Named is the metric of that name.
func Named(name string) (Metric, error) {
	all := Catalogue()
	for _, m := range all {
		if m.Name == name {
			return m, nil
		}
	}
	return Metric{}, fmt.Errorf("no metric is called %q; near to it are %s, and the groups are %s",
		name, strings.Join(nearest(name, append(names(all), groupNames()...)), ", "), strings.Join(groupNames(), ", "))
}

// nearest are the three names with the fewest letters to change.
func nearest(name string, all []string) []string {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b string) int { return edits(name, a) - edits(name, b) })
	return sorted[:min(3, len(sorted))]
}

// edits is the number of letters to put in, take out or change to make b of a (Levenshtein).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func names(metrics []Metric) []string {
	out := make([]string, len(metrics))
	for i, m := range metrics {
		out[i] = m.Name
	}
	return out
}

// groups are names for several metrics at once. Those of a group that do not apply to the data are left out.
var groups = []struct {
	name string
	has  func(Metric) bool
}{
	{"default", func(m Metric) bool { return m.Default }},
	{"all", func(Metric) bool { return true }},
	{"ensemble", func(m Metric) bool { return m.Of == Members }},
	{"pdebench", from("PDEBench")},
	{"well", from("The Well")},
	{"apebench", from("APEBench")},
	{"pdearena", from("PDEArena")},
	{"poseidon", from("Poseidon")},
	{"fno", from("FNO")},
	{"physics", func(m Metric) bool { return m.Origin == "physics" }},
	{"compat", func(m Metric) bool { return m.Compat }},
}

func from(origin string) func(Metric) bool { return func(m Metric) bool { return m.Origin == origin } }

func groupNames() []string {
	var out []string
	for _, g := range groups {
		out = append(out, g.name)
	}
	return out
}

// Select lists the metrics that a comma-separated list of names and groups asks for, in that order and each once: "default,crps", "all", "well". Groups are
// default, all, ensemble, physics, compat, and the origins pdebench, well, apebench, pdearena, poseidon and fno; of a group only what the data of the spec
// allow is taken. It fails where a name is unknown or the data lack what a metric named on its own needs.
func Select(list string, spec eddy.Spec) ([]Metric, error) {
	var out []Metric
	seen := map[string]bool{}
	take := func(m Metric) {
		if !seen[m.Name] {
			seen[m.Name] = true
			out = append(out, m)
		}
	}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if i := slices.Index(groupNames(), name); i >= 0 {
			for _, m := range Catalogue() {
				if groups[i].has(m) && m.Check(spec) == nil {
					take(m)
				}
			}
			continue
		}
		m, err := Named(name)
		if err != nil {
			return nil, err
		}
		if err := m.Check(spec); err != nil {
			return nil, err
		}
		take(m)
	}
	return out, nil
}
