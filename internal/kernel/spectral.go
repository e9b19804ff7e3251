package kernel

import (
	"fmt"

	"github.com/eddy-pde/eddy/internal/par"
)

// SpectralConfig says which frequencies a spectral layer keeps and between which arrays it works.
type SpectralConfig struct {
	Batch, In, Out int
	Size           []int // points per axis
	Lo, Hi         []int // frequencies kept per axis, both inclusive, |k| ≤ Size/2; Lo of the last axis is 0
}

// Modes is the number of frequencies kept per axis.
func (c SpectralConfig) Modes() []int {
	k := make([]int, len(c.Size))
	for i := range k {
		k[i] = c.Hi[i] - c.Lo[i] + 1
	}
	return k
}

// validate reports the first fault.
func (c SpectralConfig) validate() error {
	d := len(c.Size)
	if d < 1 || d > 3 || len(c.Lo) != d || len(c.Hi) != d {
		return fmt.Errorf("kernel: spectral transform: %d sizes, %d lower and %d upper frequencies, expected the same number, 1 to 3, of each", d, len(c.Lo), len(c.Hi))
	}
	if c.Batch < 1 || c.In < 1 || c.Out < 1 {
		return fmt.Errorf("kernel: spectral transform: batch %d, channels %d to %d, expected at least 1", c.Batch, c.In, c.Out)
	}
	for i, n := range c.Size {
		lo, hi := c.Lo[i], c.Hi[i]
		switch {
		case n < 1:
			return fmt.Errorf("kernel: spectral transform: size %d on axis %d, expected at least 1", n, i)
		case lo > hi || lo < -(n/2) || hi > n/2 || hi-lo >= n:
			return fmt.Errorf("kernel: spectral transform: frequencies %d…%d on axis %d do not fit %d points: keep %d…%d at most", lo, hi, i, n, -(n / 2), (n-1)/2)
		case i == d-1 && lo != 0:
			return fmt.Errorf("kernel: spectral transform: the last axis keeps frequencies %d…%d, expected 0…%d: its negative ones follow from the field being real", lo, hi, hi)
		}
	}
	return nil
}

// Spectral is a plan for a spectral convolution: transform, mix channels mode by mode, transform back. With x̂[k] = 1/N Σ x[n] e^{−2πi k·n/N} it computes
//
//	ŷ[k, o] = Σ_i x̂[k, i] · w[k, i, o]   for the frequencies kept, 0 elsewhere
//	y       = Re Σ_k c(k_d) ŷ[k] e^{2πi k·n/N}
//
// with c = 1 at k_d = 0 and at k_d = N_d/2, where the real inverse transform ignores imaginary parts, and 2 elsewhere: the transform of
// torch.fft.rfftn(norm="forward"), and its inverse taken over the last axis separately.
//
// x is [Batch, In, X…], y [Batch, Out, X…], w [K1, …, Kd, In, 2, Out] with real and imaginary planes, frequencies in the order Lo…Hi.
//
// A Spectral owns the spectra and the scratch of one layer; it is not safe for concurrent use. Its methods use all threads of package par.
type Spectral[T Float] struct {
	cfg    SpectralConfig
	axes   []axis[T]
	modes  int
	re, im []int32 // by mode: rows of real and imaginary part in the [plane, channels] array between transform and mixing
	points int     // product of Size
	plane  int     // product of the axes' rows: values of one channel between transform and mixing
	group  int     // most channels that one piece of work takes

	// Spectra, written and read sample by sample and mixed mode by mode: every sample is a stream that runs through memory in the order of the modes.
	xhat []T // [Batch][mode][Re, Im][In], of the last Forward
	yhat []T // [Batch][mode][Re, Im][Out], of the last BackwardInput
	mix  []T // [Batch][mode][Re, Im][Out or In]: the result of mixing, either way

	partial []T // [Batch][Out·In + Out]: gradients of BlockBackward by sample

	scratches par.Pool[*spectralScratch[T]] // one a worker
	gradients par.Pool[[]T]                 // [Out, X…], of one sample before the activation
}

// NewSpectral prepares the matrices and buffers for c, or says which frequency does not fit.
func NewSpectral[T Float](c SpectralConfig) (*Spectral[T], error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := &Spectral[T]{cfg: c, points: 1, plane: 1, group: 16}
	switch {
	case len(c.Size) == 1:
		s.group = 32 // rows of a product
	case c.Batch < 4:
		s.group = 8 // pieces for all threads
	}
	for _, n := range c.Size {
		s.points *= n
	}
	for i, n := range c.Size {
		a := axis[T]{n: n, top: max(c.Hi[i], -c.Lo[i])}
		if i == len(c.Size)-1 {
			a.fillLast(s.points)
		} else {
			a.fillFolded()
		}
		s.axes = append(s.axes, a)
		s.plane *= a.rows
	}
	s.listModes(0, 0, 0)
	k := s.modes * c.Batch
	s.xhat, s.yhat, s.mix = make([]T, 2*k*c.In), make([]T, 2*k*c.Out), make([]T, 2*k*max(c.In, c.Out))
	return s, nil
}

// listModes walks the frequencies in weight order. A negative frequency sits in the sine row of its magnitude, where the butterflies leave it, and every
// negative one on the way swaps the rows of real and imaginary part.
func (s *Spectral[T]) listModes(depth, row, negatives int) {
	a := &s.axes[depth]
	for k := s.cfg.Lo[depth]; k <= s.cfg.Hi[depth]; k++ {
		switch {
		case depth == len(s.axes)-1:
			re, im := row*a.rows+k, row*a.rows+a.wide+k
			if negatives%2 == 1 {
				re, im = im, re
			}
			s.re, s.im = append(s.re, int32(re)), append(s.im, int32(im))
			s.modes++
		case k < 0:
			s.listModes(depth+1, row*a.rows+a.top-k, negatives+1)
		default:
			s.listModes(depth+1, row*a.rows+k, negatives)
		}
	}
}

// Config is what the plan was made for.
func (s *Spectral[T]) Config() SpectralConfig { return s.cfg }

// WeightLen is the number of reals in w.
func (s *Spectral[T]) WeightLen() int { return s.modes * s.cfg.In * 2 * s.cfg.Out }

// Forward computes dst from x and w and keeps the spectrum of x. A slice of the wrong size panics with *eddy.ShapeError.
func (s *Spectral[T]) Forward(dst, x, w []T) {
	c := s.cfg
	mustLen("Spectral.Forward", "dst", dst, c.Batch, c.Out, s.points)
	mustLen("Spectral.Forward", "x", x, c.Batch, c.In, s.points)
	mustLen("Spectral.Forward", "w", w, s.WeightLen())
	s.analyse(false, 0, c.Batch, x, c.In, inputSpectrum)
	s.mixForward(w)
	s.synthesise(false, 0, c.Batch, Set, dst, c.Out, outputSpectrum)
}

// BackwardInput computes dx from the gradient dy of the output, and keeps the spectrum of dy.
func (s *Spectral[T]) BackwardInput(dx, dy, w []T) {
	c := s.cfg
	mustLen("Spectral.BackwardInput", "dx", dx, c.Batch, c.In, s.points)
	mustLen("Spectral.BackwardInput", "dy", dy, c.Batch, c.Out, s.points)
	mustLen("Spectral.BackwardInput", "w", w, s.WeightLen())
	s.analyse(false, 0, c.Batch, dy, c.Out, outputSpectrum)
	s.mixBackward(w, nil)
	s.synthesise(false, 0, c.Batch, Set, dx, c.In, inputSpectrum)
}

// BackwardWeight computes dw from the spectra that the last Forward and the last BackwardInput kept.
func (s *Spectral[T]) BackwardWeight(dw []T) {
	mustLen("Spectral.BackwardWeight", "dw", dw, s.WeightLen())
	s.mixBackward(nil, dw)
}

// mixForward computes ŷ = x̂·w for every mode over the whole batch: [Re; Im]·[Wr, Wi] is all four products that a complex one takes.
func (s *Spectral[T]) mixForward(w []T) {
	b, in, out := s.cfg.Batch, s.cfg.In, s.cfg.Out
	s.eachMode(2*b*(in+2*out), func(k int, scratch []T) {
		x, p := scratch[:2*b*in], scratch[2*b*in:]
		s.stackInput(x, k)
		gemm(true, NoTrans, NoTrans, 2*b, 2*out, in, x, in, w[k*2*in*out:], 2*out, Set, p, 2*out)
		complexRows(b, out, s.mix[k*2*out:], s.modes*2*out, p, p[b*2*out:], 2*out)
	})
}

// mixBackward computes x̂′ = ŷ′·wᴴ and, unless dw is nil, w′ = x̂ᴴ·ŷ′ summed over the batch: with Y = [Re, Im; Im, −Re] they are Y·[Wr, Wi]ᵀ and [Re; Im]ᵀ·Y. w may
// be nil where x̂′ is not needed.
func (s *Spectral[T]) mixBackward(w, dw []T) {
	b, in, out := s.cfg.Batch, s.cfg.In, s.cfg.Out
	s.eachMode(2*b*(in+2*out), func(k int, scratch []T) {
		x, y := scratch[:2*b*in], scratch[2*b*in:]
		from, step := s.yhat[k*2*out:], s.modes*2*out
		copyRows(b, 2*out, y, 2*out, from, step)
		copyRows(b, out, y[b*2*out:], 2*out, from[out:], step)
		negativeRows(b, out, y[b*2*out+out:], 2*out, from, step)
		if dw != nil {
			s.stackInput(x, k)
			gemm(true, Transposed, NoTrans, in, 2*out, 2*b, x, in, y, 2*out, Set, dw[k*2*in*out:], 2*out)
		}
		if w != nil {
			gemm(true, NoTrans, Transposed, 2*b, in, 2*out, y, 2*out, w[k*2*in*out:], 2*out, Set, x, in)
			to, step := s.mix[k*2*in:], s.modes*2*in
			copyRows(b, in, to, step, x, in)
			copyRows(b, in, to[in:], step, x[b*in:], in)
		}
	})
}

// stackInput writes the real parts of mode k of x̂ and below them the imaginary ones, [2·Batch, In].
func (s *Spectral[T]) stackInput(x []T, k int) {
	b, in := s.cfg.Batch, s.cfg.In
	from, step := s.xhat[k*2*in:], s.modes*2*in
	copyRows(b, in, x, in, from, step)
	copyRows(b, in, x[b*in:], in, from[in:], step)
}

// eachMode shares modes among threads a few at a time. f gets scratch of n elements.
func (s *Spectral[T]) eachMode(n int, f func(k int, scratch []T)) {
	const group = 4
	par.For((s.modes+group-1)/group, func(g int) {
		scratch := borrow[T](n)
		for k := g * group; k < min((g+1)*group, s.modes); k++ {
			f(k, *scratch)
		}
		giveBack(scratch)
	})
}

// copyRows copies count rows of n elements; rows of dst and of src lie a step apart.
func copyRows[T Float](count, n int, dst []T, stepDst int, src []T, stepSrc int) {
	if is32[T]() && copyRows32(count, n, as32(dst), stepDst, as32(src), stepSrc) {
		return
	}
	for i := range count {
		copy(dst[i*stepDst:i*stepDst+n], src[i*stepSrc:])
	}
}

// negativeRows is copyRows with the sign turned.
func negativeRows[T Float](count, n int, dst []T, stepDst int, src []T, stepSrc int) {
	if is32[T]() && negativeRows32(count, n, as32(dst), stepDst, as32(src), stepSrc) {
		return
	}
	for i := range count {
		row := src[i*stepSrc:]
		for j := range dst[i*stepDst : i*stepDst+n] {
			dst[i*stepDst+j] = -row[j]
		}
	}
}

// complexRows computes y = (p − q′, p′ + q) for rows of pairs (p, p′) and (q, q′), halves of n elements.
func complexRows[T Float](count, n int, y []T, stepY int, p, q []T, stepP int) {
	if is32[T]() && complexRows32(count, n, as32(y), stepY, as32(p), as32(q), stepP) {
		return
	}
	for i := range count {
		yi, pi, qi := y[i*stepY:], p[i*stepP:], q[i*stepP:]
		for j := range n {
			yi[j], yi[n+j] = pi[j]-qi[n+j], pi[n+j]+qi[j]
		}
	}
}
