package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// dtwWindow is how many steps The Well lets a prediction be early or late.
const dtwWindow = 10

// DTW is the distance of a rollout from the truth after the best alignment in time (dynamic time warping, Sakoe & Chiba 1978), per trajectory and field: the
// root of the mean square difference along the path that pairs the frames of both in order, frames less than ten steps apart only, over the root mean square
// of the truth. A prediction that is right but early or late has a small one. dst is [B, C], pred and truth are [B, T, C, X…]. The path may pair more than T
// frames, whose differences count all. NaN where the truth is zero throughout.
func DTW(dst []float64, pred, truth *eddy.Tensor) {
	eachRollout("metric.DTW", dst, pred, truth, func(i int, p, y [][]float32) {
		size := 0.0
		for _, u := range y {
			size += meanSquare(u)
		}
		if size == 0 {
			dst[i] = math.NaN()
			return
		}
		// One more row and column than frames, so that the first ones are paired too.
		t := newTimeWarp(len(y)+1, func(i, j int) float64 { return meanSquareError(p[i-1], y[j-1]) })
		dst[i] = math.Sqrt(t.at(len(y), len(y)) / size)
	})
}

// DTWWell is The Well's WindowedDTW as its code computes it (the_well@215f55d, benchmark/metrics/temporal.py), per trajectory and field: the distance and, to
// distortion [B, C], by how many steps the best partial path strays from the diagonal. Its code divides the values of both by their norm over the fields at
// each point, which for a single field leaves nothing but the sign, and leaves out the first frame of both.
func DTWWell(dst, distortion []float64, pred, truth *eddy.Tensor) {
	eddy.MustShape("metric.DTWWell", "distortion", []int{len(distortion)}, []int{len(dst)})
	px, py := scaleOverFields(pred), scaleOverFields(truth)
	steps, fields := pred.Shape[min(1, len(pred.Shape)-1)], pred.Shape[min(2, len(pred.Shape)-1)]
	eachRollout("metric.DTWWell", dst, pred, truth, func(i int, p, y [][]float32) {
		n := len(y)
		scales := func(scale []float64, t int) []float64 {
			points := len(y[0])
			from := (i/fields*steps + t) * points
			return scale[from : from+points]
		}
		t := newTimeWarp(n, func(s, t int) float64 {
			sp, sy, sum := scales(px, s), scales(py, t), 0.0
			for x, v := range y[t] {
				d := float64(p[s][x])*sp[x] - float64(v)*sy[x]
				sum += d * d
			}
			return sum / float64(len(y[t]))
		})
		dst[i] = math.Sqrt(t.at(n-1, n-1) / float64(n))
		sum := 0.0
		for j := range n {
			best := 0
			for i := range n {
				if t.at(i, j) < t.at(best, j) {
					best = i
				}
			}
			sum += math.Abs(float64(best - j))
		}
		distortion[i] = sum/float64(n) + 0*t.at(n-1, n-1) // not finite where the distance is not
	})
}

// scaleOverFields is 1 over the norm of u [B, T, C, X…] over the fields, plus 1e-7, at each point: [B, T, X…].
func scaleOverFields(u *eddy.Tensor) []float64 {
	if len(u.Shape) < 3 {
		return nil
	}
	fields, points := u.Shape[2], eddy.Size(u.Shape[3:])
	out := make([]float64, u.Shape[0]*u.Shape[1]*points)
	for i := range out {
		frame, x := i/points, i%points
		s := 0.0
		for c := range fields {
			v := float64(u.Data[(frame*fields+c)*points+x])
			s += v * v
		}
		out[i] = 1 / (math.Sqrt(s) + wellEpsilon)
	}
	return out
}

// eachRollout calls f for every trajectory and field of rollouts [B, T, C, X…] with its frames; index i of the calls is row-major over [B, C].
func eachRollout(op string, dst []float64, pred, truth *eddy.Tensor, f func(i int, p, y [][]float32)) {
	if len(truth.Shape) < 3 || truth.Shape[1] < 1 {
		panic(&eddy.ShapeError{Op: op, What: "truth", Got: truth.Shape, Hint: "expected rollouts [B, T, C, X…]"})
	}
	eddy.MustShape(op, "prediction", pred.Shape, truth.Shape)
	steps, fields, points := truth.Shape[1], truth.Shape[2], eddy.Size(truth.Shape[3:])
	eddy.MustShape(op, "destination", []int{len(dst)}, []int{truth.Shape[0] * fields})
	frames := func(u *eddy.Tensor, i int) [][]float32 {
		out := make([][]float32, steps)
		for t := range out {
			from := ((i/fields*steps+t)*fields + i%fields) * points
			out[t] = u.Data[from : from+points]
		}
		return out
	}
	par.For(len(dst), func(i int) { f(i, frames(pred, i), frames(truth, i)) })
}

// timeWarp holds the least costs of paths from (0, 0), which costs nothing, to (i, j).
type timeWarp struct {
	n int
	d []float64
}

// newTimeWarp fills an n×n table; row and column 0 are outside the paths but for their start.
func newTimeWarp(n int, cost func(i, j int) float64) *timeWarp {
	const never = 1e12 // the original's number, which shows in the argmin of columns that no path reaches
	t := &timeWarp{n, make([]float64, n*n)}
	for i := range t.d {
		t.d[i] = never
	}
	t.d[0] = 0
	for i := 1; i < n; i++ {
		for j := max(1, i-dtwWindow); j < min(n, i+dtwWindow); j++ {
			t.d[i*n+j] = cost(i, j) + min(t.at(i-1, j), t.at(i, j-1), t.at(i-1, j-1)) // min keeps a NaN
		}
	}
	return t
}

func (t *timeWarp) at(i, j int) float64 { return t.d[i*t.n+j] }

// keptFrames keeps the first frames of a rollout for a metric of [B, T, C, X…].
type keptFrames struct {
	of          func(dst []float64, pred, truth *eddy.Tensor)
	pred, truth []*eddy.Tensor
	values      []float64
	done        bool
}

func (k *keptFrames) add(p *Pair) {
	if len(k.pred) < longestRollout {
		k.pred, k.truth, k.done = append(k.pred, p.Pred.Clone()), append(k.truth, p.Truth.U.Clone()), false
	}
}

func (k *keptFrames) finish(i int) (value float64, undefined bool) {
	if len(k.pred) == 0 {
		return math.NaN(), true
	}
	if !k.done {
		k.of(k.values, stacked(k.pred), stacked(k.truth))
		k.done = true
	}
	zero := true
	for _, u := range k.truth {
		n := len(u.Data) / len(k.values)
		zero = zero && meanSquare(u.Data[i*n:(i+1)*n]) == 0
	}
	return k.values[i], zero
}

// stacked is [B, T, C, X…] of T frames [B, C, X…].
func stacked(frames []*eddy.Tensor) *eddy.Tensor {
	first := frames[0].Shape
	out := eddy.NewTensor(append([]int{first[0], len(frames)}, first[1:]...)...)
	for t, u := range frames {
		for b := range first[0] {
			out.Row(b).Row(t).CopyFrom(u.Row(b))
		}
	}
	return out
}
