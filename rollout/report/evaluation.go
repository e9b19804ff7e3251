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
	Models       []Result // in the order given; headlines speak of the first
	Baselines    []Result
	Notes        []string // what a reader must know to read the numbers right

	Data, Command, Config string // as given in Options

	bands         []metric.Band
	truthSpectra  spectra
	spectrumSteps []int
	wavenumbers   []float64
	complete      int
	film          *film
}

// Result is what one contender reached. Means over fields and trajectories that are not finite are NaN.
type Result struct {
	Name       string
	Parameters int
	Note       string

	OneStepNRMSE   float64   // one step from the truth, mean over all frames too
	NRMSE          []float64 // [Steps]; entry i is i+1 steps after the start
	VRMSE          []float64
	Correlation    []float64
	SecondsPerStep float64 // wall time of a rollout step of one trajectory, without reading, writing and metrics
	Diverged       []Divergence

	bandError   [][]float64 // [band][Steps]
	tally       *tally
	predictions [][]float32 // on the film; nil where it is not shown
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

// evaluation closes the books.
func (r *runner) evaluation() *Evaluation {
	e := &Evaluation{
		Spec: r.spec, Start: r.start, Steps: r.steps, Trajectories: r.ds.Len(), Batch: r.batch, Threads: r.o.Threads,
		Notes: r.notes, Data: r.o.Data, Command: r.o.Command, Config: r.o.Config,
		bands: r.bands, truthSpectra: r.truth.spectra, spectrumSteps: r.truth.spectrumSteps, wavenumbers: r.truth.wavenumbers, complete: r.truth.complete,
		film: r.film,
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
		t := r.tallies[i]
		res := Result{
			Name: c.Name, Parameters: c.Parameters, Note: c.Note,
			OneStepNRMSE: t.oneStep.value(), NRMSE: values(t.nrmse), VRMSE: values(t.vrmse), Correlation: values(t.correlation),
			SecondsPerStep: t.seconds / float64(max(t.stepped, 1)), Diverged: t.diverged,
			tally: t,
		}
		if i < len(r.film.predictions) {
			res.predictions = r.film.predictions[i]
		}
		for _, b := range t.bands {
			res.bandError = append(res.bandError, values(b))
		}
		if i < r.models {
			e.Models = append(e.Models, res)
		} else {
			e.Baselines = append(e.Baselines, res)
		}
	}
	return e
}

// all lists models and baselines.
func (e *Evaluation) all() []Result {
	return append(append([]Result(nil), e.Models...), e.Baselines...)
}

// time of a step, counted from the start.
func (e *Evaluation) time(step int) float64 { return float64(step) * e.Spec.Dt }
