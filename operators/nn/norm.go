package nn

import (
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// NormEps is added to the variance under the root, as PyTorch's norms do.
const NormEps = kernel.NormEps

// GroupNorm removes mean and variance of each sample over groups of channels and all points, then applies gain and shift per channel: x [B, C, X…],
// y = gain·(x − mean)/√(var + NormEps) + shift with the biased variance. gain and shift are [C], or [B, C] where they depend on the sample (adaptive norms),
// or both nil. One group is a layer norm without position-wise gains; C groups are an instance norm.
func GroupNorm(x *gorgonia.Node, groups int, gain, shift *gorgonia.Node) *gorgonia.Node {
	return GroupNormActivate(x, groups, gain, shift, Identity)
}

// GroupNormActivate is act([GroupNorm](…)) in one pass. Only x is kept for the gradient, which computes the argument of act again.
func GroupNormActivate(x *gorgonia.Node, groups int, gain, shift *gorgonia.Node, act Activation) *gorgonia.Node {
	if is32(x) {
		return groupNorm[float32](x, groups, gain, shift, act)
	}
	return groupNorm[float64](x, groups, gain, shift, act)
}

// InstanceNorm is [GroupNorm] with one group per channel and neither gain nor shift.
func InstanceNorm(x *gorgonia.Node) *gorgonia.Node {
	_, c, _ := field("InstanceNorm", x)
	return GroupNorm(x, c, nil, nil)
}

func groupNorm[T kernel.Float](x *gorgonia.Node, groups int, gain, shift *gorgonia.Node, act Activation) *gorgonia.Node {
	const name = "GroupNorm"
	B, c, n := field(name, x)
	if groups < 1 || c%groups != 0 {
		panic(&eddy.ShapeError{Op: "nn.GroupNorm", What: "groups", Got: []int{groups}, Want: []int{c}, Hint: "the number of channels must be a multiple of the number of groups"})
	}
	plan := kernel.GroupNorm{Batch: B, Channels: c, Points: n, Groups: groups, Act: act}
	in := gorgonia.Nodes{x}
	if (gain == nil) != (shift == nil) {
		panic(&eddy.ShapeError{Op: "nn.GroupNorm", What: "gain and shift", Hint: "give both or neither"})
	}
	if gain != nil {
		want := []int{c}
		if plan.PerSample = gain.Dims() == 2; plan.PerSample {
			want = []int{B, c}
		}
		must(name, "gain", gain, want...)
		must(name, "shift", shift, want...)
		in = append(in, gain, shift)
	}
	m := kernel.NormMoments[T]{Mean: make([]T, B*groups), Inv: make([]T, B*groups)}
	return apply(operation[T]{
		name: name, shape: x.Shape(), overwrites: []int{0},
		run: func(y []T, a [][]T) { kernel.GroupNormForward(plan, y, a[0], normParams(a[1:]), m) },
		adjoint: func(in gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
			sums := make([]T, 2*B*c)
			dx := apply(operation[T]{
				name: "GroupNormGrad", shape: x.Shape(), overwrites: []int{0}, unread: []int{2},
				run: func(dx []T, a [][]T) {
					kernel.GroupNormBackward(plan, dx, sums, a[0], a[1], normParams(a[3:]), m, kernel.Set)
				},
			}, append(gorgonia.Nodes{dy, in[0], y}, in[1:]...)...)
			if len(in) == 1 {
				return gorgonia.Nodes{dx}
			}
			shape := slices.Clone(in[1].Shape())
			dshift := make([]T, eddy.Size(shape))
			dgain := apply(operation[T]{
				name: "GroupNormGradGain", shape: shape, unread: []int{0},
				run: func(dg []T, _ [][]T) { groupNormGradGain(dg, dshift, sums) },
			}, dx)
			return gorgonia.Nodes{dx, dgain, sideResult(dgain, dshift, shape...)}
		},
	}, in...)
}

// normParams are gain and shift, or nothing.
func normParams[T kernel.Float](a [][]T) kernel.NormParams[T] {
	if len(a) == 0 {
		return kernel.NormParams[T]{}
	}
	return kernel.NormParams[T]{Gain: a[0], Shift: a[1]}
}

// groupNormGradGain sums what the gradient left for each channel of each sample, samples in order.
func groupNormGradGain[T kernel.Float](dgain, dshift, sums []T) {
	clear(dgain)
	clear(dshift)
	for r := range len(sums) / 2 {
		dgain[r%len(dgain)] += sums[2*r]
		dshift[r%len(dgain)] += sums[2*r+1]
	}
}
