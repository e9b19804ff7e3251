package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
)

// FourierAPEBench names an error of APEBench in Fourier space.
type FourierAPEBench struct {
	Norm NormAPEBench // To Mutual is not defined
	// Low and High leave only modes with Low ≤ max_a |k_a| ≤ High; High 0 sets no bound.
	Low, High int
	// Derivative is the order of the derivative: the errors of the derivatives along each axis are added up.
	Derivative float64
}

// APEBenchFourier is an error of APEBench in Fourier space as its code computes it (exponax@1b25e94, metrics/_fourier.py, with a domain of extent 1), per
// trajectory, written to dst [B]: sums over fields, and over axes for derivatives, are taken of the errors, after the root if there is one. Sums over points
// with magnitude below 1e-5 count as zero, so that it depends on the unit of small fields. pred and truth are [B, C, N, N…] with equal extents.
func APEBenchFourier(dst []float64, pred, truth *eddy.Tensor, norm FourierAPEBench) {
	mustBeCube("metric.APEBenchFourier", truth)
	newFourierAPEBench(newModes(spaceOf(truth))).measure(dst, pred, truth, norm)
}

// APEBenchH1 is APEBench's H1 error as its code computes it (exponax@1b25e94, metrics/_derivative.py), per trajectory, written to dst [B]: the error in
// Fourier space of the state plus that of its first derivatives. Of the root mean square error this is the sum of roots and not the root of the sum, which a
// Sobolev norm would be: see [H1].
func APEBenchH1(dst []float64, pred, truth *eddy.Tensor, norm NormAPEBench) {
	mustBeCube("metric.APEBenchH1", truth)
	eddy.MustShape("metric.APEBenchH1", "prediction", pred.Shape, truth.Shape)
	a := newFourierAPEBench(newModes(spaceOf(truth)))
	a.combine(dst, a.sums(pred, truth), a.sums(truth, nil), norm, []int{0, 1})
}

// mustBeCube panics unless all extents of space are equal.
func mustBeCube(op string, truth *eddy.Tensor) {
	shape := spaceOf(truth)
	for _, n := range shape {
		if n != shape[0] {
			panic(&eddy.ShapeError{Op: op, What: "truth", Got: truth.Shape, Hint: "APEBench knows grids with equally many points along every axis only"})
		}
	}
	if len(shape) == 0 {
		panic(&eddy.ShapeError{Op: op, What: "truth", Got: truth.Shape, Hint: "expected states with a space axis [B, C, N…]"})
	}
}

// fourierAPEBench is a plan for grids of one shape.
type fourierAPEBench struct{ modes *modes }

func newFourierAPEBench(m *modes) *fourierAPEBench { return &fourierAPEBench{m} }

func (a *fourierAPEBench) measure(dst []float64, pred, truth *eddy.Tensor, norm FourierAPEBench) {
	per := make([]float64, len(dst)*truth.Shape[1])
	eachField("metric.APEBenchFourier", per, pred, truth, func(p, y []float32) float64 {
		size := func(u, minus []float32) (s float64) {
			a.modes.transform(u, minus, func(c dft.Planes) { s = a.size(c, norm) })
			return s
		}
		err := size(p, y)
		if norm.Norm.To == Normal {
			err /= size(y, nil)
		}
		return err
	})
	sumFields(dst, per)
}

// size is the aggregate of a field with the coefficients c.
func (a *fourierAPEBench) size(c dft.Planes, norm FourierAPEBench) float64 {
	if norm.Derivative == 0 {
		return norm.Norm.root(a.sum(c, norm, nil))
	}
	s := 0.0
	for _, wave := range a.modes.wave {
		s += norm.Norm.root(a.sum(c, norm, wave))
	}
	return s
}

// smallestAPEBench is the magnitude of a sum over points below which APEBench takes it for rounding.
const smallestAPEBench = 1e-5

// sum adds up |F_k κ^o|^q over the modes kept, with sums F over the points, wavenumbers κ along an axis (nil for no derivative), and the original's factors
// of 1/N.
func (a *fourierAPEBench) sum(c dft.Planes, norm FourierAPEBench, wave []int) float64 {
	points := float64(a.modes.real.Len())
	s := 0.0
	for i, w := range a.modes.weight {
		f := math.Sqrt(c.Re[i]*c.Re[i]+c.Im[i]*c.Im[i]) * points
		if f < smallestAPEBench || !a.keeps(i, norm) {
			continue
		}
		if wave != nil {
			f *= math.Pow(2*math.Pi*math.Abs(float64(wave[i])), norm.Derivative)
		}
		if norm.Norm.Power == Square {
			f *= f
		}
		s += w * f
	}
	return s / (points * points)
}

// keeps tells whether mode i is between Low and High.
func (a *fourierAPEBench) keeps(i int, norm FourierAPEBench) bool {
	if norm.Low == 0 && norm.High == 0 {
		return true
	}
	largest := 0
	for _, w := range a.modes.wave {
		largest = max(largest, w[i], -w[i])
	}
	return largest >= norm.Low && (norm.High == 0 || largest <= norm.High)
}
