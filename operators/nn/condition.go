package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// Sizes is what data and use fix about a network.
type Sizes struct {
	Dims    int  // space axes
	In      int  // channels of states and static fields
	Out     int  // channels of the result
	Scalars int  // numbers in Inputs.Cond
	Level   bool // Inputs.Level is given
}

// Check says which size no network of package name can have.
func (s Sizes) Check(name string) error {
	if s.Dims < 1 || s.In < 1 || s.Out < 1 || s.Scalars < 0 {
		return fmt.Errorf(name+": %d dimensions, %d channels in, %d out, %d scalars: expected at least 1 of each but scalars", s.Dims, s.In, s.Out, s.Scalars)
	}
	return nil
}

// Match says how inputs differ from the sizes that a network of package name was made for.
func (s Sizes) Match(name string, in Inputs) error {
	shape := in.U.Shape()
	if len(shape) != s.Dims+2 {
		return fmt.Errorf(name+": the states have shape %v, expected [batch, channel] and %d space axes", shape, s.Dims)
	}
	channels, scalars := shape[1], 0
	if in.Static != nil {
		channels += in.Static.Shape()[1]
	}
	if in.Cond != nil {
		scalars = in.Cond.Shape()[1]
	}
	switch {
	case channels != s.In:
		return fmt.Errorf(name+": %d channels of states and static fields, expected %d", channels, s.In)
	case scalars != s.Scalars:
		return fmt.Errorf(name+": %d scalars of the equation, expected %d", scalars, s.Scalars)
	case (in.Level != nil) != s.Level:
		return fmt.Errorf(name+": a refinement level is given: %t, the network takes one: %t", in.Level != nil, s.Level)
	}
	return nil
}

// sinusoidPeriod is the longest period of [Sinusoids], in radians⁻¹.
const sinusoidPeriod = 1e4

// Sinusoids embeds numbers x [B, 1] as [B, dim]: cos(x·ωᵢ) for the first half and sin(x·ωᵢ) for the second, ωᵢ = 10⁴^(−i/⌊dim/2⌋), with a zero behind them where
// dim is odd. It is the time step embedding of diffusion models (PDEArena's fourier_embedding).
func Sinusoids(x *gorgonia.Node, dim int) *gorgonia.Node {
	if is32(x) {
		return sinusoids[float32](x, dim)
	}
	return sinusoids[float64](x, dim)
}

func sinusoids[T kernel.Float](x *gorgonia.Node, dim int) *gorgonia.Node {
	B := x.Shape()[0]
	must("Sinusoids", "numbers", x, -1, 1)
	half := dim / 2
	omega := make([]float64, half)
	for i := range omega {
		omega[i] = math.Exp(-math.Log(sinusoidPeriod) * float64(i) / float64(half))
	}
	return apply(operation[T]{
		name: "Sinusoids", shape: []int{B, dim},
		run: func(y []T, in [][]T) {
			for b := range B {
				row := y[b*dim : (b+1)*dim]
				row[dim-1] = 0
				for i, w := range omega {
					s, c := math.Sincos(float64(in[0][b]) * w)
					row[i], row[half+i] = T(c), T(s)
				}
			}
		},
		adjoint: func(in gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{apply(operation[T]{
				name: "SinusoidsGrad", shape: []int{B, 1},
				run: func(dx []T, in [][]T) {
					for b := range B {
						row, sum := in[1][b*dim:(b+1)*dim], 0.0
						for i, w := range omega {
							s, c := math.Sincos(float64(in[0][b]) * w)
							sum += w * (c*float64(row[half+i]) - s*float64(row[i]))
						}
						dx[b] = T(sum)
					}
				},
			}, in[0], dy)}
		},
	}, x)
}

// AddChannels adds one number per sample and channel to every point: x [B, C, X…] + shift [B, C].
func AddChannels(x, shift *gorgonia.Node) *gorgonia.Node {
	if is32(x) {
		return addChannels[float32](x, shift)
	}
	return addChannels[float64](x, shift)
}

func addChannels[T kernel.Float](x, shift *gorgonia.Node) *gorgonia.Node {
	B, c, n := field("AddChannels", x)
	must("AddChannels", "shift", shift, B, c)
	return apply(operation[T]{
		name: "AddChannels", shape: x.Shape(), overwrites: []int{0},
		run: func(y []T, in [][]T) {
			pieces(B*c*n, func(lo, hi int) {
				for p := lo; p < hi; {
					r := p / n
					end := min((r+1)*n, hi)
					addConstant(y[p:end], in[0][p:end], in[1][r])
					p = end
				}
			})
		},
		adjoint: func(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{dy, sumPoints[T](dy)}
		},
	}, x, shift)
}

func addConstant[T kernel.Float](dst, x []T, a T) {
	x = x[:len(dst)]
	for p := range dst {
		dst[p] = x[p] + a
	}
}

// Modulate scales and shifts channels sample by sample: (1 + scale)·x + shift for x [B, C, X…] and both [B, 2·C], scales before shifts (AdaGN).
func Modulate(x, both *gorgonia.Node) *gorgonia.Node {
	if is32(x) {
		return modulate[float32](x, both)
	}
	return modulate[float64](x, both)
}

func modulate[T kernel.Float](x, both *gorgonia.Node) *gorgonia.Node {
	B, c, n := field("Modulate", x)
	must("Modulate", "scale and shift", both, B, 2*c)
	return apply(operation[T]{
		name: "Modulate", shape: x.Shape(), overwrites: []int{0},
		run: func(y []T, in [][]T) {
			rows(B*c, func(r int) {
				row := in[1][r/c*2*c:]
				scale, shift := 1+row[r%c], row[c+r%c]
				for p := r * n; p < (r+1)*n; p++ {
					y[p] = scale*in[0][p] + shift
				}
			})
		},
		adjoint: func(in gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			dboth := apply(operation[T]{
				name: "ModulateGradScale", shape: []int{B, 2 * c},
				run: func(d []T, in [][]T) {
					rows(B*c, func(r int) {
						row, at := d[r/c*2*c:], r*n
						row[r%c] = dot(in[0][at:at+n], in[1][at:at+n])
						row[c+r%c] = rowSum(in[0][at : at+n])
					})
				},
			}, dy, in[0])
			dx := apply(operation[T]{
				name: "ModulateGrad", shape: x.Shape(), overwrites: []int{0}, unread: []int{2},
				run: func(dx []T, in [][]T) {
					rows(B*c, func(r int) { scaleRow(dx[r*n:(r+1)*n], in[0][r*n:(r+1)*n], 1+in[1][r/c*2*c+r%c]) })
				},
			}, dy, in[1], dboth)
			return gorgonia.Nodes{dx, dboth}
		},
	}, x, both)
}

// Embedding tells a network its refinement level and the scalars of the equation: each goes through [Sinusoids] and a network of two layers, and what comes out is
// summed. The names are name.level.0, name.level.2, name.scalars.0.0, ….
type Embedding struct {
	dim, out int
	act      Activation
	level    [2]*Dense   // nil without a level
	scalars  [][2]*Dense // one pair for each
}

// NewEmbedding is an embedding of what s has, by dim sinusoids each, into 4·dim numbers. It is nil where there is nothing to embed.
func NewEmbedding(name string, dim int, s Sizes, act Activation, rng *rand.Rand) *Embedding {
	if !s.Level && s.Scalars == 0 {
		return nil
	}
	e := &Embedding{dim: dim, out: 4 * dim, act: act}
	pair := func(name string) [2]*Dense {
		return [2]*Dense{NewDense(name+".0", dim, e.out, rng), NewDense(name+".2", e.out, e.out, rng)}
	}
	if s.Level {
		e.level = pair(name + ".level")
	}
	for i := range s.Scalars {
		e.scalars = append(e.scalars, pair(fmt.Sprintf("%s.scalars.%d", name, i)))
	}
	return e
}

// Out is the number of channels of the embedding.
func (e *Embedding) Out() int { return e.out }

// Layers are the pairs of layers: that of the level, nil where there is none, and those of the scalars.
func (e *Embedding) Layers() (level [2]*Dense, scalars [][2]*Dense) { return e.level, e.scalars }

// Params lists the Params of all layers, the level's first; none for a nil Embedding.
func (e *Embedding) Params() []*Param {
	if e == nil {
		return nil
	}
	var p []*Param
	for _, pair := range append([][2]*Dense{e.level}, e.scalars...) {
		for _, l := range pair {
			if l != nil {
				p = append(p, l.Params()...)
			}
		}
	}
	return p
}

// Forward is the embedding [B, Out] of a level [B, 1] and scalars [B, P], either of which is nil where the embedding has none.
func (e *Embedding) Forward(g *Graph, level, cond *Placeholder) *gorgonia.Node {
	var terms []*gorgonia.Node
	add := func(x *gorgonia.Node, pair [2]*Dense) {
		h := pair[0].Forward(g, Sinusoids(x, e.dim), nil, e.act)
		terms = append(terms, pair[1].Forward(g, h, nil, Identity))
	}
	if e.level[0] != nil {
		if level == nil {
			panic(&eddy.ShapeError{Op: "nn.Embedding", What: "level", Hint: "it is nil, but the network takes one"})
		}
		add(level.Node, e.level)
	}
	for i, pair := range e.scalars {
		add(Narrow(cond.Node, i, i+1), pair)
	}
	return Sum(terms...)
}
