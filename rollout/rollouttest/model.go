// Package rollouttest checks that a Model keeps the contract of [eddy.Model]. Solvers, operators and refiners run it in their own tests:
//
//	func TestSolverIsAModel(t *testing.T) { rollouttest.Model(t, solver) }
package rollouttest

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// Model runs every check on states made of a few long waves of amplitude 1 with mean 0, on the grid of m.Spec(). A model that needs other states, positive
// densities for instance, goes through ModelOn.
func Model(t *testing.T, m eddy.Model) {
	t.Helper()
	ModelOn(t, m, Waves(m.Spec(), 3, rand.New(rand.NewPCG(1, 2))))
}

// Waves makes an input of the given batch size for a model of Spec s: every field and static field is a sum of the four longest waves of each axis with random
// phases and decaying amplitudes, every parameter is its value in the Spec, or 1 where that is 0.
func Waves(s eddy.Spec, batch int, rng *rand.Rand) eddy.Input {
	shape := s.Grid.Shape()
	states := func(n int) *eddy.Tensor {
		u := eddy.NewTensor(append([]int{batch, n}, shape...)...)
		points := eddy.Size(shape)
		for from := 0; from < len(u.Data); from += points {
			waves(u.Data[from:from+points], shape, rng)
		}
		return u
	}
	h := max(s.History, 1)
	u := states(h * s.Channels())
	in := eddy.Input{U: eddy.FromSlice(u.Data, append([]int{batch, h, s.Channels()}, shape...)...), T: make([]float64, batch)}
	if n := len(s.Statics); n > 0 {
		in.Static = states(n)
	}
	if n := len(s.Params); n > 0 {
		in.Cond = eddy.NewTensor(batch, n)
		for i := range in.Cond.Data {
			in.Cond.Data[i] = float32(s.Params[i%n].Value)
			if in.Cond.Data[i] == 0 {
				in.Cond.Data[i] = 1
			}
		}
	}
	return in
}

// waves fills one field.
func waves(u []float32, shape []int, rng *rand.Rand) {
	stride := len(u)
	for _, n := range shape {
		stride /= n
		for k := 1; k <= 4; k++ {
			phase := 2 * math.Pi * rng.Float64()
			amplitude := (0.5 + 0.5*rng.Float64()) / float64(k*k)
			for i := range u {
				u[i] += float32(amplitude * math.Sin(2*math.Pi*float64(k*(i/stride%n))/float64(n)+phase))
			}
		}
	}
}

// ModelOn runs every check on a given input of at least two rows that differ.
func ModelOn(t *testing.T, m eddy.Model, in eddy.Input) {
	t.Helper()
	b := in.U.Shape[0]
	if b < 2 || slices.Equal(in.U.Row(0).Data, in.U.Row(1).Data) {
		t.Fatalf("rollouttest: the input has %d rows; at least two that differ are needed", b)
	}
	c := newChecker(m, in)
	for _, rule := range c.rules() {
		t.Run(rule.name, func(t *testing.T) { rule.check(t) })
	}
}

// tb is the part of *testing.T that checks use.
type tb interface {
	Context() context.Context
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// rule is one clause of the contract.
type rule struct {
	name  string
	check func(t tb)
}

func (c *checker) rules() []rule {
	all := []rule{
		{"Spec describes a step", c.spec},
		{"Step writes every value", c.writes},
		{"Step repeats itself", c.repeats},
		{"Step leaves its input alone", c.input},
		{"Step keeps no reference", c.references},
		{"rows do not depend on one another", c.rows},
		{"a NaN stays in its row", c.contagion},
		{"results do not depend on threads", c.threads},
		{"concurrent steps agree", c.concurrent},
		{"a context that is done stops the step", c.cancelled},
		{"a wrong shape is an error", c.shapes},
	}
	if p, ok := c.model.(eddy.Precise); ok && c.in.Static == nil && c.in.Cond == nil {
		all = append(all, rule{"Step64 agrees with Step", func(t tb) { c.precise(t, p) }})
	}
	for i, r := range all {
		all[i].check = func(t tb) {
			c.in = clone(c.pristine) // a model that spoils its input is told so by one rule, not by all that follow
			r.check(t)
		}
	}
	return all
}

// checker holds a model and an input for it.
type checker struct {
	model    eddy.Model
	pristine eddy.Input
	in       eddy.Input // a copy for the rule at hand
	shape    []int      // of the next states
}

func newChecker(m eddy.Model, in eddy.Input) *checker {
	return &checker{model: m, pristine: in, in: in, shape: append([]int{in.U.Shape[0]}, in.U.Shape[2:]...)}
}

// step returns the next states of in.
func (c *checker) step(t tb, in eddy.Input) *eddy.Tensor {
	t.Helper()
	dst := eddy.NewTensor(append([]int{in.U.Shape[0]}, c.shape[1:]...)...)
	if err := c.model.Step(t.Context(), dst, in); err != nil {
		t.Fatalf("Step: %v", err)
	}
	return dst
}

func (c *checker) spec(t tb) {
	s := c.model.Spec()
	if s.Channels() == 0 || s.Grid.Dims() == 0 {
		t.Errorf("Spec has %d fields and %d axes: nobody can read the states", s.Channels(), s.Grid.Dims())
	}
	if !(s.Dt > 0) && !s.Steady {
		t.Errorf("Spec.Dt = %g, expected a positive time step (or Steady)", s.Dt)
	}
	if s.History < 1 {
		t.Errorf("Spec.History = %d, expected at least 1", s.History)
	}
}

func (c *checker) writes(t tb) {
	zeros, ones := eddy.NewTensor(c.shape...), eddy.NewTensor(c.shape...)
	for i := range ones.Data {
		ones.Data[i] = 1e30
	}
	for _, dst := range []*eddy.Tensor{zeros, ones} {
		if err := c.model.Step(t.Context(), dst, c.in); err != nil {
			t.Fatalf("Step: %v", err)
		}
	}
	if i := differs(zeros.Data, ones.Data); i >= 0 {
		t.Errorf("value %d of dst depends on what dst held before: %v or %v. Step must write every value and read none", i, zeros.Data[i], ones.Data[i])
	}
	for i, v := range zeros.Data {
		if v-v != 0 {
			t.Fatalf("value %d of the next state is %v for a smooth finite input", i, v)
		}
	}
}

func (c *checker) repeats(t tb) {
	a := c.step(t, c.in)
	if i := differs(a.Data, c.step(t, c.in).Data); i >= 0 {
		t.Errorf("two steps from one input differ at value %d: a Model has no hidden state and no randomness of its own", i)
	}
}

func (c *checker) input(t tb) {
	before := clone(c.in)
	c.step(t, c.in)
	for _, x := range []struct {
		name      string
		was, is   *eddy.Tensor
		wasT, isT []float64
	}{
		{"U", before.U, c.in.U, nil, nil},
		{"Static", before.Static, c.in.Static, nil, nil},
		{"Cond", before.Cond, c.in.Cond, nil, nil},
		{"T", nil, nil, before.T, c.in.T},
	} {
		if x.was != nil && (differs(x.was.Data, x.is.Data) >= 0 || !slices.Equal(x.was.Shape, x.is.Shape)) || !slices.Equal(x.wasT, x.isT) {
			t.Errorf("Step changed Input.%s, which belongs to the caller", x.name)
		}
	}
}

func (c *checker) references(t tb) {
	want := c.step(t, c.in)
	mine := clone(c.in)
	got := c.step(t, mine)
	for i := range mine.U.Data {
		mine.U.Data[i] = float32(math.NaN())
	}
	other := clone(c.in)
	for i := range other.U.Data {
		other.U.Data[i] *= 0.5
	}
	c.step(t, other)
	if i := differs(want.Data, got.Data); i >= 0 {
		t.Errorf("value %d of an earlier result changed when its input did, or during a later step: Step keeps no reference to its arguments and hands out no "+
			"buffer of its own", i)
	}
	if i := differs(want.Data, c.step(t, c.in).Data); i >= 0 {
		t.Errorf("value %d of the next state depends on earlier calls", i)
	}
}

func (c *checker) rows(t tb) {
	all := c.step(t, c.in)
	for b := range c.shape[0] {
		if i := differs(all.Row(b).Data, c.step(t, row(c.in, b)).Data); i >= 0 {
			t.Errorf("value %d of row %d is not the same alone (%v) and in a batch of %d (%v): results must not depend on what else the batch holds",
				i, b, c.step(t, row(c.in, b)).Data[i], c.shape[0], all.Row(b).Data[i])
		}
	}
}

func (c *checker) contagion(t tb) {
	want := c.step(t, c.in)
	sick := clone(c.in)
	for i := range sick.U.Row(0).Data {
		sick.U.Data[i] = float32(math.NaN())
	}
	got := c.step(t, sick)
	for b := 1; b < c.shape[0]; b++ {
		if i := differs(want.Row(b).Data, got.Row(b).Data); i >= 0 {
			t.Errorf("value %d of row %d changed when row 0 became NaN: a diverged trajectory would spoil its batch", i, b)
		}
	}
}

func (c *checker) threads(t tb) {
	want := c.step(t, c.in)
	before := par.Threads()
	defer par.SetThreads(before)
	for _, n := range []int{1, 3} {
		par.SetThreads(n)
		if i := differs(want.Data, c.step(t, c.in).Data); i >= 0 {
			t.Errorf("value %d differs between %d and %d threads: cut work into pieces that do not depend on the number of threads", i, before, n)
		}
	}
}

func (c *checker) concurrent(t tb) {
	want := c.step(t, c.in)
	const calls = 4
	got := make([]*eddy.Tensor, calls)
	failed := make([]error, calls)
	done := make(chan struct{})
	for i := range calls {
		go func() {
			got[i] = eddy.NewTensor(c.shape...)
			failed[i] = c.model.Step(t.Context(), got[i], c.in)
			done <- struct{}{}
		}()
	}
	for range calls {
		<-done
	}
	for i := range calls {
		if failed[i] != nil {
			t.Errorf("a step beside others failed: %v", failed[i])
		} else if at := differs(want.Data, got[i].Data); at >= 0 {
			t.Errorf("value %d differs when steps run at the same time: a Model is safe for concurrent use", at)
		}
	}
}

func (c *checker) cancelled(t tb) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.model.Step(ctx, eddy.NewTensor(c.shape...), c.in); !errors.Is(err, context.Canceled) {
		t.Errorf("Step with a cancelled context returned %v, expected %v", err, context.Canceled)
	}
}

func (c *checker) shapes(t tb) {
	wrong := slices.Clone(c.shape)
	wrong[1]++
	u := slices.Clone(c.in.U.Shape)
	u[2]++
	for _, x := range []struct {
		what string
		dst  *eddy.Tensor
		u    *eddy.Tensor
	}{
		{"dst with one channel more", eddy.NewTensor(wrong...), c.in.U},
		{"Input.U with one channel more", eddy.NewTensor(wrong...), eddy.NewTensor(u...)},
	} {
		in := c.in
		in.U = x.u
		err := c.model.Step(t.Context(), x.dst, in) // a panic would fail the test by itself
		var shape *eddy.ShapeError
		if !errors.As(err, &shape) {
			t.Errorf("%s: Step returned %v, expected a *eddy.ShapeError", x.what, err)
		}
	}
}

// precise compares the float64 step, rounded, with the float32 one.
func (c *checker) precise(t tb, p eddy.Precise) {
	if h := c.model.Spec().History; h != 1 {
		t.Fatalf("a Precise model has history %d; Step64 sees one state", h)
	}
	want := c.step(t, c.in)
	u := make([]float64, len(c.in.U.Data))
	for i, v := range c.in.U.Data {
		u[i] = float64(v)
	}
	dst := make([]float64, len(u))
	if err := p.Step64(t.Context(), dst, u); err != nil {
		t.Fatalf("Step64: %v", err)
	}
	// Step rounds in and out once, and the input is float32 already: the results are the same up to the last rounding.
	for i := range dst {
		if float32(dst[i]) != want.Data[i] {
			t.Fatalf("value %d: Step64 gives %v, Step %v: Step must round the result of Step64 once", i, dst[i], want.Data[i])
		}
	}
	for i, v := range c.in.U.Data {
		if u[i] != float64(v) {
			t.Fatalf("Step64 changed its input at value %d although dst is another slice", i)
		}
	}
	if err := p.Step64(t.Context(), u, u); err != nil {
		t.Fatalf("Step64 in place: %v", err)
	}
	if !slices.Equal(u, dst) {
		t.Errorf("Step64 in place differs from Step64 into another slice: dst may be u")
	}
}

// differs is the first index at which two slices differ bit by bit, NaN equal to NaN; −1 where there is none.
func differs(a, b []float32) int {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

func clone(in eddy.Input) eddy.Input {
	c := eddy.Input{U: in.U.Clone(), T: slices.Clone(in.T)}
	if in.Static != nil {
		c.Static = in.Static.Clone()
	}
	if in.Cond != nil {
		c.Cond = in.Cond.Clone()
	}
	return c
}

// row is one row of an input, as a batch of one.
func row(in eddy.Input, b int) eddy.Input {
	c := eddy.Input{U: in.U.Rows(b, b+1)}
	if in.Static != nil {
		c.Static = in.Static.Rows(b, b+1)
	}
	if in.Cond != nil {
		c.Cond = in.Cond.Rows(b, b+1)
	}
	if in.T != nil {
		c.T = in.T[b : b+1]
	}
	return c
}
