package kernel

import (
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// NormEps is added to the variance under the root, as PyTorch's norms do.
const NormEps = 1e-5

// GroupNorm describes a group norm of fields [Batch, Channels, Points] followed by an activation,
//
//	y = act(gain·x̂ + shift),  x̂ = (x − mean)/√(var + NormEps)
//
// with mean and biased variance over the channels of a group and all points of a sample. Groups divides Channels.
type GroupNorm struct {
	Batch, Channels, Points, Groups int
	PerSample                       bool // gain and shift are [Batch, Channels], not [Channels]
	Act                             Activation
}

// NormParams are gain and shift of a group norm, both nil for 1 and 0.
type NormParams[T Float] struct{ Gain, Shift []T }

func (p NormParams[T]) of(k int) (gain, shift T) {
	if p.Gain == nil {
		return 1, 0
	}
	return p.Gain[k], p.Shift[k]
}

// NormMoments are mean and 1/√(var + NormEps) of every group, [Batch·Groups]: what the forward pass leaves for the gradient.
type NormMoments[T Float] struct{ Mean, Inv []T }

// GroupNormForward computes y and m from x; y may be x.
func GroupNormForward[T Float](c GroupNorm, y, x []T, p NormParams[T], m NormMoments[T]) {
	c.check("GroupNormForward", len(y), len(x), len(p.Gain), len(p.Shift), len(m.Mean), len(m.Inv))
	per := c.Channels / c.Groups
	size := per * c.Points
	par.For(c.Batch*c.Groups, func(g int) {
		group := x[g*size : (g+1)*size]
		mean, inv := moments(group)
		m.Mean[g], m.Inv[g] = T(mean), T(inv)
		for i := range per {
			gain, shift := p.of(c.index(g, i))
			scale := gain * m.Inv[g]
			at := g*size + i*c.Points
			normRow(y[at:at+c.Points], x[at:at+c.Points], scale, shift-scale*m.Mean[g], c.Act)
		}
	})
}

// GroupNormBackward computes dx (=, +=) the gradient with respect to x from dy, and sums [Batch, Channels, 2], of which each pair is Σ dz·x̂ and Σ dz over points for
// the gradient dz of gain·x̂ + shift: summed over what shares them, they are the gradients of gain and shift. dx may be dy where it is set.
func GroupNormBackward[T Float](c GroupNorm, dx, sums, dy, x []T, p NormParams[T], m NormMoments[T], s Store) {
	c.check("GroupNormBackward", len(dx), len(x), len(p.Gain), len(p.Shift), len(m.Mean), len(m.Inv))
	mustLen("GroupNormBackward", "dy", dy, len(x))
	mustLen("GroupNormBackward", "sums", sums, c.Batch, c.Channels, 2)
	par.For(c.Batch*c.Groups, func(g int) { groupNormBackward(c, dx, sums, dy, x, p, m, s, g) })
}

// groupNormBackward does one group: with h = gain·dz, dx = inv·(h − mean(h) − x̂·mean(h·x̂)).
func groupNormBackward[T Float](c GroupNorm, dx, sums, dy, x []T, p NormParams[T], m NormMoments[T], s Store, g int) {
	per := c.Channels / c.Groups
	size := per * c.Points
	inv := m.Inv[g]
	offset := -m.Mean[g] * inv
	dz, kept := dx[g*size:(g+1)*size], (*[]T)(nil)
	if s == Add {
		kept = borrow[T](size)
		dz = *kept
	}
	var sum, cross float64
	for i := range per {
		gain, shift := p.of(c.index(g, i))
		at := g*size + i*c.Points
		total, dot := normSlopeRow(dz[i*c.Points:(i+1)*c.Points], x[at:at+c.Points], dy[at:at+c.Points], [4]T{inv, offset, gain, shift}, c.Act)
		r := 2 * (g*per + i)
		sums[r], sums[r+1] = T(dot), T(total)
		sum += float64(gain) * total
		cross += float64(gain) * dot
	}
	// dx = inv·gain·dz − inv·(mean(h) + x̂·mean(h·x̂)) with x̂ = inv·x + offset
	mh, mc := sum/float64(size), cross/float64(size)
	slope := -float64(inv) * float64(inv) * mc
	constant := -float64(inv) * (mh + float64(offset)*mc)
	for i := range per {
		gain, _ := p.of(c.index(g, i))
		at := g*size + i*c.Points
		blendRow(dx[at:at+c.Points], dz[i*c.Points:(i+1)*c.Points], x[at:at+c.Points], [3]T{inv * gain, T(slope), T(constant)}, s)
	}
	if kept != nil {
		giveBack(kept)
	}
}

func (c GroupNorm) check(op string, y, x, gain, shift, mean, inv int) {
	all, params := c.Batch*c.Channels*c.Points, c.Channels
	if c.PerSample {
		params *= c.Batch
	}
	if y != all || x != all || gain != 0 && gain != params || shift != gain || mean != c.Batch*c.Groups || inv != mean || c.Groups < 1 || c.Channels%c.Groups != 0 {
		panic(&eddy.ShapeError{
			Op: "kernel." + op, What: "output, input, gain, shift, mean, inv (elements)", Got: []int{y, x, gain, shift, mean, inv},
			Want: []int{all, all, params, params, c.Batch * c.Groups, c.Batch * c.Groups}, Hint: "groups must divide channels; gain and shift may be left out together",
		})
	}
}

// index is where gain and shift of channel i of group g are, groups being counted over the batch.
func (c GroupNorm) index(g, i int) int {
	per := c.Channels / c.Groups
	k := g%c.Groups*per + i
	if c.PerSample {
		k += g / c.Groups * c.Channels
	}
	return k
}

// moments are mean and 1/√(var + NormEps) of a group.
func moments[T Float](x []T) (mean, inv float64) {
	n := float64(len(x))
	var part [16]float64
	whole := len(x) / 16 * 16
	if is32[T]() && moments32(as32(x[:whole]), &part) {
		var sum, square float64
		for i := range 8 {
			sum += part[i]
			square += part[8+i]
		}
		for _, v := range x[whole:] {
			sum += float64(v)
			square += float64(v) * float64(v)
		}
		mean = sum / n
		return mean, 1 / math.Sqrt(max(square/n-mean*mean, 0)+NormEps)
	}
	var sum, square float64
	for _, v := range x {
		sum += float64(v)
	}
	mean = sum / n
	for _, v := range x {
		d := float64(v) - mean
		square += d * d
	}
	return mean, 1 / math.Sqrt(square/n+NormEps)
}

// normRow is y = act(scale·x + shift).
func normRow[T Float](y, x []T, scale, shift T, act Activation) {
	if is32[T]() && normRow32(as32(y), as32(x), float32(scale), float32(shift), act) {
		return
	}
	for i, v := range x {
		y[i] = scale*v + shift
	}
	if act != Identity {
		activate(y, y, act)
	}
}

// normSlopeRow computes, with x̂ = c₀·x + c₁ and z = c₂·x̂ + c₃, dz = dy·act′(z) and returns Σ dz and Σ dz·x̂; dz may be dy.
func normSlopeRow[T Float](dz, x, dy []T, c [4]T, act Activation) (total, cross float64) {
	if is32[T]() {
		if total, cross, ok := normSlopeRow32(as32(dz), as32(x), as32(dy), [4]float32{float32(c[0]), float32(c[1]), float32(c[2]), float32(c[3])}, act); ok {
			return total, cross
		}
	}
	if act != Identity {
		z := borrow[T](len(x))
		for i, v := range x {
			(*z)[i] = c[2]*(c[0]*v+c[1]) + c[3]
		}
		deactivate(dz, *z, dy, act)
		giveBack(z)
		dy = dz
	}
	for i, v := range x {
		d := dy[i]
		dz[i] = d
		total += float64(d)
		cross += float64(d) * float64(c[0]*v+c[1])
	}
	return total, cross
}

// blendRow is y (=, +=) c₀·a + c₁·b + c₂; y may be a.
func blendRow[T Float](y, a, b []T, c [3]T, s Store) {
	if is32[T]() && blendRow32(as32(y), as32(a), as32(b), [3]float32{float32(c[0]), float32(c[1]), float32(c[2])}, s) {
		return
	}
	for i, v := range a {
		r := c[0]*v + c[1]*b[i] + c[2]
		if s == Add {
			r += y[i]
		}
		y[i] = r
	}
}
