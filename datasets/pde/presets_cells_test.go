package pde

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// Every preset on cells and faces makes a trajectory on a small grid, whose box keeps the width of its cells where the step depends on it.
func TestCellPresetsMakeTrajectories(t *testing.T) {
	for _, b := range cellPresets {
		settings := map[string]string{"grid": "16x16", "solve": "16x16", "warmup": "0"}
		switch b.Equation {
		case "cfd-1d":
			settings["grid"], settings["solve"] = "32", "32"
		case "smoke":
			settings["length"] = "4"
		}
		p, err := b.Problem(settings)
		if err != nil {
			t.Errorf("%s: %v", b.Name, err)
			continue
		}
		w := &kept{}
		if err := datasets.Generate(t.Context(), w, p.Model(), p.Initial, datasets.Plan{Trajectories: 2, Steps: 2, Seed: 1, Split: "train"}); err != nil {
			t.Errorf("%s: %v", b.Name, err)
			continue
		}
		n := eddy.Size(w.meta.Spec.FrameShape())
		for i, frames := range w.frames {
			if len(frames) != 3*n || largestDifference(frames[:n], frames[2*n:]) < 1e-6 {
				t.Errorf("%s: trajectory %d has %d values or does not change", b.Name, i, len(frames))
			}
		}
	}
}

// kept is a writer that keeps trajectories in memory.
type kept struct {
	meta   datasets.Meta
	frames [][]float64
}

func (k *kept) Begin(_ context.Context, m datasets.Meta) (int, error) {
	k.meta = m
	return 0, nil
}

func (k *kept) Write(_ context.Context, _ int, frames []float64) error {
	k.frames = append(k.frames, slices.Clone(frames))
	return nil
}

func (k *kept) WriteCondition(context.Context, int, []float64, []float64) error { return nil }

func (k *kept) Close(context.Context) error { return nil }

func TestCellPresetsHaveTheGridsAndTimesOfTheirSets(t *testing.T) {
	for name, want := range map[string]string{
		"tsm/kolmogorov-64":                      "[64 64] dt 0.0070125 from 0 length 6.2832",
		"pdebench/swe-radial-dam-break":          "[128 128] dt 0.01 from -2.5 length 5",
		"pdebench/cfd-1d-rand-eta0.01-periodic":  "[1024] dt 0.01 from -1 length 2",
		"pdebench/cfd-1d-shock-inviscid-outflow": "[1024] dt 0.005 from -1 length 2",
		"pdebench/cfd-2d-rand-m0.1-eta0.01":      "[128 128] dt 0.05 from 0 length 1",
		"pdebench/cfd-2d-turb-m1.0-inviscid":     "[512 512] dt 0.05 from 0 length 1",
		"pdearena/smoke":                         "[128 128] dt 6 from 0 length 32",
		"pdearena/smoke-conditional":             "[128 128] dt 1.5 from 0 length 32",
	} {
		b, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		settings := map[string]string{}
		if strings.HasPrefix(name, "tsm") {
			settings["solve"] = "64x64" // the published 2048² take their time to prepare
		}
		p, err := b.Problem(settings)
		if err != nil {
			t.Fatal(err)
		}
		s := p.Solver.Spec()
		a := s.Grid.Axes[0]
		if got := fmt.Sprintf("%v dt %.5g from %g length %.5g", s.Grid.Shape(), s.Dt, a.Origin, a.Length); got != want {
			t.Errorf("%s: %s, expected %s", name, got, want)
		}
	}
	// TSM's 32 steps of 2048² between states are those of the rule.
	if got := math.Round(frameTSM * 7 / (0.5 * 2 * math.Pi / 2048)); got != 32 {
		t.Errorf("%g steps on 2048² cells between states, published 32", got)
	}
}
