package refiner

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/refiner/plan"
	"github.com/eddy-pde/eddy/refiner/process"
)

const testPoints = 16

func testConfig(form string, steps int) Config {
	return Config{
		Steps: steps, SigmaMin: 1e-3, Form: form,
		Base: operators.Config{Kind: operators.FNO, FNO: fno.Config{Modes: []int{4}, Width: 4, Layers: 1}},
	}.Complete()
}

// drawn is an objective with a batch of random normalised states, after Draw.
func drawn(t *testing.T, c Config, batch int, seed uint64) (*objective, nn.Inputs) {
	t.Helper()
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}, {Name: "v"}}, Grid: eddy.PeriodicGrid(1, testPoints), Dt: 1, History: 2}
	n, err := New(c, spec, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	o := NewObjective(n, train.Meta{Spec: spec, Target: "residual", ResidualScale: []float64{0.5, 2}}).(*objective)
	g := nn.NewGraph(tensor.Float32)
	in := nn.Inputs{U: g.Placeholder("u", batch, 4, testPoints), Target: g.Placeholder("target", batch, 2, testPoints), Noise: map[string]*nn.Placeholder{}}
	for name, shape := range o.NoiseShapes(in.U.Shape()) {
		in.Noise[name] = g.Placeholder(name, shape...)
	}
	rng := rand.New(rand.NewPCG(seed, 2))
	for _, p := range []*nn.Placeholder{in.U, in.Target} {
		for i := range p.Data() {
			p.Data()[i] = float32(rng.NormFloat64())
		}
	}
	o.Draw(rng, &in)
	return o, in
}

// level is the index, counted from the clean end, that the network was told for a row.
func level(c Config, in nn.Inputs, row int) int {
	return int(math.Round(float64(in.Noise[levelInput].Data()[row]) * float64(c.Steps) / 1000))
}

// What a network is given and asked for is what the paper and the released code say, at every level.
func TestTrainingPairs(t *testing.T) {
	for _, form := range []string{Paper, Released} {
		c := testConfig(form, 3)
		o, in := drawn(t, c, 64, 1)
		const size = 2 * testPoints
		seen := map[int]int{}
		for row := range 64 {
			k := level(c, in, row)
			seen[k]++
			l := c.Schedule().At(float64(k))
			for i := range size {
				last := in.U.Data()[row*2*size+size+i] // the newer of two states
				next := in.Target.Data()[row*size+i]
				y := float64(next-last) / []float64{0.5, 2}[i/testPoints]
				x, goal := float64(in.Noise[stateInput].Data()[row*size+i]), float64(in.Noise[goalInput].Data()[row*size+i])
				const tol = 2e-3 // float32, divided by the smallest noise
				switch {
				case form == Paper && k == 3:
					if x != 0 || math.Abs(goal-y) > 1e-5 {
						t.Fatalf("first level: state %g, goal %g; want 0, %g", x, goal, y)
					}
				case form == Paper:
					if eps := (x - y) / l.Sigma; math.Abs(goal-eps) > tol {
						t.Fatalf("level %d: goal %g, the noise is %g", k, goal, eps)
					}
				default: // α·x − σ·v is y
					if got := l.Alpha*x - l.Sigma*goal; math.Abs(got-y) > 1e-5 {
						t.Fatalf("level %d: state and velocity give y = %g, want %g", k, got, y)
					}
					if eps := l.Sigma*x + l.Alpha*goal; math.Abs(eps) > 6 {
						t.Fatalf("level %d: noise %g", k, eps)
					}
				}
			}
		}
		for k := range 4 { // 16 each expected; the chance of fewer than 4 is below 1e-4
			if seen[k] < 4 {
				t.Errorf("%s: level %d was drawn %d times of 64, want about 16", form, k, seen[k])
			}
		}
		if len(o.levels) != 4 {
			t.Errorf("%d levels", len(o.levels))
		}
	}
}

// The loss is the mean over space and batch of the squared difference, summed over fields, or the mean over the batch of the relative difference; two networks add theirs.
func TestLossIsThatOfTheConfig(t *testing.T) {
	fine := testConfig(Paper, 2)
	second := fine.Base
	fine.Fine = &second
	relative, relativeFine := testConfig(Released, 2), fine
	relative.Loss, relativeFine.Loss = Relative, Relative
	for _, c := range []Config{testConfig(Released, 2), fine, relative, relativeFine} {
		spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}, {Name: "v"}}, Grid: eddy.PeriodicGrid(1, testPoints), Dt: 1, History: 1}
		n, err := New(c, spec, rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		o := NewObjective(n, train.Meta{Spec: spec, Target: "state"}).(*objective)
		g := nn.NewGraph(tensor.Float32)
		const batch = 3
		in := nn.Inputs{U: g.Placeholder("u", batch, 2, testPoints), Target: g.Placeholder("target", batch, 2, testPoints), Noise: map[string]*nn.Placeholder{}}
		for name, shape := range o.NoiseShapes(in.U.Shape()) {
			in.Noise[name] = g.Placeholder(name, shape...)
		}
		rng := rand.New(rand.NewPCG(3, 3))
		for i := range in.U.Data() {
			in.U.Data()[i], in.Target.Data()[i] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
		}
		o.Draw(rng, &in)
		loss, err := o.Loss(g, n, in)
		if err != nil {
			t.Fatal(err)
		}
		refined := n.first
		if n.fine != nil {
			refined = n.fine
		}
		out, err := refine(g, refined, in, in.Noise[stateInput], in.Noise[levelInput])
		if err != nil {
			t.Fatal(err)
		}
		first, err := n.Forward(g, in)
		if err != nil {
			t.Fatal(err)
		}
		program, err := g.Compile(loss, out, first)
		if err == nil {
			err = program.Run()
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := func(a, b []float32) (s float64) {
			if c.Loss == Relative {
				return relativeDistance(a, b, batch)
			}
			for i := range a {
				s += math.Pow(float64(a[i])-float64(b[i]), 2) / (batch * testPoints)
			}
			return s
		}
		want := sum(nn.Data(out), in.Noise[goalInput].Data())
		if n.fine != nil {
			want += sum(nn.Data(first), in.Target.Data())
		}
		if got := nn.ScalarValue(loss); math.Abs(got/want-1) > 1e-5 {
			t.Errorf("loss %g, want %g", got, want)
		}
	}
}

// relativeDistance is the mean over rows of ‖a − b‖ / ‖b‖.
func relativeDistance(a, b []float32, rows int) (sum float64) {
	size := len(a) / rows
	for row := range rows {
		var difference, norm float64
		for i := row * size; i < (row+1)*size; i++ {
			difference += math.Pow(float64(a[i])-float64(b[i]), 2)
			norm += math.Pow(float64(b[i]), 2)
		}
		sum += math.Sqrt(difference/norm) / float64(rows)
	}
	return sum
}

// The first level gets the share that the config names, and draws follow the generator alone.
func TestShareOfTheFirstLevel(t *testing.T) {
	c := testConfig(Paper, 3)
	c.Share = 0.8
	_, in := drawn(t, c, 2000, 5)
	first := 0
	for row := range 2000 {
		if level(c, in, row) == 3 {
			first++
		}
	}
	if math.Abs(float64(first)/2000-0.8) > 0.045 { // five standard errors
		t.Errorf("%d of 2000 samples at the first level, want 1600", first)
	}
	_, same := drawn(t, c, 2000, 5)
	_, other := drawn(t, c, 2000, 6)
	if !slices.Equal(in.Noise[stateInput].Data(), same.Noise[stateInput].Data()) || slices.Equal(in.Noise[stateInput].Data(), other.Noise[stateInput].Data()) {
		t.Error("the draws do not follow the seed")
	}
}

// A second network is trained at all levels but the first, equally often.
func TestSecondNetworkSeesAllLevelsButTheFirst(t *testing.T) {
	c := testConfig(Paper, 3)
	fine := c.Base
	c.Fine = &fine
	_, in := drawn(t, c, 300, 5)
	seen := map[int]int{}
	for row := range 300 {
		seen[level(c, in, row)]++
	}
	for k := range 3 { // 100 each expected, five standard errors are 41
		if n := seen[k]; n < 59 || n > 141 {
			t.Errorf("level %d was drawn %d times of 300, want about 100", k, n)
		}
	}
	if seen[3] > 0 {
		t.Errorf("the first level was drawn %d times", seen[3])
	}
}

// Both forms are the same method up to terms of the order of the noise: what the network is given and asked for at a level, and what comes out when it answers perfectly,
// differ by at most a constant times σ, and by half of it when all noise is halved.
func TestFormsAgree(t *testing.T) {
	var pairs, samples [2]float64
	for i, top := range []float64{0.02, 0.01} {
		levels := map[string][]process.Level{}
		for _, form := range []string{Paper, Released} {
			levels[form] = append(process.Exponential{Steps: 3, SigmaMin: top / 50, SigmaMax: top, Preserving: form == Released}.Levels(), process.Clean())
		}
		pairs[i] = pairDifference(levels[Paper], levels[Released])
		samples[i] = sampleDifference(t, levels[Paper], levels[Released])
		if limit := 5 * top; pairs[i] > limit || samples[i] > limit {
			t.Errorf("σ ≤ %g: training pairs differ by %g, samples by %g; want at most %g", top, pairs[i], samples[i], limit)
		}
	}
	for name, d := range map[string][2]float64{"training pairs": pairs, "samples": samples} {
		if ratio := d[0] / d[1]; ratio < 1.6 || ratio > 4.5 { // of first order, or of second where the first cancels
			t.Errorf("%s: halving the noise divides the difference by %.2f", name, ratio)
		}
	}
}

// pairDifference is the greatest difference of states and goals at the levels after the first.
func pairDifference(paper, released []process.Level) float64 {
	y := []float32{1.2, -0.3, 0.7}
	worst := 0.0
	for k := 1; k < len(paper)-1; k++ {
		var states, goals [2][]float32
		for i, l := range []process.Level{paper[k], released[k]} {
			states[i], goals[i] = make([]float32, 3), make([]float32, 3)
			noise(rand.New(rand.NewPCG(7, 7)), states[i], goals[i], y, l, []string{Paper, Released}[i])
		}
		for i := range y {
			worst = math.Max(worst, math.Abs(float64(states[0][i]-states[1][i])))
			worst = math.Max(worst, math.Abs(float64(goals[0][i]-goals[1][i])))
		}
	}
	return worst
}

// sampleDifference runs both published samplers with a perfect network for two normal targets and the same noise.
func sampleDifference(t *testing.T, paper, released []process.Level) float64 {
	t.Helper()
	var out [2][]float64
	for i, c := range []struct {
		name   string
		levels []process.Level
	}{{plan.Refiner, paper}, {"ddpm", released}} {
		p, err := plan.Named(c.name, c.levels)
		if err != nil {
			t.Fatal(err)
		}
		x := []float64{0.4, -1}
		perfect := func(dst, x []float64, l process.Level) {
			for j, mean := range []float64{0.8, -0.5} {
				const variance = 1e-2
				gain := l.Alpha * variance / (l.Alpha*l.Alpha*variance + l.Sigma*l.Sigma)
				dst[j] = mean + gain*(x[j]-l.Alpha*mean)
			}
		}
		out[i] = run(t, p, x, perfect)
	}
	return math.Max(math.Abs(out[0][0]-out[1][0]), math.Abs(out[0][1]-out[1][1]))
}

func run(t *testing.T, p plan.Plan, x []float64, perfect func(dst, x []float64, l process.Level)) []float64 {
	t.Helper()
	err := plan.Run(t.Context(), p, x, denoiser(perfect), func(z []float64, step int) {
		z[0], z[1] = math.Sin(float64(step+1)), math.Cos(float64(3*step))
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func denoiser(f func(dst, x []float64, l process.Level)) plan.Denoiser[float64] {
	return func(_ context.Context, dst, x []float64, _ int, l process.Level) error {
		f(dst, x, l)
		return nil
	}
}
