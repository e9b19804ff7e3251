package nn

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/internal/gradcheck"
)

// A wave comes out multiplied by the factors of its wavenumbers, on even and odd numbers of points.
func TestFilterScalesWaves(t *testing.T) {
	factor := func(axis, k int) float64 { return 1 / (1 + float64((axis+1)*k)) }
	for _, size := range [][]int{{8}, {7}, {6, 5}, {4, 3, 5}} {
		g := NewGraph(tensor.Float64)
		x := g.Placeholder("x", append([]int{1, 1}, size...)...)
		want := 1.0
		wave := func(p int) float64 {
			phase := 0.0
			for a := len(size) - 1; a >= 0; a-- {
				k := min(a+1, size[a]/2)
				phase += 2 * math.Pi * float64(k*(p%size[a])) / float64(size[a])
				p /= size[a]
			}
			return math.Cos(phase)
		}
		for a, n := range size {
			want *= factor(a, min(a+1, n/2))
		}
		for p := range x.Value.Float64s() {
			x.Value.Float64s()[p] = wave(p)
		}
		y := Filter(x.Node, factor)
		program, err := g.Compile(y)
		if err == nil {
			err = program.Run()
		}
		if err != nil {
			t.Fatal(err)
		}
		for p, v := range y.Value().(*tensor.Dense).Float64s() {
			if math.Abs(v-want*wave(p)) > 1e-14 {
				t.Fatalf("%v, point %d: %g, want %g", size, p, v, want*wave(p))
			}
		}
	}
}

// The gradient of a filtered loss against differences.
func TestFilterAdjoint(t *testing.T) {
	for _, size := range [][]int{{8}, {5, 6}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			g := NewGraph(tensor.Float64)
			x := g.Placeholder("x", append([]int{2, 2}, size...)...)
			zero := g.Placeholder("zero", append([]int{2, 2}, size...)...)
			for p := range x.Value.Float64s() {
				x.Value.Float64s()[p] = math.Sin(float64(p * p))
			}
			loss := MSE(Filter(x.Node, func(_, k int) float64 { return 1 + float64(k*k) }), zero.Node)
			grads, err := g.Gradients(loss, x.Node)
			if err != nil {
				t.Fatal(err)
			}
			program, err := g.Compile(append([]*gorgonia.Node{loss}, grads...)...)
			if err != nil {
				t.Fatal(err)
			}
			run := func() float64 {
				if err := program.Run(); err != nil {
					t.Fatal(err)
				}
				return ScalarValue(loss)
			}
			run()
			grad := append([]float64(nil), grads[0].Value().(*tensor.Dense).Float64s()...)
			if err := gradcheck.Check(run, x.Value.Float64s(), grad, gradcheck.Options{Entries: 12}); err != nil {
				t.Error(err)
			}
		})
	}
}
