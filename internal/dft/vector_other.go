//go:build !amd64 || noasm

package dft

const hasAVX2 = false

func (p *pass) applyVector(dst, src view, lanes int) bool { return false }

func transposeVector(dst, src []float64, dstStride, srcStride, rows, cols int) (doneRows, doneCols int) {
	return 0, 0
}

func turnVector(dst, src, twiddle Planes, rows, cols int) bool { return false }

func joinVector(_, _ Planes, _ []float64, _, _ int) bool { return false }

func splitVector(_, _ Planes, _ []float64, _, _, _ int) bool { return false }

func combineVector(_, _, _ Planes, _ []float64, _, _ int) bool { return false }

func squareVector([]float64) int { return 0 }
