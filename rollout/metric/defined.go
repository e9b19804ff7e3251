package metric

import "github.com/eddy-pde/eddy"

// Zero reports for every trajectory and field of u [B, C, X…] whether it is zero throughout, so that an error relative to its size has no meaning.
func Zero(u *eddy.Tensor) []bool {
	return test("metric.Zero", u, func(y []float32) bool { return meanSquare(y) == 0 })
}

// Constant reports for every trajectory and field of u [B, C, X…] whether it does not vary in space beyond the rounding of float32, so that a correlation with
// it, or an error relative to its spread, has no meaning.
func Constant(u *eddy.Tensor) []bool {
	return test("metric.Constant", u, func(y []float32) bool { return constant(variance(y, mean(y)), meanSquare(y)) })
}

// constant judges a spread against the size of the field: a standard deviation of 1e-7 of the root mean square is what rounding to float32 makes of a constant.
func constant(variance, meanSquare float64) bool { return variance <= 1e-14*meanSquare }

func test(op string, u *eddy.Tensor, is func(y []float32) bool) []bool {
	if len(u.Shape) < 2 {
		panic(&eddy.ShapeError{Op: op, What: "states", Got: u.Shape, Hint: "expected a batch of states [B, C, X…]"})
	}
	out := make([]bool, u.Shape[0]*u.Shape[1])
	points := eddy.Size(u.Shape[2:])
	for i := range out {
		out[i] = is(u.Data[i*points : (i+1)*points])
	}
	return out
}
