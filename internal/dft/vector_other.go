//go:build !amd64 || noasm

package dft

const hasAVX2 = false

func (p *pass) applyVector(dst, src view, lanes int) bool { return false }

func transposeVector(dst, src []float64, dstStride, srcStride, rows, cols int) (doneRows, doneCols int) {
	return 0, 0
}

func turnVector(dst, src, twiddle Planes, rows, cols int) bool { return false }
