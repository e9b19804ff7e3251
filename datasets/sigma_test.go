package datasets

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy"
)

// noisy is trajectories of a sum of sines whose amplitudes fall with the wavenumber, in units of their standard deviation, on a floor of white noise.
func noisy(floor float64, periodic bool, fall func(k int) float64) Dataset {
	const trajectories, frames, points = 8, 8, 128
	rng := rand.New(rand.NewPCG(1, 2))
	grid := eddy.PeriodicGrid(1, points)
	grid.Axes[0].Periodic = periodic
	tr := eddy.Trajectory{
		Spec:   eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: grid, Dt: 1, History: 1},
		Frames: eddy.NewTensor(trajectories, frames, 1, points),
	}
	square := 0.0
	for k := 1; k < points/2; k++ {
		square += fall(k) * fall(k) / 2
	}
	for row := range trajectories * frames {
		u := tr.Frames.Data[row*points:][:points]
		for k := 1; k < points/2; k++ {
			amplitude, phase := fall(k)/math.Sqrt(square), 2*math.Pi*rng.Float64()
			for i := range u {
				u[i] += float32(amplitude * math.Sin(2*math.Pi*float64(k*i)/points+phase))
			}
		}
		for i := range u {
			u[i] += float32(floor * rng.NormFloat64())
		}
	}
	return Memory(tr)
}

func TestSigmaMinIsTheLevelAtWhichTheSpectrumEnds(t *testing.T) {
	steep := func(k int) float64 { return math.Exp(-float64(k)) }
	for name, c := range map[string]struct {
		ds       Dataset
		want     float64
		relative float64
	}{
		// 64 frames of 21 modes give the mean power to 1/√(64·21), a tenth of which is left to the root and to windows.
		"noise of 1 %":                     {noisy(0.01, true, steep), 0.01, 0.05},
		"noise of 0.1 %":                   {noisy(0.001, true, steep), 0.001, 0.05},
		"noise of 1 %, open ends":          {noisy(0.01, false, steep), 0.01, 0.15}, // a window changes the variance of a wave as long as the domain
		"noise of 1e-5: below the least":   {noisy(1e-5, true, steep), leastSigma, 1e-9},
		"all noise: the greatest":          {noisy(1, true, func(int) float64 { return 1 }), greatestSigma, 1e-9},
		"a spectrum that falls to the end": {noisy(0, true, func(k int) float64 { return 1 / float64(k) }), leastSigma, 1e-9},
	} {
		got, err := SuggestSigmaMin(t.Context(), c.ds)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got-c.want) > c.relative*c.want {
			t.Errorf("%s: %g, want %g ± %g %%", name, got, c.want, 100*c.relative)
		}
	}
}

func TestSigmaMinSaysNothingOfSteadyAndConstantData(t *testing.T) {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 16), Dt: 1, History: 1}
	steady := spec
	steady.Steady, steady.Dt = true, 0
	small := spec
	small.Grid = eddy.PeriodicGrid(1, 4)
	for name, s := range map[string]eddy.Spec{"constant": spec, "steady": steady, "of 4 points": small} {
		tr := eddy.Trajectory{Spec: s, Frames: eddy.NewTensor(append([]int{2, 2}, s.FrameShape()...)...)}
		if got, err := SuggestSigmaMin(t.Context(), Memory(tr)); got != 0 || err != nil {
			t.Errorf("%s data give %g, error %v", name, got, err)
		}
	}
}
