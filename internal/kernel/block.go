package kernel

import (
	"github.com/eddy-pde/eddy/internal/par"
)

// BlockWeights are the arrays of a Fourier block, or their gradients.
type BlockWeights[T Float] struct {
	Spectral []T // [K1, …, Kd, In, 2, Out], as Spectral.Forward takes it
	Linear   []T // [Out, In]: the pointwise skip
	Bias     []T // [Out], or nil
}

// BlockForward computes a whole Fourier block, pre = K·x + W·x + bias and dst = act(pre), sample by sample so that a sample's fields stay in cache between the
// inverse transform, the product and the activation. It equals Forward followed by LinearForward with the spectral part as add.
//
// x is [Batch, In, X…], dst and pre [Batch, Out, X…]; pre may be nil where no gradient is needed, and may be dst when act is Identity. The spectrum of x is kept
// for BlockBackward. A slice of the wrong size panics with *eddy.ShapeError.
func (s *Spectral[T]) BlockForward(dst, pre, x []T, w BlockWeights[T], act Activation) {
	const op = "Spectral.BlockForward"
	c := s.cfg
	mustLen(op, "dst", dst, c.Batch, c.Out, s.points)
	mustLenOrNil(op, "pre", pre, c.Batch, c.Out, s.points)
	mustLen(op, "x", x, c.Batch, c.In, s.points)
	s.mustFit(op, "w", w)
	if pre == nil {
		pre = dst
	}
	s.analyse(false, 0, c.Batch, x, c.In, inputSpectrum)
	s.mixForward(w.Spectral)
	s.eachSample(func(b int, serial bool) {
		s.synthesise(serial, b, b+1, Set, pre, c.Out, outputSpectrum)
		in, out := s.sample(x, c.In, b), s.sample(pre, c.Out, b)
		linearForward(serial, s.sample(dst, c.Out, b), out, in, w.Linear, w.Bias, out, 1, c.In, c.Out, s.points, act)
	})
}

// BlockBackward computes the gradients of a block from dy, the gradient of its output, and from pre and x as they were in BlockForward: dx [Batch, In, X…] (or nil
// where nobody needs it) and dw, all overwritten. It equals ActivationBackward followed by the linear and the spectral adjoints. A slice of the wrong size
// panics with *eddy.ShapeError.
func (s *Spectral[T]) BlockBackward(dx []T, dw BlockWeights[T], dy, pre, x []T, w BlockWeights[T], act Activation) {
	const op = "Spectral.BlockBackward"
	c := s.cfg
	mustLenOrNil(op, "dx", dx, c.Batch, c.In, s.points)
	s.mustFit(op, "dw", dw)
	mustLen(op, "dy", dy, c.Batch, c.Out, s.points)
	if act != Identity {
		mustLen(op, "pre", pre, c.Batch, c.Out, s.points)
	}
	mustLen(op, "x", x, c.Batch, c.In, s.points)
	s.mustFit(op, "w", w)

	size := c.Out * (c.In + 1)
	if s.partial == nil {
		s.partial = make([]T, c.Batch*size)
	}
	s.eachSample(func(b int, serial bool) {
		dz := s.sample(dy, c.Out, b)
		if act != Identity {
			own := s.gradients.Take(s.newGradient)
			activationBackward(serial, own, s.sample(pre, c.Out, b), dz, act)
			defer s.gradients.Put(own)
			dz = own
		}
		s.analyseSample(serial, b, dz)
		part := s.partial[b*size : (b+1)*size]
		linearBackwardWeight(serial, part[:c.Out*c.In], part[c.Out*c.In:], dz, s.sample(x, c.In, b), 1, c.In, c.Out, s.points, Set)
		if dx != nil {
			linearBackwardInput(serial, s.sample(dx, c.In, b), dz, w.Linear, 1, c.In, c.Out, s.points, Set)
		}
	})
	s.sumPartials(dw)
	if dx == nil {
		s.mixBackward(nil, dw.Spectral)
		return
	}
	s.mixBackward(w.Spectral, dw.Spectral)
	s.synthesise(false, 0, c.Batch, Add, dx, c.In, inputSpectrum)
}

// sumPartials adds the samples' gradients in order.
func (s *Spectral[T]) sumPartials(dw BlockWeights[T]) {
	weights := len(dw.Linear)
	size := weights + s.cfg.Out
	clear(dw.Linear)
	clear(dw.Bias)
	for b := range s.cfg.Batch {
		part := s.partial[b*size : (b+1)*size]
		addRow(dw.Linear, part[:weights], 0)
		if dw.Bias != nil {
			addRow(dw.Bias, part[weights:], 0)
		}
	}
}

func (s *Spectral[T]) mustFit(op, what string, w BlockWeights[T]) {
	mustLen(op, what+".Spectral", w.Spectral, s.WeightLen())
	mustLen(op, what+".Linear", w.Linear, s.cfg.Out, s.cfg.In)
	mustLenOrNil(op, what+".Bias", w.Bias, s.cfg.Out)
}

// sample is sample b of a field [Batch, channels, X…].
func (s *Spectral[T]) sample(x []T, channels, b int) []T {
	n := channels * s.points
	return x[b*n : (b+1)*n]
}

// eachSample runs f on whole samples in parallel where there are enough of them for all threads, otherwise on one after the other with f parallel inside. Both
// ways compute the same pieces, so the result is the same.
func (s *Spectral[T]) eachSample(f func(b int, serial bool)) {
	if s.cfg.Batch%par.Threads() == 0 || s.cfg.Batch >= 4*par.Threads() {
		par.For(s.cfg.Batch, func(b int) { f(b, true) })
		return
	}
	for b := range s.cfg.Batch {
		f(b, false)
	}
}

// newGradient is a buffer for one sample's gradient before the activation.
func (s *Spectral[T]) newGradient() []T { return make([]T, s.cfg.Out*s.points) }
