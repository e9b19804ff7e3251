package unet

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy/operators/nn"
)

// norm is a group norm followed by an activation; without gain it is the activation alone.
type norm struct {
	groups      int
	gain, shift *nn.Param
	act         nn.Activation
}

func newNorm(name string, c Config, groups, channels int) norm {
	n := norm{groups: groups, act: activations[c.Activation]}
	if c.Norm == GroupNorm {
		n.gain, n.shift = nn.NewBias(name+".weight", channels).Fill(1), nn.NewBias(name+".bias", channels)
	}
	return n
}

func (n norm) params() []*nn.Param {
	if n.gain == nil {
		return nil
	}
	return []*nn.Param{n.gain, n.shift}
}

func (n norm) forward(g *nn.Graph, x *gorgonia.Node) *gorgonia.Node {
	if n.gain == nil {
		return nn.Activate(x, n.act)
	}
	return nn.GroupNormActivate(x, n.groups, g.Param(n.gain), g.Param(n.shift), n.act)
}

// modulated is forward with the norm's result scaled and shifted by both [B, 2·C] before the activation.
func (n norm) modulated(g *nn.Graph, x, both *gorgonia.Node) *gorgonia.Node {
	if n.gain != nil {
		x = nn.GroupNorm(x, n.groups, g.Param(n.gain), g.Param(n.shift))
	}
	return nn.Activate(nn.Modulate(x, both), n.act)
}

// block is a residual block, with attention behind it or not.
type block struct {
	norm1, norm2 norm
	conv1, conv2 *nn.ConvLayer
	shortcut     *nn.Dense // nil where the channels stay as they are
	told         *nn.Dense // of the embedding; nil where there is none
	scaleShift   bool
	attention    *attention // or nil
}

// newBlock makes a block from in to out channels that is told an embedding of so many numbers.
func (b *builder) newBlock(name string, in, out int, attends bool) *block {
	c := b.cfg
	spec := nn.ConvSpec{Pad: 1, Boundary: boundary(c.Padding)}
	r := &block{
		norm1: newNorm(name+".norm1", c, 1, in), norm2: newNorm(name+".norm2", c, 1, out),
		conv1:      nn.NewConvLayer(name+".conv1", in, out, 3, b.dims, spec, b.rng),
		conv2:      nn.NewConvLayer(name+".conv2", out, out, 3, b.dims, spec, b.rng).Zeroed(),
		scaleShift: c.ScaleShift,
	}
	if in != out {
		r.shortcut = nn.NewDense(name+".shortcut", in, out, b.rng)
	}
	if b.told > 0 {
		n := out
		if c.ScaleShift {
			n = 2 * out
		}
		r.told = nn.NewDense(name+".told", b.told, n, b.rng)
	}
	if attends {
		r.attention = b.newAttention(name+".attention", out)
	}
	return r
}

func (b *block) params() []*nn.Param {
	p := append(b.norm1.params(), b.conv1.Params()...)
	if b.told != nil {
		p = append(p, b.told.Params()...)
	}
	p = append(append(p, b.norm2.params()...), b.conv2.Params()...)
	if b.shortcut != nil {
		p = append(p, b.shortcut.Params()...)
	}
	if b.attention != nil {
		p = append(p, b.attention.params()...)
	}
	return p
}

func (b *block) forward(g *nn.Graph, x, told *gorgonia.Node) *gorgonia.Node {
	var shift *gorgonia.Node
	if b.told != nil {
		shift = b.told.Forward(g, told, nil, nn.Identity)
	}
	h := b.norm1.forward(g, x)
	if b.scaleShift && shift != nil {
		h = b.norm2.modulated(g, b.conv1.Forward(g, h, nil, nil), shift)
	} else {
		h = b.norm2.forward(g, b.conv1.Forward(g, h, shift, nil))
	}
	beside := x
	if b.shortcut != nil {
		beside = b.shortcut.Forward(g, x, nil, nn.Identity)
	}
	y := b.conv2.Forward(g, h, nil, beside)
	if b.attention != nil {
		y = b.attention.forward(g, y)
	}
	return y
}

// attention adds to every point what it sees of the others. PDEArena's block has a norm that it never applies; there is none here.
type attention struct {
	project, output *nn.Dense
	over            nn.Normalised
}

func (b *builder) newAttention(name string, channels int) *attention {
	over := nn.OverKeys
	if b.cfg.AttentionOver == Queries {
		over = nn.OverQueries
	}
	return &attention{nn.NewDense(name+".projection", channels, 3*channels, b.rng), nn.NewDense(name+".output", channels, channels, b.rng), over}
}

func (a *attention) params() []*nn.Param { return append(a.project.Params(), a.output.Params()...) }

func (a *attention) forward(g *nn.Graph, x *gorgonia.Node) *gorgonia.Node {
	seen := nn.Attention(a.project.Forward(g, x, nil, nn.Identity), a.over)
	return a.output.Forward(g, seen, x, nn.Identity)
}

func named(name string, i int) string { return fmt.Sprintf("%s.%d", name, i) }
