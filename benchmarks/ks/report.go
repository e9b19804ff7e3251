package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy/internal/atomicfile"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// meanStep is the time between marks in the equation's unit: four frames of the mean distance.
const meanStep = interval * meanDt

// results is results.json.
type results struct {
	Setup       map[string]any `json:"setup"`
	Models      []modelRow     `json:"models"`
	Ratios      []ratioRow     `json:"ratios"`
	Uncertainty uncertainty    `json:"uncertainty"`
	Speed       []speedRow     `json:"speed"`
}

type modelRow struct {
	Name         string                `json:"name"`
	Role         string                `json:"role"`
	Seed         int                   `json:"seed"`
	DataFraction float64               `json:"data_fraction"`
	Parameters   int                   `json:"parameters"`
	Steps        int                   `json:"optimiser_steps"`
	Calls        int                   `json:"network_calls_per_step"`
	Seconds      float64               `json:"train_seconds"`
	Dt           float64               `json:"dt"`
	OneStep      float64               `json:"one_step_mse"`
	ToSteps      map[string][3]float64 `json:"steps_to_correlation"`
	ToTime       map[string][3]float64 `json:"time_to_correlation"`
}

type ratioRow struct {
	Name        string  `json:"name"`
	Numerator   string  `json:"numerator"`
	Denominator string  `json:"denominator"`
	Value       float64 `json:"value"`
	Lo          float64 `json:"lo"`
	Hi          float64 `json:"hi"`
	Seeds       int     `json:"seeds"`
}

type uncertainty struct {
	RankCorrelation float64       `json:"rank_correlation"`
	SpreadSkill     float64       `json:"spread_skill"`
	Plans           []spreadSkill `json:"plans"`
}

type spreadSkill struct {
	Model       string  `json:"model"`
	Plan        string  `json:"plan"`
	Calls       int     `json:"network_calls_per_step"`
	SpreadSkill float64 `json:"spread_skill"`
	Dev         float64 `json:"spread_skill_on_dev,omitempty"`
	Rank        float64 `json:"rank_correlation,omitempty"`
}

type speedRow struct {
	Case  string  `json:"case"`
	Ours  float64 `json:"ours_ms"`
	Peer  float64 `json:"peer_ms"`
	Ratio float64 `json:"ratio"`
}

// report writes results.json, the tables of README.md and pictures from what is measured. What results.json has of models that are not measured in this folder stays, and so does a ratio over
// more seeds than are measured here; pictures are drawn only where every model in them is measured.
func (b *bench) report() error {
	var known results
	path := filepath.Join(b.source, "results.json")
	if err := readJSON(path, &known); err != nil {
		return err
	}
	r := results{Setup: setup(), Models: []modelRow{}, Ratios: []ratioRow{}, Speed: []speedRow{}}
	all := map[string][]measured{}
	for _, e := range experiments {
		ms, err := b.read(e)
		if err != nil {
			return err
		}
		all[e.name] = ms
		r.Models = append(r.Models, rows(e, ms, known.Models)...)
	}
	for _, c := range comparisons {
		if q, ok := ratio(c, all[c.numerator], all[c.denominator], known.Ratios); ok {
			r.Ratios = append(r.Ratios, q)
		}
	}
	r.Uncertainty = uncertain(all, known.Uncertainty)
	if err := readJSON(filepath.Join(b.source, "speed.json"), &r.Speed); err != nil { // the U-Net beside PyTorch, which benchmarks/peers measures
		return err
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := atomicfile.Write(path, append(text, '\n')); err != nil {
		return err
	}
	if err := replaceTables(filepath.Join(b.source, "README.md"), tables(r)); err != nil {
		return err
	}
	for _, name := range append([]string{headline}, shown...) {
		if len(all[name]) == 0 {
			fmt.Printf("no pictures drawn: %s is not measured in %s (train and measure it)\n", name, b.out)
			return nil
		}
	}
	return pictures(b.source, all)
}

// readJSON reads a file into to, which stays as it is where there is no file.
func readJSON(path string, to any) error {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// rows are those of an experiment's seeds: measured here, or known.
func rows(e experiment, here []measured, known []modelRow) []modelRow {
	var out []modelRow
	for _, m := range here {
		out = append(out, row(e, m))
	}
	for _, old := range known {
		if old.Name == e.name && !slices.ContainsFunc(out, func(m modelRow) bool { return m.Seed == old.Seed }) {
			out = append(out, old)
		}
	}
	slices.SortFunc(out, func(a, b modelRow) int { return a.Seed - b.Seed })
	return out
}

func setup() map[string]any {
	return map[string]any{
		"equation": "u_t + u u_x + u_xx + u_xxxx = 0", "points": points, "solver_points": solvePoint,
		"length": "uniform in 64 ± 10 %, per trajectory", "frame_dt": "uniform in 100/499 ± 10 %, per trajectory", "step": meanStep,
		"train_trajectories": splits[0].trajectories, "train_frames": splits[0].frames, "test_trajectories": splits[2].trajectories, "test_frames": splits[2].frames,
		"network":        "FNO, 24 modes, width 32, 4 layers, no positional embedding, told dt and dx",
		"optimiser":      "AdamW, lr 4e-3 with 200 steps of warm-up and a cosine to 0, batch 16, gradient norm at most 1, EMA 0.995",
		"baseline_steps": fullSteps, "threads": 1, "budget": "optimiser steps by the cost of a step",
		"interval": "95 %, trajectories drawn with replacement, the same ones for all models and seeds",
	}
}

var thresholds = []float64{0.8, 0.9, 0.95}

func row(e experiment, m measured) modelRow {
	out := modelRow{
		Name: e.name, Role: e.role, Seed: m.Seed, DataFraction: 1, Parameters: m.Parameters, Steps: m.Spent.Steps, Calls: max(e.calls, 1), Seconds: math.Round(m.Spent.CPU),
		Dt: float64(m.Curves.Stride) * meanDt, OneStep: m.Curves.OneStep, ToSteps: map[string][3]float64{}, ToTime: map[string][3]float64{},
	}
	if e.fraction > 0 {
		out.DataFraction = e.fraction
	}
	boot := metric.NewBootstrap(len(m.Curves.Correlation), metric.BootstrapOptions{Draws: 2000})
	for _, t := range thresholds {
		i := boot.Of(func(sample []int) float64 { return m.Curves.crossing(t, sample) })
		key := fmt.Sprint(t)
		steps := float64(interval / m.Curves.Stride) // of the model per mark
		out.ToSteps[key] = [3]float64{round(i.Value * steps), round(i.Low * steps), round(i.High * steps)}
		out.ToTime[key] = [3]float64{round(i.Value * meanStep), round(i.Low * meanStep), round(i.High * meanStep)}
	}
	return out
}

func round(x float64) float64 { return math.Round(x*100) / 100 }

// comparison is a ratio of times to correlation 0.8.
type comparison struct{ name, numerator, denominator string }

// ratio is the mean over seeds that both have of the time of one model over the mean of the other's, on the same trajectories; the known one where that has more seeds.
func ratio(c comparison, num, den []measured, known []ratioRow) (ratioRow, bool) {
	n := min(len(num), len(den))
	for _, q := range known {
		if q.Numerator == c.numerator && q.Denominator == c.denominator && q.Seeds > n {
			q.Name = c.name
			return q, true
		}
	}
	if n == 0 {
		return ratioRow{}, false
	}
	boot := metric.NewBootstrap(len(num[0].Curves.Correlation), metric.BootstrapOptions{Draws: 2000})
	i := boot.Of(func(sample []int) float64 {
		var a, b float64
		for s := range n {
			a += num[s].Curves.crossing(0.8, sample)
			b += den[s].Curves.crossing(0.8, sample)
		}
		return a / b
	})
	return ratioRow{c.name, c.numerator, c.denominator, math.Round(i.Value*1000) / 1000, math.Round(i.Low*1000) / 1000, math.Round(i.High*1000) / 1000, n}, true
}

// headline is the model whose samples stand for all: the refiner as released, by the plan that is chosen on other data.
const headline = "released"

// uncertain gathers the samples, the known ones of models that are not measured here.
func uncertain(all map[string][]measured, known uncertainty) uncertainty {
	u := uncertainty{SpreadSkill: known.SpreadSkill, RankCorrelation: known.RankCorrelation}
	for _, e := range experiments {
		for _, m := range all[e.name] {
			for _, s := range m.Samples {
				u.Plans = append(u.Plans, spreadSkill{e.name, s.Plan, s.Calls, round(s.Ratio), round(s.Dev), round(s.RankCorrelation)})
			}
		}
		for _, old := range known.Plans {
			if old.Model == e.name && len(all[e.name]) == 0 {
				u.Plans = append(u.Plans, old)
			}
		}
	}
	if m := all[headline]; len(m) > 0 && len(m[0].Samples) > 0 {
		u.SpreadSkill, u.RankCorrelation = round(m[0].Samples[0].Ratio), round(m[0].Samples[0].RankCorrelation)
	}
	return u
}

// Marks of the part of the page that is written by the command.
const tablesBegin, tablesEnd = "<!-- tables: written by go run ./benchmarks/ks report -->\n", "<!-- end of tables -->\n"

// replaceTables puts tables into the page.
func replaceTables(path, tables string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), tablesBegin)
	_, after, closed := strings.Cut(rest, tablesEnd)
	if !ok || !closed {
		return fmt.Errorf("%s: the marks of the tables are missing: %q and %q", path, tablesBegin, tablesEnd)
	}
	return atomicfile.Write(path, []byte(before+tablesBegin+tables+tablesEnd+after))
}

// tables is the page's tables as Markdown.
func tables(r results) string {
	var b strings.Builder
	b.WriteString("\n### Models\n\nMeans over seeds; times in units of the equation, one step is " + fmt.Sprintf("%.3f", meanStep) + ".\n\n")
	b.WriteString("| model | seeds | parameters | optimiser steps | processor time | calls per step | one-step MSE | steps to 0.8 | time to 0.8 | time to 0.9 |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, e := range experiments {
		s := r.of(e.name)
		if s == nil {
			continue
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %.0f s | %d | %.2g | %.1f | %.1f | %.1f |\n", e.name, len(s), s[0].Parameters, s[0].Steps, s.mean(seconds), s[0].Calls,
			s.mean(oneStep), s.mean(timeTo("0.8"))/meanStep, s.mean(timeTo("0.8")), s.mean(timeTo("0.9")))
	}
	b.WriteString("\n### Ratios of times to correlation 0.8\n\n| question | ratio | 95 % interval | seeds |\n| --- | --- | --- | --- |\n")
	for _, q := range r.Ratios {
		fmt.Fprintf(&b, "| %s (%s / %s) | %.3f | %.3f – %.3f | %d |\n", q.Name, q.Numerator, q.Denominator, q.Value, q.Lo, q.Hi, q.Seeds)
	}
	byBudget(&b, r)
	besideThePaper(&b, r)
	if len(r.Uncertainty.Plans) > 0 {
		b.WriteString("\n### Samples\n\n| model | plan | calls | spread/skill after one step | on the set for choices | rank correlation of predicted and true correlation time |\n| --- | --- | --- | --- | --- | --- |\n")
		for _, s := range r.Uncertainty.Plans {
			rank, dev := "not rolled out", "not measured"
			if s.Rank != 0 {
				rank = fmt.Sprintf("%.2f", s.Rank)
			}
			if s.Dev != 0 {
				dev = fmt.Sprintf("%.2f", s.Dev)
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %.2f | %s | %s |\n", s.Model, s.Plan, s.Calls, s.SpreadSkill, dev, rank)
		}
	}
	return b.String()
}

// seeded are the rows of one model, a seed each.
type seeded []modelRow

// of finds the rows of a model; nil where it is not measured.
func (r results) of(name string) (s seeded) {
	for _, m := range r.Models {
		if m.Name == name {
			s = append(s, m)
		}
	}
	return s
}

// mean is that of a figure over seeds.
func (s seeded) mean(figure func(modelRow) float64) float64 {
	sum := 0.0
	for _, m := range s {
		sum += figure(m)
	}
	return sum / float64(len(s))
}

func seconds(m modelRow) float64 { return m.Seconds }

func oneStep(m modelRow) float64 { return m.OneStep }

func timeTo(threshold string) func(modelRow) float64 {
	return func(m modelRow) float64 { return m.ToTime[threshold][0] }
}

// budgets are the pairs of a refiner and the same network without refinement, from the smallest budget to the largest.
var budgets = [][2]string{
	{"paper-relative-quarter", "mse-quarter"}, {"paper-relative-half", "mse-half"}, {"paper-relative", "mse-fast"}, {"paper-relative-4x", "mse-4x"}, {"paper-relative-12x", "mse-12x"},
}

// byBudget says at which budget refinement begins to pay.
func byBudget(b *strings.Builder, r results) {
	b.WriteString("\n### Refinement by budget\n\nThe paper's form with the relative loss against the same network without refinement, same optimiser steps.\n\n")
	b.WriteString("| optimiser steps | processor time without | with | one-step MSE without | with | ratio of times to 0.8 | 95 % interval | seeds |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, pair := range budgets {
		with, without := r.of(pair[0]), r.of(pair[1])
		for _, q := range r.Ratios {
			if with == nil || without == nil || q.Numerator != pair[0] || q.Denominator != pair[1] {
				continue
			}
			fmt.Fprintf(b, "| %d | %.0f s | %.0f s | %.2g | %.2g | %.3f | %.3f – %.3f | %d |\n", with[0].Steps, without.mean(seconds), with.mean(seconds), without.mean(oneStep), with.mean(oneStep), q.Value, q.Lo, q.Hi, q.Seeds)
		}
	}
}

// published are the bars of the paper's figure for its Fourier neural operator (its figure 3 and the appendix' twins of it), in units of time at threshold 0.8, and what stands for them
// here; empty where nothing does.
var published = []struct {
	name string
	time float64
	ours string
}{
	{"MSE baseline", 73.6, "mse-fast"},
	{"history 2", 67.3, "history-2"},
	{"4 times the parameters", 73.5, "wide"},
	{"ensemble", 80.6, "ensemble"},
	{"pushforward", 72.3, "pushforward"},
	{"Sobolev, k = 0", 70.6, "relative"},
	{"Sobolev, k = 1", 69.0, "sobolev"},
	{"Markov neural operator", 75.9, ""},
	{"error correction", 73.9, ""},
	{"error prediction", 73.6, ""},
	{"PDE-Refiner, 1 step", 80.9, "paper-one-level"},
	{"PDE-Refiner, 2 steps", 83.7, "paper-2-steps"},
	{"PDE-Refiner, 3 steps", 85.4, "paper"},
	{"PDE-Refiner, 4 steps", 85.3, "paper-4-steps"},
	{"PDE-Refiner, 8 steps", 85.3, "paper-8-steps"},
	{"PDE-Refiner, 3 steps, mean", 85.4, "paper-mean"},
	{"diffusion, cosine schedule", 71.9, ""},
	{"diffusion, the refiner's schedule", 80.6, "released"},
}

// besideThePaper compares line by line, each with its own baseline.
func besideThePaper(b *strings.Builder, r results) {
	base := r.of("mse-fast")
	b.WriteString("\n### Beside the paper's Fourier neural operator\n\n| | paper: time to 0.8 | of its baseline | here | of its baseline |\n| --- | --- | --- | --- | --- |\n")
	for _, p := range published {
		here, ratio := "not run", ""
		if s := r.of(p.ours); s != nil && base != nil {
			here, ratio = fmt.Sprintf("%.1f (%s)", s.mean(timeTo("0.8")), p.ours), fmt.Sprintf("%.2f", s.mean(timeTo("0.8"))/base.mean(timeTo("0.8")))
		}
		fmt.Fprintf(b, "| %s | %.1f | %.2f | %s | %s |\n", p.name, p.time, p.time/published[0].time, here, ratio)
	}
}
