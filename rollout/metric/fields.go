package metric

import (
	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// eachField calls f for every trajectory and field of two batches of states [B, C, X…]; index i of dst [B, C] belongs to the pair of fields that f sees. Calls
// run in parallel.
func eachField(op string, dst []float64, pred, truth *eddy.Tensor, f func(p, y []float32) float64) {
	if len(truth.Shape) < 2 {
		panic(&eddy.ShapeError{Op: op, What: "truth", Got: truth.Shape, Hint: "expected a batch of states [B, C, X…]"})
	}
	eddy.MustShape(op, "prediction", pred.Shape, truth.Shape)
	fields := truth.Shape[0] * truth.Shape[1]
	eddy.MustShape(op, "destination", []int{len(dst)}, []int{fields})
	points := eddy.Size(truth.Shape[2:])
	par.For(fields, func(i int) {
		from, to := i*points, (i+1)*points
		dst[i] = f(pred.Data[from:to], truth.Data[from:to])
	})
}

// meanSquare is mean_x y².
func meanSquare(y []float32) float64 {
	var s float64
	for _, v := range y {
		s += float64(v) * float64(v)
	}
	return s / float64(len(y))
}

// meanSquareError is mean_x (p−y)².
func meanSquareError(p, y []float32) float64 {
	var s float64
	for i, v := range y {
		d := float64(p[i]) - float64(v)
		s += d * d
	}
	return s / float64(len(y))
}

// mean is mean_x y.
func mean(y []float32) float64 {
	var s float64
	for _, v := range y {
		s += float64(v)
	}
	return s / float64(len(y))
}

// variance is mean_x (y−ȳ)² with ȳ given, the biased one.
func variance(y []float32, mean float64) float64 {
	var s float64
	for _, v := range y {
		d := float64(v) - mean
		s += d * d
	}
	return s / float64(len(y))
}
