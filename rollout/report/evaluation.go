package report

import (
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// Thresholds of correlation for which the length of a good forecast is counted, as they are written in files.
var Thresholds = []float64{0.8, 0.9, 0.95}

// Evaluation is the outcome of Evaluate.
type Evaluation struct {
	Spec         eddy.Spec // of the data
	Start        int       // frame from which rollouts start
	Steps        int       // length of the rollouts
	Trajectories int
	Batch        int // trajectories that stepped together
	Threads      int
	Seed         uint64     // of draws and of the bootstrap
	Models       []Result   // in the order given; headlines speak of the first
	Baselines    []Result   //
	Rankings     []Ranking  // all of them compared, where there are several
	BreakEven    *BreakEven // nil unless MeasureBreakEven was called
	Notes        []string   // what a reader must know to read the numbers right

	Data, Command, Config string // as given in Options

	bands         []metric.Band
	truthSpectra  spectra
	spectrumSteps []int
	wavenumbers   []float64
	complete      int
	truthFan      []float32
	film          *film
}

// Result is what one contender reached. Means over fields, trajectories and members that are not finite are NaN.
type Result struct {
	Name       string
	Parameters int
	Note       string
	Members    int // rollouts of every trajectory

	OneStepNRMSE   float64   // one step from the truth, mean over all frames too
	NRMSE          []float64 // [Steps]; entry i is i+1 steps after the start
	VRMSE          []float64
	Correlation    []float64
	SecondsPerStep float64 // wall time of a rollout step of one trajectory, without reading, writing and metrics
	Diverged       []Divergence
	Validity       *Validity // nil where the contender came without an Envelope
	Curves         []Curve   // every metric measured at every step, those above too
	Finals         []Final   // every metric of whole rollouts

	bandError   [][]float64                        // [band][Steps]
	bands       struct{ correlation, nrmse *band } // confidence of the curves; nil for baselines
	tally       *tally
	predictions [][]float32 // on the film; nil where it is not shown
}

// Curve is a metric at every step of the rollouts.
type Curve struct {
	Metric metric.Metric
	Values []float64 // [Steps], reduced over rollouts as the metric's origin does, then the mean over fields
}

// Final is a metric of whole rollouts, reduced likewise.
type Final struct {
	Metric metric.Metric
	Value  float64
}

// Crossing says how long a curve stays at or above a threshold.
type Crossing struct {
	Threshold float64
	Steps     int
	Censored  bool // it never falls below: the true number may be larger
}

// Crossings counts, for each of Thresholds, the leading steps whose mean correlation is at or above it.
func (r Result) Crossings() []Crossing {
	out := make([]Crossing, len(Thresholds))
	for i, th := range Thresholds {
		out[i].Threshold = th
		out[i].Steps, out[i].Censored = metric.StepsAbove(r.Correlation, th)
	}
	return out
}

// Curve finds a metric by its name; nil where it was not measured.
func (r Result) Curve(name string) []float64 {
	for _, c := range r.Curves {
		if c.Metric.Name == name {
			return c.Values
		}
	}
	return nil
}

// evaluation closes the books.
func (r *runner) evaluation() *Evaluation {
	e := &Evaluation{
		Spec: r.spec, Start: r.start, Steps: r.steps, Trajectories: r.ds.Len(), Batch: r.batch, Threads: r.o.Threads, Seed: r.o.Seed,
		Notes: r.notes, Data: r.o.Data, Command: r.o.Command, Config: r.o.Config,
		bands: r.bands, truthSpectra: r.truth.spectra, spectrumSteps: r.truth.spectrumSteps, wavenumbers: r.truth.wavenumbers, complete: r.truth.complete,
		truthFan: r.truth.fan, film: r.film,
	}
	if n := r.truth.zeros; n > 0 {
		e.Notes = append(e.Notes, fmt.Sprintf("At %d of the states compared (field, trajectory and time) the truth is zero everywhere, so that errors relative to it are undefined: "+
			"they are left out for every contender.", n))
	}
	if n := r.truth.flats; n > 0 {
		e.Notes = append(e.Notes, fmt.Sprintf("At %d of the states compared (field, trajectory and time) the truth does not vary in space, so that correlation and VRMSE are undefined: "+
			"they are left out for every contender.", n))
	}
	for i, c := range r.all {
		if sick := r.tallies[i].sick; len(sick) > 0 {
			p := sick[0]
			e.Notes = append(e.Notes, fmt.Sprintf("%s is not finite one step from the truth at %d states, the first in trajectory %d, frame %d, field %s: its error of one step is therefore none at all.",
				c.Name, len(sick), p.trajectory, r.start+p.step, r.spec.Fields[p.field].Name))
		}
		if res := r.result(i); i < r.models {
			e.Models = append(e.Models, res)
		} else {
			e.Baselines = append(e.Baselines, res)
		}
	}
	boot := metric.NewBootstrap(e.Trajectories, metric.BootstrapOptions{Draws: curveDraws, Seed: e.Seed})
	for i := range e.Models {
		m := &e.Models[i]
		m.bands.correlation = e.bandOf(boot, m.tally.of("correlation").of, m.Members)
		m.bands.nrmse = e.bandOf(boot, m.tally.of("nrmse").of, m.Members)
	}
	if len(r.all) > 1 {
		e.Rankings = e.rank()
	}
	return e
}

// result is what contender i reached.
func (r *runner) result(i int) Result {
	c, t := r.all[i], r.tallies[i]
	t.spectra.scale(1 / float64(t.members)) // from sums over rollouts to sums over trajectories, as the truth's
	t.errorSpectra.scale(1 / float64(t.members))
	res := Result{
		Name: c.Name, Parameters: c.Parameters, Note: c.Note, Members: t.members, OneStepNRMSE: t.oneStep.value(),
		SecondsPerStep: t.seconds / float64(max(t.stepped, 1)), Diverged: t.diverged, tally: t,
	}
	for _, m := range append(append([]*measurement(nil), t.states...), t.ensemble.scores...) {
		res.Curves = append(res.Curves, Curve{m.Metric, m.curve()})
	}
	for _, m := range t.whole {
		res.Finals = append(res.Finals, Final{m.Metric, m.curve()[0]})
	}
	if t.watch != nil {
		res.Validity = &t.watch.validity
	}
	res.NRMSE, res.VRMSE, res.Correlation = res.Curve("nrmse"), res.Curve("vrmse"), res.Curve("correlation")
	for _, b := range r.bands {
		res.bandError = append(res.bandError, res.Curve("band_error_"+b.Name))
	}
	if i < len(r.film.predictions) {
		res.predictions = r.film.predictions[i]
	}
	return res
}

// all lists models and baselines.
func (e *Evaluation) all() []Result {
	return append(append([]Result(nil), e.Models...), e.Baselines...)
}

// ensembles tells whether any contender was rolled out by several members.
func (e *Evaluation) ensembles() bool {
	for _, r := range e.all() {
		if r.Members > 1 {
			return true
		}
	}
	return false
}

// time of a step, counted from the start.
func (e *Evaluation) time(step int) float64 { return float64(step) * e.Spec.Dt }
