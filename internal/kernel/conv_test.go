package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy/internal/par"
)

var convCases = []ConvConfig{
	{Batch: 2, In: 3, Out: 2, Size: []int{11}, Kernel: []int{3}, Pad: []int{1}},
	{Batch: 2, In: 3, Out: 2, Size: []int{12}, Kernel: []int{5}, Stride: []int{2}, Pad: []int{2}, Boundary: PeriodicBoundary},
	{Batch: 1, In: 2, Out: 2, Size: []int{9}, Kernel: []int{1}},
	{Batch: 1, In: 2, Out: 3, Size: []int{16}, Kernel: []int{4}, Stride: []int{2}, Pad: []int{1}},
	{Batch: 1, In: 2, Out: 3, Size: []int{4}, Kernel: []int{7}, Dilation: []int{2}, Pad: []int{6}, Boundary: PeriodicBoundary}, // wraps around twice
	{Batch: 2, In: 9, Out: 17, Size: []int{37}, Kernel: []int{3}, Pad: []int{1}},
	{Batch: 2, In: 17, Out: 9, Size: []int{600}, Kernel: []int{3}, Pad: []int{1}, Boundary: PeriodicBoundary},
	{Batch: 1, In: 8, Out: 8, Size: []int{1}, Kernel: []int{3}, Pad: []int{1}, Boundary: PeriodicBoundary},
	{Batch: 1, In: 8, Out: 8, Size: []int{30}, Kernel: []int{3}},
	{Batch: 1, In: 8, Out: 8, Size: []int{30}, Kernel: []int{3}, Pad: []int{3}},
	{Batch: 3, In: 64, Out: 50, Size: []int{120}, Kernel: []int{3}, Pad: []int{1}, Boundary: PeriodicBoundary},
	{Batch: 20, In: 64, Out: 70, Size: []int{16}, Kernel: []int{3}, Pad: []int{1}, Boundary: PeriodicBoundary},
	{Batch: 2, In: 40, Out: 40, Size: []int{3}, Kernel: []int{3}, Dilation: []int{8}, Pad: []int{8}, Boundary: PeriodicBoundary}, // taps beyond a period
	{Batch: 2, In: 40, Out: 40, Size: []int{3}, Kernel: []int{3}, Dilation: []int{8}, Pad: []int{8}},
	{Batch: 2, In: 60, Out: 64, Size: []int{20}, Kernel: []int{4}, Stride: []int{2}, Pad: []int{1}},
	{Batch: 2, In: 64, Out: 60, Size: []int{3, 4}, Kernel: []int{3, 3}, Pad: []int{1, 1}, Boundary: PeriodicBoundary},
	{Batch: 2, In: 3, Out: 4, Size: []int{6, 7}, Kernel: []int{3, 3}, Pad: []int{1, 1}, Boundary: PeriodicBoundary},
	{Batch: 2, In: 3, Out: 4, Size: []int{8, 8}, Kernel: []int{3, 3}, Stride: []int{2, 2}, Pad: []int{1, 1}},
	{Batch: 1, In: 2, Out: 3, Size: []int{9, 8}, Kernel: []int{5, 7}, Pad: []int{2, 3}, Boundary: PeriodicBoundary},
	{Batch: 1, In: 2, Out: 3, Size: []int{9, 8}, Kernel: []int{7, 1}, Pad: []int{3, 0}},
	{Batch: 1, In: 2, Out: 3, Size: []int{8, 8}, Kernel: []int{4, 4}, Stride: []int{2, 2}, Pad: []int{1, 1}},
	{Batch: 1, In: 4, Out: 3, Size: []int{10, 9}, Kernel: []int{3, 3}, Dilation: []int{2, 3}, Pad: []int{2, 3}},
	{Batch: 1, In: 4, Out: 3, Size: []int{10, 9}, Kernel: []int{3, 2}, Stride: []int{2, 3}, Dilation: []int{3, 2}, Pad: []int{3, 1}, Boundary: PeriodicBoundary},
	{Batch: 2, In: 16, Out: 20, Size: []int{12, 34}, Kernel: []int{3, 3}, Pad: []int{1, 1}},
	{Batch: 2, In: 20, Out: 16, Size: []int{13, 35}, Kernel: []int{3, 3}, Pad: []int{1, 1}, Boundary: PeriodicBoundary},
	{Batch: 1, In: 9, Out: 8, Size: []int{7, 5}, Kernel: []int{3, 3}, Pad: []int{2, 0}},
	{Batch: 1, In: 8, Out: 8, Size: []int{1, 2}, Kernel: []int{3, 3}, Pad: []int{1, 1}},
	{Batch: 1, In: 8, Out: 8, Size: []int{40, 1200}, Kernel: []int{3, 3}, Pad: []int{1, 1}},
}

func (c ConvConfig) name() string {
	return fmt.Sprintf("%d-%d-%d %v k%v s%v d%v p%v b%d", c.Batch, c.In, c.Out, c.Size, c.Kernel, c.Stride, c.Dilation, c.Pad, c.Boundary)
}

// definition is the sum over channels and taps at every point.
func (c *Conv[T]) definition(x, w, bias []float64) []float64 {
	y := make([]float64, c.cfg.Batch*c.cfg.Out*c.ho*c.wo)
	for at := range y {
		col, row, o, b := at%c.wo, at/c.wo%c.ho, at/c.wo/c.ho%c.cfg.Out, at/c.wo/c.ho/c.cfg.Out
		y[at] = bias[o]
		for t := range c.kh * c.kw {
			r, okR := c.cfg.Boundary.source(c.sh*row+c.dh*(t/c.kw)-c.ph, c.h)
			q, okQ := c.cfg.Boundary.source(c.sw*col+c.dw*(t%c.kw)-c.pw, c.w)
			if !okR || !okQ {
				continue
			}
			for i := range c.cfg.In {
				y[at] += w[(o*c.cfg.In+i)*c.kh*c.kw+t] * x[((b*c.cfg.In+i)*c.h+r)*c.w+q]
			}
		}
	}
	return y
}

func TestBoundaryContinuesAField(t *testing.T) {
	for _, c := range []struct {
		b       Boundary
		i, want int
		ok      bool
	}{{ZeroBoundary, 3, 3, true}, {ZeroBoundary, -1, 0, false}, {ZeroBoundary, 5, 0, false}, {PeriodicBoundary, -1, 4, true}, {PeriodicBoundary, 12, 2, true}, {PeriodicBoundary, -6, 4, true}} {
		if got, ok := c.b.source(c.i, 5); got != c.want || ok != c.ok {
			t.Errorf("boundary %d, position %d of 5: %d, %v, want %d, %v", c.b, c.i, got, ok, c.want, c.ok)
		}
	}
}

// TestConvEqualsDefinition checks values in both precisions, and gradients by the bilinearity of the convolution: ⟨y, dy⟩ = ⟨x, dx⟩ = ⟨w, dw⟩.
func TestConvEqualsDefinition(t *testing.T) {
	levels(t, func(t *testing.T) {
		for _, cfg := range convCases {
			t.Run(cfg.name(), func(t *testing.T) {
				c, err := NewConv[float64](cfg)
				if err != nil {
					t.Fatal(err)
				}
				rng := rand.New(rand.NewPCG(11, 11))
				x, w, bias := random[float64](rng, cfg.Batch*cfg.In*c.h*c.w), random[float64](rng, c.WeightLen()), random[float64](rng, cfg.Out)
				want := c.definition(x, w, bias)
				checkConv(t, cfg, x, w, bias, want, 1e-13)
				checkConv(t, cfg, convert[float32](x), convert[float32](w), convert[float32](bias), want, 3e-6)
			})
		}
	})
}

// checkConv: tol is relative to the root of the number of terms of a sum.
func checkConv[T Float](t *testing.T, cfg ConvConfig, x, w, bias []T, want []float64, tol float64) {
	t.Helper()
	c, err := NewConv[T](cfg)
	if err != nil {
		t.Fatal(err)
	}
	tol *= math.Sqrt(float64(cfg.In*len(c.taps) + 1))
	y := make([]T, len(want))
	c.Forward(y, x, w, bias, Set)
	for i := range y {
		if d := math.Abs(float64(y[i]) - want[i]); !(d <= tol) {
			t.Fatalf("%T: y[%d] = %v, want %v", y, i, y[i], want[i])
		}
	}
	// With a bias for each sample, and added to what is there.
	perSample, twice := make([]T, cfg.Batch*cfg.Out), make([]T, len(want))
	for i := range perSample {
		perSample[i] = bias[i%cfg.Out] + T(i/cfg.Out)
	}
	copy(twice, y)
	c.Forward(twice, x, w, perSample, Add)
	for i := range y {
		if d := math.Abs(float64(twice[i]) - 2*want[i] - float64(i/(len(y)/cfg.Batch))); !(d <= 3*tol) {
			t.Fatalf("%T: added y[%d] = %v, want %v", y, i, twice[i], 2*want[i])
		}
	}
	rng := rand.New(rand.NewPCG(12, 12))
	dy, zero := random[T](rng, len(y)), make([]T, cfg.Out)
	c.Forward(y, x, w, zero, Set)
	sum := dot(y, dy)
	scale := tol * math.Sqrt(float64(len(y))) * 4
	for _, s := range []Store{Set, Add} {
		dx, dw, db := random[T](rng, len(x)), random[T](rng, len(w)), random[T](rng, cfg.Out)
		startX, startW, startB := dot(x, dx), dot(w, dw), dot(bias, db)
		if s == Set {
			startX, startW, startB = 0, 0, 0
		}
		c.BackwardInput(dx, dy, w, s)
		c.BackwardWeight(dw, db, dy, x, s)
		if d := math.Abs(dot(x, dx) - startX - sum); !(d <= scale) {
			t.Errorf("%T, store %d: ⟨x, dx⟩ differs from ⟨y, dy⟩ by %v, allowed %v", y, s, d, scale)
		}
		if d := math.Abs(dot(w, dw) - startW - sum); !(d <= scale) {
			t.Errorf("%T, store %d: ⟨w, dw⟩ differs from ⟨y, dy⟩ by %v, allowed %v", y, s, d, scale)
		}
		biased := make([]T, len(y))
		c.Forward(biased, x, w, bias, Set)
		if d := math.Abs(dot(bias, db) - startB - (dot(biased, dy) - sum)); !(d <= scale) {
			t.Errorf("%T, store %d: ⟨bias, dbias⟩ is off by %v, allowed %v", y, s, d, scale)
		}
	}
}

// A sample's result is the same to the last bit whatever else is in the batch.
func TestForwardIsIndependentOfTheBatch(t *testing.T) {
	levels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(14, 14))
		for _, cfg := range append(convCases, ConvConfig{In: 256, Out: 256, Size: []int{32}, Kernel: []int{3}, Pad: []int{1}, Boundary: PeriodicBoundary}) {
			cfg.Batch = 19
			if len(cfg.Size) > 1 || cfg.Size[0] > 100 {
				cfg.Batch = 3
			}
			all, err := NewConv[float32](cfg)
			if err != nil {
				t.Fatal(err)
			}
			batch := cfg.Batch
			cfg.Batch = 1
			one, err := NewConv[float32](cfg)
			if err != nil {
				t.Fatal(err)
			}
			in, out := cfg.In*all.h*all.w, cfg.Out*all.ho*all.wo
			x, w, y, alone := random[float32](rng, batch*in), random[float32](rng, all.WeightLen()), make([]float32, batch*out), make([]float32, out)
			all.Forward(y, x, w, nil, Set)
			for b := range batch {
				one.Forward(alone, x[b*in:(b+1)*in], w, nil, Set)
				if !slices.Equal(alone, y[b*out:(b+1)*out]) {
					t.Errorf("%s: sample %d differs alone", cfg.name(), b)
					break
				}
			}
		}
		for _, in := range []int{5, 64, 300, 400} { // vectors through a linear layer
			const batch, out = 19, 70
			x, w, y, alone := random[float32](rng, batch*in), random[float32](rng, out*in), make([]float32, batch*out), make([]float32, out)
			LinearForward(y, nil, x, w, nil, nil, batch, in, out, 1, GELU)
			for b := range batch {
				LinearForward(alone, nil, x[b*in:(b+1)*in], w, nil, nil, 1, in, out, 1, GELU)
				if !slices.Equal(alone, y[b*out:(b+1)*out]) {
					t.Errorf("linear layer from %d: sample %d differs alone", in, b)
					break
				}
			}
		}
	})
}

func TestConvIsIndependentOfThreads(t *testing.T) {
	defer par.SetThreads(0)
	for _, cfg := range []ConvConfig{
		{Batch: 3, In: 16, Out: 24, Size: []int{20, 33}, Kernel: []int{3, 3}, Pad: []int{1, 1}},
		{Batch: 3, In: 64, Out: 50, Size: []int{120}, Kernel: []int{3}, Pad: []int{1}},
		{Batch: 3, In: 16, Out: 24, Size: []int{20, 33}, Kernel: []int{5, 5}, Stride: []int{2, 2}, Pad: []int{2, 2}},
	} {
		var runs [2][]float32
		for i, threads := range []int{1, 2} {
			par.SetThreads(threads)
			rng := rand.New(rand.NewPCG(13, 13))
			c, err := NewConv[float32](cfg)
			if err != nil {
				t.Fatal(err)
			}
			x, w := random[float32](rng, cfg.Batch*cfg.In*c.h*c.w), random[float32](rng, c.WeightLen())
			y := make([]float32, cfg.Batch*cfg.Out*c.ho*c.wo)
			dx, dw, db := make([]float32, len(x)), make([]float32, len(w)), make([]float32, cfg.Out)
			c.Forward(y, x, w, nil, Set)
			c.BackwardInput(dx, y, w, Set)
			c.BackwardWeight(dw, db, y, x, Set)
			runs[i] = append(append(append(y, dx...), dw...), db...)
		}
		for i := range runs[0] {
			if runs[0][i] != runs[1][i] {
				t.Fatalf("value %d is %v on one thread, %v on two", i, runs[0][i], runs[1][i])
			}
		}
	}
}

func TestConvRefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []ConvConfig{
		{Batch: 1, In: 1, Out: 1, Size: []int{2}, Kernel: []int{3}},
		{Batch: 1, In: 1, Out: 1, Size: []int{8, 8, 8}, Kernel: []int{3, 3, 3}},
		{Batch: 1, In: 1, Out: 1, Size: []int{8, 8}, Kernel: []int{3}},
		{Batch: 1, In: 1, Out: 1, Size: []int{8}, Kernel: []int{3}, Stride: []int{0}},
		{Batch: 0, In: 1, Out: 1, Size: []int{8}, Kernel: []int{3}},
	} {
		if _, err := NewConv[float32](c); err == nil {
			t.Errorf("%v accepted", c)
		}
	}
}

// BenchmarkConv has the shapes of the peers' table.
func BenchmarkConv(b *testing.B) {
	for _, d := range []struct {
		name string
		c    ConvConfig
	}{
		{"conv2d-k3-64", ConvConfig{Batch: 4, In: 64, Out: 64, Size: []int{64, 64}, Kernel: []int{3, 3}, Pad: []int{1, 1}}},
		{"conv2d-k3-128", ConvConfig{Batch: 4, In: 128, Out: 128, Size: []int{32, 32}, Kernel: []int{3, 3}, Pad: []int{1, 1}}},
		{"conv1d-k3-64", ConvConfig{Batch: 16, In: 64, Out: 64, Size: []int{1024}, Kernel: []int{3}, Pad: []int{1}}},
		{"conv1d-k3-128", ConvConfig{Batch: 16, In: 128, Out: 128, Size: []int{512}, Kernel: []int{3}, Pad: []int{1}}},
		{"conv2d-k5-64", ConvConfig{Batch: 4, In: 64, Out: 64, Size: []int{64, 64}, Kernel: []int{5, 5}, Pad: []int{2, 2}}},
		{"conv2d-k3s2-64", ConvConfig{Batch: 4, In: 64, Out: 64, Size: []int{64, 64}, Kernel: []int{3, 3}, Pad: []int{1, 1}, Stride: []int{2, 2}}},
	} {
		c, err := NewConv[float32](d.c)
		if err != nil {
			b.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 1))
		x, w, bias := random[float32](rng, d.c.Batch*d.c.In*c.h*c.w), random[float32](rng, c.WeightLen()), random[float32](rng, d.c.Out)
		y := make([]float32, d.c.Batch*d.c.Out*c.ho*c.wo)
		dx, dw, db := make([]float32, len(x)), make([]float32, len(w)), make([]float32, d.c.Out)
		for name, f := range map[string]func(){
			"forward":  func() { c.Forward(y, x, w, bias, Set) },
			"input":    func() { c.BackwardInput(dx, y, w, Set) },
			"weight":   func() { c.BackwardWeight(dw, db, y, x, Set) },
			"backward": func() { c.BackwardInput(dx, y, w, Set); c.BackwardWeight(dw, db, y, x, Set) },
		} {
			b.Run(d.name+"/"+name, func(b *testing.B) {
				f()
				b.ReportAllocs()
				for b.Loop() {
					f()
				}
			})
		}
	}
}
