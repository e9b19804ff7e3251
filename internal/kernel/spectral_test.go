package kernel

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy/internal/par"
)

var spectralCases = []SpectralConfig{
	{Batch: 2, In: 3, Out: 2, Size: []int{16}, Lo: []int{0}, Hi: []int{5}},
	{Batch: 1, In: 2, Out: 3, Size: []int{9}, Lo: []int{0}, Hi: []int{4}},
	{Batch: 3, In: 1, Out: 1, Size: []int{8}, Lo: []int{0}, Hi: []int{4}}, // keeps the unpaired frequency N/2
	{Batch: 2, In: 3, Out: 4, Size: []int{8, 10}, Lo: []int{-3, 0}, Hi: []int{2, 3}},
	{Batch: 2, In: 2, Out: 2, Size: []int{6, 6}, Lo: []int{-3, 0}, Hi: []int{2, 3}}, // everything
	{Batch: 1, In: 2, Out: 1, Size: []int{7, 9}, Lo: []int{-2, 0}, Hi: []int{2, 4}},
	{Batch: 1, In: 1, Out: 2, Size: []int{7, 4}, Lo: []int{1, 0}, Hi: []int{3, 1}}, // without frequency 0
	{Batch: 2, In: 2, Out: 3, Size: []int{6, 5, 8}, Lo: []int{-2, -2, 0}, Hi: []int{1, 2, 3}},
	{Batch: 1, In: 1, Out: 1, Size: []int{1, 4, 1}, Lo: []int{0, -1, 0}, Hi: []int{0, 1, 0}},
	{Batch: 1, In: 2, Out: 2, Size: []int{2, 2}, Lo: []int{-1, 0}, Hi: []int{0, 1}},
	{Batch: 1, In: 2, Out: 2, Size: []int{3, 3}, Lo: []int{-1, 0}, Hi: []int{1, 1}},
	{Batch: 1, In: 3, Out: 2, Size: []int{70}, Lo: []int{0}, Hi: []int{35}},
	{Batch: 2, In: 3, Out: 2, Size: []int{4, 101}, Lo: []int{-1, 0}, Hi: []int{1, 20}},
	{Batch: 2, In: 19, Out: 33, Size: []int{20, 24}, Lo: []int{-5, 0}, Hi: []int{4, 6}},
}

func (c SpectralConfig) name() string {
	return fmt.Sprintf("%v %v..%v %d-%d-%d", c.Size, c.Lo, c.Hi, c.Batch, c.In, c.Out)
}

func (c SpectralConfig) points() int {
	n := 1
	for _, s := range c.Size {
		n *= s
	}
	return n
}

// frequencies lists the kept multi-indices in weight order.
func (c SpectralConfig) frequencies() [][]int {
	list := [][]int{nil}
	for i := range c.Size {
		var next [][]int
		for _, p := range list {
			for k := c.Lo[i]; k <= c.Hi[i]; k++ {
				next = append(next, append(append([]int{}, p...), k))
			}
		}
		list = next
	}
	return list
}

// phases lists e^{2πi Σ k·n/N} over all points.
func (c SpectralConfig) phases(k []int) []complex128 {
	list := make([]complex128, c.points())
	for p := range list {
		angle, rest := 0.0, p
		for i := len(c.Size) - 1; i >= 0; i-- {
			angle += float64(k[i]*(rest%c.Size[i])%c.Size[i]) / float64(c.Size[i])
			rest /= c.Size[i]
		}
		list[p] = cmplx.Exp(complex(0, 2*math.Pi*angle))
	}
	return list
}

// convolve is the definition in sums over every point and frequency.
func (c SpectralConfig) convolve(x, w []float64) []float64 {
	n, last := c.points(), len(c.Size)-1
	y := make([]float64, c.Batch*c.Out*n)
	for f, k := range c.frequencies() {
		weight, phase := 2.0, c.phases(k)
		if k[last] == 0 || 2*k[last] == c.Size[last] {
			weight = 1
		}
		for b := range c.Batch {
			xk := make([]complex128, c.In)
			for i := range xk {
				for p, v := range x[(b*c.In+i)*n : (b*c.In+i+1)*n] {
					xk[i] += complex(v/float64(n), 0) * cmplx.Conj(phase[p])
				}
			}
			for o := range c.Out {
				var amplitude complex128
				for i, a := range xk {
					at := (f*c.In + i) * 2 * c.Out
					amplitude += a * complex(w[at+o], w[at+c.Out+o])
				}
				for p := range n {
					y[(b*c.Out+o)*n+p] += weight * real(amplitude*phase[p])
				}
			}
		}
	}
	return y
}

func TestSpectralForwardEqualsDefinition(t *testing.T) {
	levels(t, func(t *testing.T) {
		for _, c := range spectralCases {
			t.Run(c.name(), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(7, 7))
				s, err := NewSpectral[float64](c)
				if err != nil {
					t.Fatal(err)
				}
				s32, err := NewSpectral[float32](c)
				if err != nil {
					t.Fatal(err)
				}
				x, w := random[float64](rng, c.Batch*c.In*c.points()), random[float64](rng, s.WeightLen())
				got := make([]float64, c.Batch*c.Out*c.points())
				s.Forward(got, x, w)
				got32 := make([]float32, len(got))
				s32.Forward(got32, convert[float32](x), convert[float32](w))
				for i, want := range c.convolve(x, w) {
					if math.Abs(got[i]-want) > 1e-12*float64(s.modes*c.In) {
						t.Fatalf("y[%d] = %v, want %v", i, got[i], want)
					}
					if math.Abs(float64(got32[i])-want) > 2e-6*math.Sqrt(float64(s.modes*c.In)) {
						t.Fatalf("float32 y[%d] = %v, want %v", i, got32[i], want)
					}
				}
			})
		}
	})
}

func convert[To, From Float](x []From) []To {
	y := make([]To, len(x))
	for i, v := range x {
		y[i] = To(v)
	}
	return y
}

func dot[T Float](x, y []T) float64 {
	sum := 0.0
	for i := range x {
		sum += float64(x[i]) * float64(y[i])
	}
	return sum
}

// TestSpectralAdjoints: y is bilinear in x and w, so ⟨y, dy⟩ = ⟨x, dx⟩ = ⟨w, dw⟩ exactly.
func TestSpectralAdjoints(t *testing.T) {
	for _, c := range spectralCases {
		t.Run(c.name(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(8, 8))
			s, err := NewSpectral[float64](c)
			if err != nil {
				t.Fatal(err)
			}
			x, w := random[float64](rng, c.Batch*c.In*c.points()), random[float64](rng, s.WeightLen())
			dy := random[float64](rng, c.Batch*c.Out*c.points())
			y, dx, dw := make([]float64, len(dy)), make([]float64, len(x)), make([]float64, len(w))
			s.Forward(y, x, w)
			s.BackwardInput(dx, dy, w)
			s.BackwardWeight(dw)
			want := dot(y, dy)
			for name, got := range map[string]float64{"x": dot(x, dx), "w": dot(w, dw)} {
				if math.Abs(got-want) > 1e-12*float64(len(y)) {
					t.Errorf("⟨%s, d%s⟩ = %v, ⟨y, dy⟩ = %v", name, name, got, want)
				}
			}
		})
	}
}

func TestSpectralRefusesFrequenciesBeyondTheGrid(t *testing.T) {
	for _, c := range []SpectralConfig{
		{Batch: 1, In: 1, Out: 1, Size: []int{8}, Lo: []int{0}, Hi: []int{5}},
		{Batch: 1, In: 1, Out: 1, Size: []int{8}, Lo: []int{-1}, Hi: []int{3}},
		{Batch: 1, In: 1, Out: 1, Size: []int{8, 8}, Lo: []int{-4, 0}, Hi: []int{4, 3}},
		{Batch: 1, In: 1, Out: 1, Size: []int{8, 8}, Lo: []int{0}, Hi: []int{4}},
		{Batch: 0, In: 1, Out: 1, Size: []int{8}, Lo: []int{0}, Hi: []int{4}},
	} {
		if _, err := NewSpectral[float32](c); err == nil {
			t.Errorf("%v accepted", c)
		}
	}
}

func TestSpectralIsIndependentOfThreads(t *testing.T) {
	defer par.SetThreads(0)
	c := SpectralConfig{Batch: 3, In: 5, Out: 6, Size: []int{16, 16}, Lo: []int{-4, 0}, Hi: []int{3, 5}}
	var runs [2][]float32
	for i, n := range []int{1, 3} {
		par.SetThreads(n)
		rng := rand.New(rand.NewPCG(9, 9))
		s, err := NewSpectral[float32](c)
		if err != nil {
			t.Fatal(err)
		}
		x, w, dy := random[float32](rng, c.Batch*c.In*c.points()), random[float32](rng, s.WeightLen()), random[float32](rng, c.Batch*c.Out*c.points())
		y, dx, dw := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
		s.Forward(y, x, w)
		s.BackwardInput(dx, dy, w)
		s.BackwardWeight(dw)
		runs[i] = append(append(y, dx...), dw...)
	}
	for i := range runs[0] {
		if runs[0][i] != runs[1][i] {
			t.Fatalf("value %d is %v on one thread, %v on three", i, runs[0][i], runs[1][i])
		}
	}
}
