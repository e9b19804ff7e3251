package nn

import (
	"math"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// Reduction says over what the norms of a relative loss run before their ratios are averaged. The two give different numbers.
type Reduction uint8

// The reductions.
const (
	PerSample  Reduction = iota // norms over channels and space, mean over the batch: the FNO paper's LpLoss, and its reported error
	PerChannel                  // norms over space, mean over batch and channels: neuraloperator's LpLoss.rel and H1Loss.rel with reduction "mean"
)

// String is the reduction's name in messages.
func (r Reduction) String() string { return [...]string{"per sample", "per channel"}[r] }

// LossEps is added to the denominator of relative losses, as neuraloperator does.
const LossEps = 1e-8

// MSE is the mean over everything of (pred − target)², a scalar. Both are [B, C, X…]; no gradient flows into target.
func MSE(pred, target *gorgonia.Node) *gorgonia.Node {
	if is32(pred) {
		return mse[float32](pred, target)
	}
	return mse[float64](pred, target)
}

func mse[T kernel.Float](pred, target *gorgonia.Node) *gorgonia.Node {
	must("MSE", "target", target, pred.Shape()...)
	n := pred.Shape().TotalSize()
	return apply(operation[T]{
		name: "MSE", diff: []bool{true, false},
		run: func(y []T, in [][]T) {
			y[0] = T(sumOver(n, func(lo, hi int) float64 { return squaredDistance(in[0][lo:hi], in[1][lo:hi]) }) / float64(n))
		},
		adjoint: func(in gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{apply(operation[T]{
				name: "MSEGrad", shape: pred.Shape(), overwrites: []int{0, 1},
				run: func(dp []T, ins [][]T) {
					f := 2 * ins[2][0] / T(n)
					pieces(n, func(lo, hi int) {
						for i := lo; i < hi; i++ {
							dp[i] = f * (ins[0][i] - ins[1][i])
						}
					})
				},
			}, in[0], in[1], dy), nil}
		},
	}, pred, target)
}

// sumOver adds up f over pieces of n elements whose cut does not depend on the number of threads.
func sumOver(n int, f func(lo, hi int) float64) float64 {
	const piece = 1 << 14
	part := make([]float64, (n+piece-1)/piece)
	rows(len(part), func(i int) { part[i] = f(i*piece, min((i+1)*piece, n)) })
	var sum float64
	for _, s := range part {
		sum += s
	}
	return sum
}

// squaredDistance is Σ (a − b)² in float64.
func squaredDistance[T kernel.Float](a, b []T) float64 {
	var s0, s1 float64
	b = b[:len(a)]
	for len(a) >= 2 && len(b) >= 2 {
		d0, d1 := float64(a[0])-float64(b[0]), float64(a[1])-float64(b[1])
		s0 += d0 * d0
		s1 += d1 * d1
		a, b = a[2:], b[2:]
	}
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		s0 += d * d
	}
	return s0 + s1
}

// squares is Σ x² in float64.
func squares[T kernel.Float](x []T) float64 {
	var s0, s1 float64
	for len(x) >= 2 {
		s0 += float64(x[0]) * float64(x[0])
		s1 += float64(x[1]) * float64(x[1])
		x = x[2:]
	}
	for _, v := range x {
		s0 += float64(v) * float64(v)
	}
	return s0 + s1
}

// RelL2 is the mean over samples (or samples and channels) of ‖pred − target‖₂ / (‖target‖₂ + LossEps), a scalar. Both are [B, C, X…]; no gradient flows
// into target. Where pred equals target the gradient is zero.
func RelL2(pred, target *gorgonia.Node, r Reduction) *gorgonia.Node {
	if is32(pred) {
		return relL2[float32](pred, target, r)
	}
	return relL2[float64](pred, target, r)
}

func relL2[T kernel.Float](pred, target *gorgonia.Node, r Reduction) *gorgonia.Node {
	must("RelL2", "target", target, pred.Shape()...)
	groups, size := lossGroups("RelL2", pred, r)
	norms := newRatios(groups)
	return apply(operation[T]{
		name: "RelL2", diff: []bool{true, false},
		run: func(y []T, in [][]T) {
			rows(groups, func(g int) {
				p, t := in[0][g*size:(g+1)*size], in[1][g*size:(g+1)*size]
				norms.set(g, squaredDistance(p, t), squares(t))
			})
			y[0] = T(norms.mean())
		},
		adjoint: func(in gorgonia.Nodes, loss, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{apply(operation[T]{
				name: "RelL2Grad", shape: pred.Shape(), overwrites: []int{0, 1}, unread: []int{3},
				run: func(dp []T, ins [][]T) {
					rows(groups, func(g int) {
						f := T(norms.slope[g]) * ins[2][0]
						p, t, d := ins[0][g*size:(g+1)*size], ins[1][g*size:(g+1)*size], dp[g*size:(g+1)*size]
						for i := range d {
							d[i] = f * (p[i] - t[i])
						}
					})
				},
			}, in[0], in[1], dy, loss), nil}
		},
	}, pred, target)
}

// lossGroups is how many norms a relative loss takes and over how many values each.
func lossGroups(name string, pred *gorgonia.Node, r Reduction) (groups, size int) {
	B, c, n := field(name, pred)
	if r == PerChannel {
		return B * c, n
	}
	return B, c * n
}

// ratios are the relative errors of the groups and what multiplies the difference in the gradient.
type ratios struct{ value, slope []float64 }

func newRatios(groups int) *ratios {
	return &ratios{value: make([]float64, groups), slope: make([]float64, groups)}
}

// set stores group g from the squared norms of the difference and of the target. d‖e‖/de is e/‖e‖.
func (r *ratios) set(g int, errorSq, targetSq float64) {
	e, scale := math.Sqrt(errorSq), math.Sqrt(targetSq)+LossEps
	r.value[g], r.slope[g] = e/scale, 0
	if e > 0 {
		r.slope[g] = 1 / (e * scale * float64(len(r.value)))
	}
}

func (r *ratios) mean() float64 {
	var sum float64
	for _, v := range r.value {
		sum += v
	}
	return sum / float64(len(r.value))
}

// H1 is the relative H¹ error: [RelL2] with ‖u‖² = Σ u² + Σ_axes Σ (∂u)², sums over points without cell volumes. Derivatives are central differences over
// the Spacing of spec, periodic where the axis is, else one-sided of first order at the two ends: neuraloperator's H1Loss.rel. spec tells the axes of space and where on
// them the fields sit; the number of points is taken from pred.
func H1(pred, target *gorgonia.Node, r Reduction, spec eddy.Spec) *gorgonia.Node {
	if is32(pred) {
		return h1[float32](pred, target, r, spec)
	}
	return h1[float64](pred, target, r, spec)
}

func h1[T kernel.Float](pred, target *gorgonia.Node, r Reduction, spec eddy.Spec) *gorgonia.Node {
	const name = "H1"
	must(name, "target", target, pred.Shape()...)
	groups, size := lossGroups(name, pred, r)
	norms := newRatios(groups)
	d := newDifferences[T](pred.Shape(), spec)
	diff := make([]T, pred.Shape().TotalSize()) // pred − target
	per := size / d.points
	return apply(operation[T]{
		name: name, diff: []bool{true, false},
		run: func(y []T, in [][]T) {
			rows(groups, func(g int) {
				e, p, t := diff[g*size:(g+1)*size], in[0][g*size:(g+1)*size], in[1][g*size:(g+1)*size]
				for i := range e {
					e[i] = p[i] - t[i]
				}
				errorSq, targetSq := squares(e), squares(t)
				for c := range per {
					errorSq += d.energy(e[c*d.points : (c+1)*d.points])
					targetSq += d.energy(t[c*d.points : (c+1)*d.points])
				}
				norms.set(g, errorSq, targetSq)
			})
			y[0] = T(norms.mean())
		},
		adjoint: func(_ gorgonia.Nodes, loss, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{apply(operation[T]{
				name: "H1Grad", shape: pred.Shape(), unread: []int{1},
				run: func(dp []T, ins [][]T) {
					rows(groups, func(g int) {
						f := T(norms.slope[g]) * ins[0][0]
						for c := range per {
							at := g*size + c*d.points
							d.applySquare(dp[at:at+d.points], diff[at:at+d.points], f)
						}
					})
				},
			}, dy, loss), nil}
		},
	}, pred, target)
}

// differences takes first derivatives of fields on one grid.
type differences[T kernel.Float] struct {
	points int
	axes   []differenceAxis[T]
}

type differenceAxis[T kernel.Float] struct {
	n, stride int
	periodic  bool
	inv       T // 1/step
}

func newDifferences[T kernel.Float](shape []int, spec eddy.Spec) *differences[T] {
	size, axes := shape[2:], slices.Clone(spec.Grid.Axes)
	spec.Grid.Axes = axes
	if len(axes) != len(size) {
		panic(&eddy.ShapeError{Op: "nn.H1", What: "axes", Got: []int{len(axes)}, Want: []int{len(size)}})
	}
	d := &differences[T]{points: eddy.Size(size)}
	stride := d.points
	for i, n := range size {
		stride /= n
		axes[i].Points = n
		if n < 2 {
			panic(&eddy.ShapeError{Op: "nn.H1", What: "input", Got: shape, Hint: "derivatives need at least two points per axis"})
		}
		d.axes = append(d.axes, differenceAxis[T]{n: n, stride: stride, periodic: axes[i].Periodic, inv: T(1 / spec.Spacing(i))})
	}
	return d
}

// neighbours are the points whose difference, times weight, is the derivative at index i of the axis.
func (a *differenceAxis[T]) neighbours(i int) (lo, hi int, weight T) {
	switch {
	case i > 0 && i < a.n-1:
		return i - 1, i + 1, a.inv / 2
	case a.periodic:
		return (i + a.n - 1) % a.n, (i + 1) % a.n, a.inv / 2
	case i == 0:
		return 0, 1, a.inv
	default:
		return a.n - 2, a.n - 1, a.inv
	}
}

// energy is Σ_axes Σ (∂u)².
func (d *differences[T]) energy(u []T) float64 {
	var sum float64
	for k := range d.axes {
		a := &d.axes[k]
		for p := range u {
			i := p / a.stride % a.n
			lo, hi, w := a.neighbours(i)
			v := w * (u[p+(hi-i)*a.stride] - u[p+(lo-i)*a.stride])
			sum += float64(v) * float64(v)
		}
	}
	return sum
}

// applySquare computes dst = f·(u + Σ_axes DᵀD u).
func (d *differences[T]) applySquare(dst, u []T, f T) {
	for p, v := range u {
		dst[p] = f * v
	}
	for k := range d.axes {
		a := &d.axes[k]
		for p := range u {
			i := p / a.stride % a.n
			lo, hi, w := a.neighbours(i)
			l, h := p+(lo-i)*a.stride, p+(hi-i)*a.stride
			v := f * w * w * (u[h] - u[l])
			dst[h] += v
			dst[l] -= v
		}
	}
}
