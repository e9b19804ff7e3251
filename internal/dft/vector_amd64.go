//go:build amd64 && !noasm

package dft

import "golang.org/x/sys/cpu"

//go:generate go -C asm run . -pkg dft -out ../passes_amd64.s -stubs ../passes_stub_amd64.go

// hasAVX2 also looks at what the operating system saves on a context switch, which x/sys/cpu folds into its flags.
var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// hasAVX512 lets the wide functions run, which compute the same bits for 8 columns at a time.
var hasAVX512 = hasAVX2 && cpu.X86.HasAVX512F

// wideLanes is the number of float64 of an AVX-512 vector.
const wideLanes = 8

// wide reports whether the wide functions take so many lanes.
func wide(lanes int) bool { return hasAVX512 && lanes%wideLanes == 0 }

const sizeofFloat64 = 8

// passFunc is a pass in assembly.
type passFunc func(dstRe, dstIm, srcRe, srcIm *float64, dstStride, srcStride int, twiddle *float64, groups, run, vectors int)

// By radix; nil where there is none.
var (
	passes     = [...]passFunc{2: pass2, 3: pass3, 4: pass4, 5: pass5, 8: pass8}
	widePasses = [...]passFunc{2: pass2Wide, 3: pass3Wide, 4: pass4Wide, 5: pass5Wide, 8: pass8Wide}
)

// applyVector is apply for a multiple of vectorLanes columns; it reports whether the radix has assembly.
func (p *pass) applyVector(dst, src view, lanes int) bool {
	if p.radix >= len(passes) {
		return false
	}
	f, per := passes[p.radix], vectorLanes
	if wide(lanes) {
		f, per = widePasses[p.radix], wideLanes
	}
	if f == nil {
		return false
	}
	last := p.radix*p.groups*p.run - 1
	dst.row(last, lanes) // panics where the block does not fit, which the assembly would not
	src.row(last, lanes)
	f(&dst.re[0], &dst.im[0], &src.re[0], &src.im[0], sizeofFloat64*dst.stride, sizeofFloat64*src.stride, &p.twiddle[0], p.groups, p.run, lanes/per)
	return true
}

// transposeVector transposes whole 4×4 tiles and returns how many rows and columns of src they cover.
func transposeVector(dst, src []float64, dstStride, srcStride, rows, cols int) (doneRows, doneCols int) {
	doneRows, doneCols = rows/4*4, cols/4*4
	if !hasAVX2 || doneRows == 0 || doneCols == 0 {
		return 0, 0
	}
	_, _ = dst[(doneCols-1)*dstStride+doneRows-1], src[(doneRows-1)*srcStride+doneCols-1]
	for i := 0; i < doneRows; i += 4 {
		transposeStrip(&dst[i], &src[i*srcStride], sizeofFloat64*dstStride, sizeofFloat64*srcStride, doneCols/4)
	}
	return doneRows, doneCols
}

// turnVector writes the transpose of twiddle·src, both [rows][cols] with extents that are multiples of 4, to dst.
func turnVector(dst, src, twiddle Planes, rows, cols int) bool {
	if !hasAVX2 {
		return false
	}
	n := rows * cols
	_, _, _, _, _, _ = dst.Re[n-1], dst.Im[n-1], src.Re[n-1], src.Im[n-1], twiddle.Re[n-1], twiddle.Im[n-1]
	for i := 0; i < rows; i += 4 {
		o := i * cols
		turnStrip(&dst.Re[i], &dst.Im[i], &src.Re[o], &src.Im[o], &twiddle.Re[o], &twiddle.Im[o], sizeofFloat64*rows, sizeofFloat64*cols, cols/4)
	}
	return true
}

// joinVector is Lanes.join; splitVector Lanes.split; combineVector Combine. They report whether the processor has the instructions.
func joinVector(z, c Planes, twiddle []float64, rows, lanes int) bool {
	if !hasAVX2 || lanes%vectorLanes != 0 || rows == 0 {
		return false
	}
	n := rows * lanes
	_, _, _, _, _ = z.Re[n-1], z.Im[n-1], c.Re[n+lanes-1], c.Im[n+lanes-1], twiddle[2*rows-1]
	if wide(lanes) {
		joinLanesWide(&z.Re[0], &z.Im[0], &c.Re[0], &c.Im[0], &twiddle[0], sizeofFloat64*n, rows, lanes/wideLanes)
		return true
	}
	joinLanes(&z.Re[0], &z.Im[0], &c.Re[0], &c.Im[0], &twiddle[0], sizeofFloat64*n, rows, lanes/vectorLanes)
	return true
}

func splitVector(c, z Planes, factors []float64, rows, kept, lanes int) bool {
	if !hasAVX2 || lanes%vectorLanes != 0 || kept == 0 {
		return false
	}
	n := rows * lanes
	_, _, _, _, _ = c.Re[kept*lanes-1], c.Im[kept*lanes-1], z.Re[n+lanes-1], z.Im[n+lanes-1], factors[4*kept-1]
	if wide(lanes) {
		splitLanesWide(&c.Re[0], &c.Im[0], &z.Re[0], &z.Im[0], &factors[0], sizeofFloat64*n, kept, lanes/wideLanes)
		return true
	}
	splitLanes(&c.Re[0], &c.Im[0], &z.Re[0], &z.Im[0], &factors[0], sizeofFloat64*n, kept, lanes/vectorLanes)
	return true
}

func combineVector(dst, x, y Planes, table []float64, rows, lanes int) bool {
	if !hasAVX2 || lanes%vectorLanes != 0 || rows == 0 {
		return false
	}
	if wide(lanes) {
		combineLanesWide(&dst.Re[0], &dst.Im[0], &x.Re[0], &x.Im[0], &y.Re[0], &y.Im[0], &table[0], rows, lanes/wideLanes)
		return true
	}
	combineLanes(&dst.Re[0], &dst.Im[0], &x.Re[0], &x.Im[0], &y.Re[0], &y.Im[0], &table[0], rows, lanes/vectorLanes)
	return true
}

// squareVector squares whole vectors of x and returns how many elements they hold.
func squareVector(x []float64) int {
	if n := len(x) / wideLanes; hasAVX512 && n > 0 {
		squareLanesWide(&x[0], n)
		return n * wideLanes
	}
	n := len(x) / vectorLanes
	if !hasAVX2 || n == 0 {
		return 0
	}
	squareLanes(&x[0], n)
	return n * vectorLanes
}
