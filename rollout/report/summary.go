package report

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strconv"

	"github.com/eddy-pde/eddy/rollout/metric"
)

// Number is a float64 that is null in JSON where it is not finite.
type Number float64

// MarshalJSON writes the shortest text that reads back as the same number, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); v-v != 0 {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as NaN.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// ModelSummary is what summary.json says of one model or baseline. Entry i of an array is i+1 steps after the start; a value that is not finite is null and counts
// as below every threshold.
type ModelSummary struct {
	Model       string   `json:"model"`
	Parameters  int      `json:"parameters"`
	Note        string   `json:"note,omitempty"`
	Steps       int      `json:"steps"`
	Dt          Number   `json:"dt"`
	Threads     int      `json:"threads"`
	Batch       int      `json:"batch"`
	OneStep     Number   `json:"one_step_nrmse"`
	NRMSE       []Number `json:"nrmse_per_step"`
	VRMSE       []Number `json:"vrmse_per_step"`
	Correlation []Number `json:"correlation_per_step"`
	// Keyed by threshold ("0.8"): leading entries of Correlation at or above it, and that times dt.
	StepsToCorrelation map[string]int    `json:"steps_to_correlation"`
	TimeToCorrelation  map[string]Number `json:"time_to_correlation"`
	Censored           []string          `json:"censored"` // thresholds never crossed
	// All entries above the threshold, as PDEArena counts.
	PDEArena       map[string]int `json:"pdearena_steps_to_correlation"`
	SecondsPerStep Number         `json:"seconds_per_step"`
	Diverged       []Divergence   `json:"diverged"`

	Members  int                 `json:"members"`            // rollouts of every trajectory
	Metrics  map[string][]Number `json:"metrics"`            // every metric measured by its name: entry i is i+1 steps after the start
	Finals   map[string]Number   `json:"finals,omitempty"`   // metrics of whole rollouts
	Validity *ValiditySummary    `json:"validity,omitempty"` // where it is known what the model was trained on
}

// ValiditySummary says what summary.json does of leaving the training data.
type ValiditySummary struct {
	Outside int    `json:"outside"` // trajectories that start outside
	Start   string `json:"start,omitempty"`
	Left    int    `json:"left"` // rollouts that left later
	Step    int    `json:"first_step,omitempty"`
	First   string `json:"first,omitempty"`
}

// RankingSummary is one comparison of all contenders, the best first.
type RankingSummary struct {
	Measure   string            `json:"measure"`
	Better    string            `json:"better"`
	Decided   bool              `json:"decided"` // any two can be told apart
	Standings []StandingSummary `json:"standings"`
}

// StandingSummary is a contender in a comparison, with 95 % confidence intervals.
type StandingSummary struct {
	Model      string `json:"model"`
	Rank       int    `json:"rank"` // 1 + how many are better beyond doubt; 0: not finite
	Value      Number `json:"value"`
	Low        Number `json:"low"`
	High       Number `json:"high"`
	Censored   bool   `json:"censored,omitempty"`
	Behind     Number `json:"behind"` // the best one, trajectory by trajectory
	BehindLow  Number `json:"behind_low"`
	BehindHigh Number `json:"behind_high"`
}

// Summary is summary.json: the first model's numbers, the baselines', where there are several models those of each, and what was evaluated on what.
type Summary struct {
	ModelSummary
	Baselines    map[string]ModelSummary `json:"baselines"`
	Models       []ModelSummary          `json:"models,omitempty"` // only where there are several
	Data         string                  `json:"data,omitempty"`
	Trajectories int                     `json:"trajectories"`
	StartFrame   int                     `json:"start_frame"`
	Fields       []string                `json:"fields"`
	Grid         []int                   `json:"grid"`
	Command      string                  `json:"command,omitempty"`
	Notes        []string                `json:"notes"`
	Seed         uint64                  `json:"seed"`
	Rankings     []RankingSummary        `json:"rankings,omitempty"`
	BreakEven    *BreakEven              `json:"break_even,omitempty"`
}

// Summary makes the content of summary.json.
func (e *Evaluation) Summary() Summary {
	s := Summary{
		ModelSummary: e.summarise(e.Models[0]), Baselines: map[string]ModelSummary{}, Data: e.Data, Trajectories: e.Trajectories, StartFrame: e.Start,
		Fields: e.Spec.FieldNames(), Grid: e.Spec.Grid.Shape(), Command: e.Command, Notes: e.Notes, Seed: e.Seed, BreakEven: e.BreakEven,
	}
	for _, r := range e.Rankings {
		s.Rankings = append(s.Rankings, r.summary())
	}
	if s.Notes == nil {
		s.Notes = []string{}
	}
	for _, b := range e.Baselines {
		s.Baselines[b.Name] = e.summarise(b)
	}
	if len(e.Models) > 1 {
		for _, m := range e.Models {
			s.Models = append(s.Models, e.summarise(m))
		}
	}
	return s
}

func (e *Evaluation) summarise(r Result) ModelSummary {
	m := ModelSummary{
		Model: r.Name, Parameters: r.Parameters, Note: r.Note, Steps: e.Steps, Dt: Number(e.Spec.Dt), Threads: e.Threads, Batch: e.Batch,
		OneStep: Number(r.OneStepNRMSE), NRMSE: numbers(r.NRMSE), VRMSE: numbers(r.VRMSE), Correlation: numbers(r.Correlation),
		StepsToCorrelation: map[string]int{}, TimeToCorrelation: map[string]Number{}, PDEArena: map[string]int{}, Censored: []string{},
		SecondsPerStep: Number(r.SecondsPerStep), Diverged: r.Diverged, Members: r.Members, Metrics: map[string][]Number{}, Validity: r.Validity.summary(),
	}
	for _, c := range r.Curves {
		m.Metrics[c.Metric.Name] = numbers(c.Values)
	}
	for _, f := range r.Finals {
		if m.Finals == nil {
			m.Finals = map[string]Number{}
		}
		m.Finals[f.Metric.Name] = Number(f.Value)
	}
	if m.Diverged == nil {
		m.Diverged = []Divergence{}
	}
	for _, c := range r.Crossings() {
		key := strconv.FormatFloat(c.Threshold, 'g', -1, 64)
		m.StepsToCorrelation[key] = c.Steps
		m.TimeToCorrelation[key] = Number(e.time(c.Steps))
		m.PDEArena[key] = metric.StepsAbovePDEArena(r.Correlation, c.Threshold)
		if c.Censored {
			m.Censored = append(m.Censored, key)
		}
	}
	return m
}

func (v *Validity) summary() *ValiditySummary {
	if v == nil {
		return nil
	}
	s := &ValiditySummary{Outside: v.Outside, Left: len(v.Exits)}
	if v.Start != nil {
		s.Start = v.Start.Error()
	}
	if first := v.First(); first != nil {
		s.Step, s.First = first.Step, first.Error()
	}
	return s
}

func (r Ranking) summary() RankingSummary {
	s := RankingSummary{Measure: r.Measure, Better: string(r.Better), Decided: r.Decided}
	for _, c := range r.Standings {
		s.Standings = append(s.Standings, StandingSummary{
			Model: c.Name, Rank: c.Rank, Value: Number(c.Value.Value), Low: Number(c.Value.Low), High: Number(c.Value.High), Censored: c.Censored,
			Behind: Number(c.Behind.Value), BehindLow: Number(c.Behind.Low), BehindHigh: Number(c.Behind.High),
		})
	}
	return s
}

func numbers(v []float64) []Number {
	out := make([]Number, len(v))
	for i, x := range v {
		out[i] = Number(x)
	}
	return out
}

// scalars matches an indented JSON array that holds no array or object.
var scalars = regexp.MustCompile(`\[\n[^\[\]{}]*\]`)

// indent makes JSON that a person can read: one key a line, arrays of numbers on one line each.
func indent(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	b = scalars.ReplaceAllFunc(b, func(a []byte) []byte {
		// Strings hold no raw line breaks, so what is split here is layout.
		parts := bytes.Split(a, []byte("\n"))
		for i := range parts {
			parts[i] = bytes.TrimSpace(parts[i])
		}
		return append(append([]byte("["), bytes.Join(parts[1:len(parts)-1], []byte(" "))...), ']')
	})
	return append(b, '\n'), nil
}
