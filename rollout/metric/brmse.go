package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// BRMSE is the root mean square error on the boundary of the grid, the points with the first or last index along an axis, each counted once; per trajectory
// and field, in the unit of the field.
//
// PDEBench's bRMSE counts corners twice and in three dimensions adds up the fields: [BRMSEPDEBench].
func BRMSE(dst []float64, pred, truth *eddy.Tensor) {
	shape := spaceOf(truth)
	eachField("metric.BRMSE", dst, pred, truth, func(p, y []float32) float64 {
		sum, n := 0.0, 0
		eachBoundaryPoint(shape, func(i, _ int) {
			d := float64(p[i]) - float64(y[i])
			sum += d * d
			n++
		})
		return math.Sqrt(sum / float64(n))
	})
}

// BRMSEPDEBench is PDEBench's bRMSE before the mean over trajectories, fields and times, as its code computes it (pdebench@9754b4c, models/metrics.py):
// points that lie on several faces count several times, and in three dimensions the sum runs over the fields too, so that every field has the same value,
// larger by √C for C equal ones.
func BRMSEPDEBench(dst []float64, pred, truth *eddy.Tensor) {
	shape := spaceOf(truth)
	faces := 0
	for _, n := range shape {
		faces += 2 * eddy.Size(shape) / n
	}
	eachField("metric.BRMSEPDEBench", dst, pred, truth, func(p, y []float32) float64 {
		sum := 0.0
		eachBoundaryPoint(shape, func(i, times int) {
			d := float64(p[i]) - float64(y[i])
			sum += float64(times) * d * d
		})
		return math.Sqrt(sum / float64(faces))
	})
	if len(shape) < 3 {
		return
	}
	fields := truth.Shape[1]
	for b := range truth.Shape[0] {
		row := dst[b*fields : (b+1)*fields]
		sum := 0.0
		for _, v := range row {
			sum += v * v
		}
		for c := range row {
			row[c] = math.Sqrt(sum)
		}
	}
}

// spaceOf is the extents of space of states [B, C, X…].
func spaceOf(u *eddy.Tensor) []int { return u.Shape[min(2, len(u.Shape)):] }

// eachBoundaryPoint calls f with the index of every point on the boundary of the grid and the number of faces it lies on.
func eachBoundaryPoint(shape []int, f func(i, faces int)) { walkBoundary(shape, 0, 0, f) }

// walkBoundary goes along the first axis of shape, having found faces along earlier ones. Inside all faces so far, the last axis has two points to look at.
func walkBoundary(shape []int, base, faces int, f func(i, faces int)) {
	if len(shape) == 0 {
		if faces > 0 {
			f(base, faces)
		}
		return
	}
	n, stride := shape[0], eddy.Size(shape[1:])
	step := 1
	if len(shape) == 1 && faces == 0 {
		step = max(1, n-1)
	}
	for i := 0; i < n; i += step {
		on := faces
		if i == 0 {
			on++
		}
		if i == n-1 {
			on++
		}
		walkBoundary(shape[1:], base+i*stride, on, f)
	}
}
