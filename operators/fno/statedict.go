package fno

import (
	"fmt"

	"github.com/eddy-pde/eddy/operators/nn"
)

// The origins of state dicts.
const (
	// KindNeuralOp is the state_dict() of neuraloperator's FNO; it needs the current block.
	KindNeuralOp = "neuralop-fno"
	// KindClassic is that of the FNO paper's scripts and of PDEBench, with tensors fc0, conv0…, w0…, fc1, fc2; it needs the classic block and mode layout.
	KindClassic = "classic-fno"
)

// LoadStateDict sets all Params from tensors of another implementation. names lists what its file holds. An unknown tensor, a missing one, or one of the wrong
// shape is an error that names it, and then no Param is changed.
func (m *Model) LoadStateDict(kind string, get nn.Getter, names []string) error {
	entries, err := m.entries(kind)
	if err != nil {
		return err
	}
	return nn.LoadDict("fno", kind, "check width, modes, layers and ratios of the config", entries, get, names)
}

// StateDict is the inverse of [Model.LoadStateDict]: all tensors under the names, shapes and layouts of another implementation.
func (m *Model) StateDict(kind string) ([]nn.DictTensor, error) {
	entries, err := m.entries(kind)
	if err != nil {
		return nil, err
	}
	return nn.WriteDict(entries), nil
}

// entries lists the tensors that another implementation has for this network.
func (m *Model) entries(kind string) ([]nn.DictEntry, error) {
	switch {
	case m.embedding != nil:
		return nil, fmt.Errorf("fno: state dict of kind %s has no embedding of scalars or levels: use conditioning = %q", kind, Channels)
	case kind == KindNeuralOp && m.cfg.Block == Current:
		return m.neuralOp(), nil
	case kind == KindClassic && m.cfg.Block == Classic && m.cfg.ModeLayout == Classic && m.lifting != nil:
		return m.classic(), nil
	case kind == KindNeuralOp:
		return nil, fmt.Errorf("fno: state dict of kind %s needs block = %q, the config has %q", kind, Current, m.cfg.Block)
	case kind == KindClassic:
		return nil, fmt.Errorf("fno: state dict of kind %s needs block = %q, mode_layout = %q and a lifting of one layer (lifting_ratio = -1), the config has %q, %q and %g",
			kind, Classic, Classic, m.cfg.Block, m.cfg.ModeLayout, m.cfg.LiftingRatio)
	}
	return nil, fmt.Errorf("fno: state dict of kind %q, expected %q or %q", kind, KindNeuralOp, KindClassic)
}

// convolution is a pointwise layer stored as a convolution of kernel size 1.
func convolution(name string, l *nn.Dense) []nn.DictEntry {
	e := []nn.DictEntry{nn.SameOrder(name+".weight", l.W, l.Out, l.In, 1)}
	if l.B != nil {
		e = append(e, nn.SameOrder(name+".bias", l.B, l.Out))
	}
	return e
}

// channelMLP is neuraloperator's ChannelMLP.
func channelMLP(name string, m *nn.ChannelMLP) []nn.DictEntry {
	return append(convolution(name+".fcs.0", m.First), convolution(name+".fcs.1", m.Second)...)
}

// spectral is a part of a spectral weight stored [in, out, k…, 2]: count[i] frequencies along axis i, from the Param's index first[i] on.
func (m *Model) spectral(name string, p *nn.Param, first, count []int) nn.DictEntry {
	w, kept := m.cfg.Width, m.cfg.modes(m.dims).Shape()
	shape := append(append([]int{w, w}, count...), 2)
	return nn.DictEntry{Name: name, Shape: shape, Param: p, Complex: true, At: func(i int) int {
		part, rest := i%2, i/2
		k, stride := 0, 1
		for a := m.dims - 1; a >= 0; a-- {
			k += (first[a] + rest%count[a]) * stride
			rest /= count[a]
			stride *= kept[a]
		}
		in, out := rest/w, rest%w
		return ((k*w+in)*2+part)*w + out
	}}
}

// ones is the shape of a parameter per channel that broadcasts over space.
func (m *Model) ones(lead ...int) []int {
	for range m.dims {
		lead = append(lead, 1)
	}
	return lead
}

func (m *Model) neuralOp() []nn.DictEntry {
	var e []nn.DictEntry
	if m.deepLifting != nil {
		e = channelMLP("lifting", m.deepLifting)
	} else {
		e = convolution("lifting.fcs.0", m.lifting)
	}
	w := m.cfg.Width
	for i, b := range m.blocks {
		conv := fmt.Sprintf("fno_blocks.convs.%d", i)
		e = append(e, m.spectral(conv+".weight.tensor", b.spectral, make([]int, m.dims), b.modes.Shape()), nn.SameOrder(conv+".bias", b.bias, m.ones(w)...))
		e = append(e, m.neuralOpSkip(fmt.Sprintf("fno_blocks.fno_skips.%d", i), b.skip)...)
		if b.mlp != nil {
			e = append(e, channelMLP(fmt.Sprintf("fno_blocks.channel_mlp.%d", i), b.mlp)...)
			e = append(e, m.neuralOpSkip(fmt.Sprintf("fno_blocks.channel_mlp_skips.%d", i), b.mlpSkip)...)
		}
		for j, n := range b.norms {
			name := fmt.Sprintf("fno_blocks.norm.%d", 2*i+j)
			switch n.kind {
			case GroupNorm:
				e = append(e, nn.SameOrder(name+".weight", n.gain, w), nn.SameOrder(name+".bias", n.shift, w))
			case AdaIN:
				e = append(append(e, nn.LinearEntries(name+".mlp.0", n.first)...), nn.LinearEntries(name+".mlp.2", n.then)...)
			}
		}
	}
	return append(e, channelMLP("projection", m.projection)...)
}

func (m *Model) neuralOpSkip(name string, s skip) []nn.DictEntry {
	switch s.kind {
	case Linear:
		return convolution(name+".conv", s.linear)
	case SoftGating:
		return []nn.DictEntry{nn.SameOrder(name+".weight", s.gain, m.ones(1, m.cfg.Width)...)}
	}
	return nil
}

// classic lists fc0, the corners of each spectral weight (weights1, weights2, …; non-negative frequencies of an axis before negative ones, the first axis
// fastest), the linear maps and the head.
func (m *Model) classic() []nn.DictEntry {
	e := nn.LinearEntries("fc0", m.lifting)
	w := m.cfg.Width
	for i, b := range m.blocks {
		count := perAxis(m.cfg.Modes, m.dims)
		for corner := range 1 << (m.dims - 1) {
			first := make([]int, m.dims)
			for a := range m.dims - 1 {
				if corner>>a&1 == 0 {
					first[a] = count[a] // the Param begins with the negative frequencies
				}
			}
			e = append(e, m.spectral(fmt.Sprintf("conv%d.weights%d", i, corner+1), b.spectral, first, count))
		}
		name := fmt.Sprintf("w%d", i)
		e = append(e, nn.SameOrder(name+".weight", b.skip.linear.W, w, w, 1), nn.SameOrder(name+".bias", b.bias, w))
	}
	return append(append(e, nn.LinearEntries("fc1", m.projection.First)...), nn.LinearEntries("fc2", m.projection.Second)...)
}
