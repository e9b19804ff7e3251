package nn

import (
	"math"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// NormEps is added to the variance under the root, as PyTorch's norms do.
const NormEps = 1e-5

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

// normState is what a norm's forward pass leaves for its adjoint.
type normState[T kernel.Float] struct {
	B, c, n, groups int
	perSample       bool // gain and shift are [B, C]
	act             Activation
	mean, inv       []T // [B·groups]
}

func groupNorm[T kernel.Float](x *gorgonia.Node, groups int, gain, shift *gorgonia.Node, act Activation) *gorgonia.Node {
	const name = "GroupNorm"
	s := &normState[T]{groups: groups, act: act}
	s.B, s.c, s.n = field(name, x)
	if groups < 1 || s.c%groups != 0 {
		panic(&eddy.ShapeError{Op: "nn.GroupNorm", What: "groups", Got: []int{groups}, Want: []int{s.c}, Hint: "the number of channels must be a multiple of the number of groups"})
	}
	in := gorgonia.Nodes{x}
	if (gain == nil) != (shift == nil) {
		panic(&eddy.ShapeError{Op: "nn.GroupNorm", What: "gain and shift", Hint: "give both or neither"})
	}
	if gain != nil {
		want := []int{s.c}
		if s.perSample = gain.Dims() == 2; s.perSample {
			want = []int{s.B, s.c}
		}
		must(name, "gain", gain, want...)
		must(name, "shift", shift, want...)
		in = append(in, gain, shift)
	}
	s.mean, s.inv = make([]T, s.B*groups), make([]T, s.B*groups)
	return apply(operation[T]{
		name: name, shape: x.Shape(), overwrites: []int{0},
		run:     func(y []T, ins [][]T) { s.forward(y, ins) },
		adjoint: s.adjoint,
	}, in...)
}

// forward normalises group by group. Mean and variance are summed in float64, the variance around the mean.
func (s *normState[T]) forward(y []T, in [][]T) {
	size := s.c / s.groups * s.n
	rows(s.B*s.groups, func(g int) {
		x := in[0][g*size : (g+1)*size]
		var sum, sq float64
		for _, v := range x {
			sum += float64(v)
		}
		mean := sum / float64(size)
		for _, v := range x {
			d := float64(v) - mean
			sq += d * d
		}
		s.mean[g], s.inv[g] = T(mean), T(1/math.Sqrt(sq/float64(size)+NormEps))
		for i := range s.c / s.groups {
			a, b := s.gain(in, g, i)
			a *= s.inv[g]
			b -= a * s.mean[g]
			src, dst := x[i*s.n:(i+1)*s.n], y[g*size+i*s.n:][:s.n]
			for p, v := range src {
				dst[p] = a*v + b
			}
		}
		if s.act != Identity {
			z := y[g*size : (g+1)*size]
			kernel.ActivationForward(z, z, s.act)
		}
	})
}

// gain returns gain and shift of channel i of group g (counted over the batch).
func (s *normState[T]) gain(in [][]T, g, i int) (gain, shift T) {
	if len(in) == 1 {
		return 1, 0
	}
	k := s.channel(g, i)
	return in[1][k], in[2][k]
}

// channel is where gain and shift of channel i of group g are.
func (s *normState[T]) channel(g, i int) int {
	c := g%s.groups*(s.c/s.groups) + i
	if s.perSample {
		c += g / s.groups * s.c
	}
	return c
}

func (s *normState[T]) adjoint(in gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
	x := in[0]
	inputs := append(gorgonia.Nodes{dy, x, y}, in[1:]...)
	sums := make([]T, 2*s.B*s.c) // Σ dz·x̂ and Σ dz over the points of each channel, z the argument of act
	dx := apply(operation[T]{
		name: "GroupNormGrad", shape: x.Shape(), overwrites: []int{0}, unread: []int{2},
		run: func(dx []T, ins [][]T) { s.backward(dx, sums, ins[0], ins[1], append([][]T{nil}, ins[3:]...)) },
	}, inputs...)
	if len(in) == 1 {
		return gorgonia.Nodes{dx}
	}
	shape := slices.Clone(in[1].Shape())
	dshift := make([]T, eddy.Size(shape))
	dgain := apply(operation[T]{
		name: "GroupNormGradGain", shape: shape, unread: []int{0},
		run: func(dg []T, _ [][]T) { s.backwardGain(dg, dshift, sums) },
	}, dx)
	return gorgonia.Nodes{dx, dgain, sideResult(dgain, dshift, shape...)}
}

// backward computes, with x̂ = (x − mean)·inv, z = gain·x̂ + shift and h = gain·dz, dx = inv·(h − mean(h) − x̂·mean(h·x̂)). in is that of forward.
func (s *normState[T]) backward(dx, sums, dy, x []T, in [][]T) {
	size := s.c / s.groups * s.n
	rows(s.B*s.groups, func(g int) {
		var sum, cross float64
		m, inv := s.mean[g], s.inv[g]
		if s.act != Identity {
			s.deactivate(dx, dy, x, in, g)
		} else if &dx[0] != &dy[0] {
			copy(dx[g*size:(g+1)*size], dy[g*size:])
		}
		for i := range s.c / s.groups {
			a, _ := s.gain(in, g, i)
			at := g*size + i*s.n
			var s0, s1 float64
			for p, d := range dx[at : at+s.n] {
				s0 += float64(d)
				s1 += float64(d) * float64((x[at+p]-m)*inv)
			}
			r := g*(s.c/s.groups) + i
			sums[2*r], sums[2*r+1] = T(s1), T(s0)
			sum += float64(a) * s0
			cross += float64(a) * s1
		}
		mh, mc := T(sum/float64(size)), T(cross/float64(size))
		for i := range s.c / s.groups {
			a, _ := s.gain(in, g, i)
			at := g*size + i*s.n
			for p := at; p < at+s.n; p++ {
				dx[p] = inv * (a*dx[p] - mh - (x[p]-m)*inv*mc)
			}
		}
	})
}

// deactivate computes dz = dy·act′(z) for one group.
func (s *normState[T]) deactivate(dz, dy, x []T, in [][]T, g int) {
	size := s.c / s.groups * s.n
	z := make([]T, s.n)
	for i := range s.c / s.groups {
		a, b := s.gain(in, g, i)
		a *= s.inv[g]
		b -= a * s.mean[g]
		at := g*size + i*s.n
		for p, v := range x[at : at+s.n] {
			z[p] = a*v + b
		}
		kernel.ActivationBackward(dz[at:at+s.n], z, dy[at:at+s.n], s.act)
	}
}

// backwardGain sums what backward left for each channel, samples in order.
func (s *normState[T]) backwardGain(dgain, dshift, sums []T) {
	clear(dgain)
	clear(dshift)
	for r := range s.B * s.c {
		k := r
		if !s.perSample {
			k = r % s.c
		}
		dgain[k] += sums[2*r]
		dshift[k] += sums[2*r+1]
	}
}
