package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/eddy-pde/eddy/internal/atomicfile"
	"github.com/eddy-pde/eddy/refiner/process"
)

// Prediction says what the weights of a step multiply.
type Prediction string

// What a network's answer is turned into before it is weighed.
const (
	Data  Prediction = "data"  // the clean state, x₀
	Noise Prediction = "noise" // the noise, (x − α·x₀)/σ
)

// Step is one update: from the state x at From, the predictions made so far and fresh noise z to the state at To.
type Step struct {
	From       process.Level `json:"from"`
	To         process.Level `json:"to"`
	Prediction Prediction    `json:"prediction"`
	A          float64       `json:"a"`       // weight of x
	Of         []int         `json:"of"`      // which predictions are weighed: i is the one made at the From of step i; the step's own is among them
	W          []float64     `json:"w"`       // their weights
	Noise      float64       `json:"noise"`   // standard deviation of z; 0 for none
	Correct    *Correction   `json:"correct"` // null for none
}

// Correction repeats a step from the same x with the prediction that was made at its result. That prediction is used again by the next step, so it costs no call of
// the network. Steps that draw noise and the last one have none.
type Correction struct {
	W   []float64 `json:"w"`   // weights of the predictions Of
	New float64   `json:"new"` // weight of the prediction at the result
}

// Plan is a sampler as data. It is not changed by running it, so any number of runs may share it.
type Plan struct {
	Name  string `json:"name"`
	Steps []Step `json:"steps"`
}

// Calls is how often the network is asked: once a step.
func (p Plan) Calls() int { return len(p.Steps) }

// Stochastic tells whether the steps draw noise, beside the noise that a run starts from.
func (p Plan) Stochastic() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Noise > 0 })
}

// tolerance for what the coefficients of a step must add up to, relative to the levels: files may hold them in few digits.
const tolerance = 1e-6

// Validate returns every fault, joined: levels that do not get cleaner or do not follow one another, predictions that are not made yet, and coefficients that cannot be
// those of a sampler. The latter means, for each step, that clean data without noise stay as they are, α_from → α_to, that noise alone becomes noise of at most
// σ_to, and that nothing is infinite or NaN.
func (p Plan) Validate() error {
	if len(p.Steps) == 0 {
		return errors.New("plan: no steps, expected at least one")
	}
	var faults []error
	for i, s := range p.Steps {
		for _, text := range p.faults(i, s) {
			faults = append(faults, fmt.Errorf("plan: steps[%d]: %s", i, text))
		}
	}
	return errors.Join(faults...)
}

func (p Plan) faults(i int, s Step) []string {
	var faults []string
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if !goodLevel(s.From) || !goodLevel(s.To) || s.From.Sigma == 0 {
		add("levels α = %g, σ = %g → %g, %g, expected finite numbers of which none is negative and the first σ is positive", s.From.Alpha, s.From.Sigma, s.To.Alpha, s.To.Sigma)
		return faults
	}
	if !(s.To.Lambda() > s.From.Lambda()) {
		add("λ = %g → %g, expected a step to less noise", s.From.Lambda(), s.To.Lambda())
	}
	if i > 0 && !sameLevel(p.Steps[i-1].To, s.From) {
		add("starts at σ = %g, expected %g where the step before it ends", s.From.Sigma, p.Steps[i-1].To.Sigma)
	}
	if s.Prediction != Data && s.Prediction != Noise {
		add("prediction = %q, expected %q or %q", s.Prediction, Data, Noise)
	}
	if len(s.W) != len(s.Of) || len(s.Of) == 0 {
		add("%d weights of %d predictions, expected as many of each and at least one", len(s.W), len(s.Of))
	}
	for _, m := range s.Of {
		if m < 0 || m > i {
			add("weighs prediction %d, expected 0 … %d", m, i)
		} else if s.Prediction == Noise && p.Steps[m].From.Alpha == 0 {
			continue // the noise of a state without signal is the state
		}
	}
	if len(faults) > 0 {
		return faults
	}
	weights := append(slices.Clone(s.W), s.A, s.Noise)
	if c := s.Correct; c != nil {
		if weights = append(append(weights, c.New), c.W...); len(c.W) != len(s.Of) {
			add("the correction has %d weights, expected %d", len(c.W), len(s.Of))
		}
		if s.Noise != 0 || i == len(p.Steps)-1 {
			add("has a correction, which steps with noise and the last one cannot have")
		}
	}
	for _, w := range weights {
		if math.IsNaN(w) || math.IsInf(w, 0) {
			add("a coefficient is %g, expected finite numbers", w)
			return faults
		}
	}
	if s.Noise < 0 {
		add("noise = %g, expected a standard deviation", s.Noise)
	}
	s.balance(s.W, 0, add)
	if c := s.Correct; c != nil {
		s.balance(c.W, c.New, add)
	}
	return faults
}

// balance checks what a state of clean data alone and a state of noise alone become, for weights w and one of the prediction at the result.
func (s Step) balance(w []float64, last float64, add func(format string, args ...any)) {
	sum := last
	for _, v := range w {
		sum += v
	}
	signal, noise := s.A*s.From.Alpha, s.A*s.From.Sigma
	if s.Prediction == Data {
		signal += sum
	} else {
		noise += sum
	}
	scale := math.Max(s.To.Alpha, s.To.Sigma)
	if math.Abs(signal-s.To.Alpha) > tolerance*scale {
		add("turns a clean state into %g of it, expected α = %g", signal, s.To.Alpha)
	}
	if spread := math.Hypot(noise, s.Noise); spread > s.To.Sigma+tolerance*scale {
		add("turns noise into noise of standard deviation %g, expected at most σ = %g", spread, s.To.Sigma)
	}
}

func goodLevel(l process.Level) bool {
	ok := func(x float64) bool { return x >= 0 && !math.IsInf(x, 0) }
	return ok(l.Alpha) && ok(l.Sigma) && (l.Alpha > 0 || l.Sigma > 0)
}

func sameLevel(a, b process.Level) bool {
	return math.Abs(a.Alpha-b.Alpha) <= tolerance*math.Max(a.Alpha, b.Alpha) && math.Abs(a.Sigma-b.Sigma) <= tolerance*math.Max(a.Sigma, b.Sigma)
}

// Write stores the plan as JSON.
func (p Plan) Write(path string) error {
	if err := p.Validate(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return atomicfile.Write(path, append(text, '\n'))
}

// Read reads a plan that Write, or another program, made. Unknown keys and everything that Validate finds are errors that name the file.
func Read(path string) (Plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fmt.Errorf("plan: %w", err)
	}
	p, err := Parse(text)
	if err != nil {
		return Plan{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// Parse is Read for a text.
func Parse(text []byte) (Plan, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var p Plan
	if err := d.Decode(&p); err != nil {
		return Plan{}, fmt.Errorf("plan: not the JSON of a plan: %w", err)
	}
	if d.More() {
		return Plan{}, errors.New("plan: more than one JSON value")
	}
	return p, p.Validate()
}
