package fno

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/nn"
)

// The origins of state dicts.
const (
	// KindNeuralOp is the state_dict() of neuraloperator's FNO; it needs the current block.
	KindNeuralOp = "neuralop-fno"
	// KindClassic is that of the FNO paper's scripts and of PDEBench, with tensors fc0, conv0…, w0…, fc1, fc2; it needs the classic block and mode layout.
	KindClassic = "classic-fno"
)

// Tensor is one entry of a state dict. A complex tensor has a last axis of 2, real and imaginary part, as torch.view_as_real gives it.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// entry says where the numbers of a foreign tensor live in a Param.
type entry struct {
	name  string
	shape []int // with a last axis of 2 where complex
	param *nn.Param
	at    func(i int) int // flat index in the foreign tensor → flat index in the Param
}

// LoadStateDict sets all Params from tensors of another implementation. names lists what its file holds; get returns shape and row-major data of one of them.
// Complex tensors come as pairs of reals, with or without a last axis of 2 in the shape. An unknown tensor, a missing one, or one of the wrong shape is
// an error that names it, and then no Param is changed.
func (m *Model) LoadStateDict(kind string, get func(name string) (shape []int, data []float32, ok bool), names []string) error {
	entries, err := m.entries(kind)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, e := range entries {
		known[e.name] = true
	}
	var unknown, missing []string
	for _, n := range names {
		if !known[n] {
			unknown = append(unknown, n)
		}
	}
	for _, e := range entries {
		if !slices.Contains(names, e.name) {
			missing = append(missing, e.name)
		}
	}
	if len(unknown)+len(missing) > 0 {
		return fmt.Errorf("fno: state dict of kind %s does not fit the config: unknown tensors: %s; missing: %s", kind, list(unknown), list(missing))
	}
	found := make([][]float32, len(entries))
	for i, e := range entries {
		shape, data, ok := get(e.name)
		if !ok {
			return fmt.Errorf("fno: tensor %s cannot be read", e.name)
		}
		if !e.fits(shape) || len(data) != eddy.Size(e.shape) {
			return fmt.Errorf("fno: tensor %s has shape %v and %d numbers, expected %v: check width, modes, layers and ratios of the config", e.name, shape, len(data), e.shape)
		}
		found[i] = data
	}
	for i, e := range entries {
		dst := e.param.Data()
		for j, v := range found[i] {
			dst[e.at(j)] = v
		}
	}
	return nil
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// fits allows a complex tensor without the axis of 2, and axes of extent 1 at the end of the kernel of a 1×1 convolution, however many there are.
func (e *entry) fits(shape []int) bool {
	trim := func(s []int) []int {
		for len(s) > 1 && s[len(s)-1] == 1 {
			s = s[:len(s)-1]
		}
		return s
	}
	return slices.Equal(shape, e.shape) || e.complex() && slices.Equal(append(slices.Clone(shape), 2), e.shape) ||
		!e.complex() && slices.Equal(trim(shape), trim(e.shape))
}

// complex reports whether the Param is a spectral weight.
func (e *entry) complex() bool { return len(e.param.Shape()) > 3 }

// StateDict is the inverse of [Model.LoadStateDict]: all tensors under the names, shapes and layouts of another implementation.
func (m *Model) StateDict(kind string) ([]Tensor, error) {
	entries, err := m.entries(kind)
	if err != nil {
		return nil, err
	}
	tensors := make([]Tensor, len(entries))
	for i, e := range entries {
		t := Tensor{Name: e.name, Shape: e.shape, Data: make([]float32, eddy.Size(e.shape))}
		src := e.param.Data()
		for j := range t.Data {
			t.Data[j] = src[e.at(j)]
		}
		tensors[i] = t
	}
	return tensors, nil
}

// entries lists the tensors that another implementation has for this network.
func (m *Model) entries(kind string) ([]entry, error) {
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

// same is a tensor whose numbers lie in the order of the Param.
func same(name string, p *nn.Param, shape ...int) entry {
	return entry{name: name, shape: shape, param: p, at: func(i int) int { return i }}
}

// convolution is a pointwise layer stored as a convolution of kernel size 1.
func convolution(name string, l *nn.Dense) []entry {
	e := []entry{same(name+".weight", l.W, l.Out, l.In, 1)}
	if l.B != nil {
		e = append(e, same(name+".bias", l.B, l.Out))
	}
	return e
}

// channelMLP is neuraloperator's ChannelMLP.
func channelMLP(name string, m *nn.ChannelMLP) []entry {
	return append(convolution(name+".fcs.0", m.First), convolution(name+".fcs.1", m.Second)...)
}

// linear is a pointwise layer stored as a matrix.
func linear(name string, l *nn.Dense) []entry {
	return []entry{same(name+".weight", l.W, l.Out, l.In), same(name+".bias", l.B, l.Out)}
}

// spectral is a part of a spectral weight stored [in, out, k…, 2]: count[i] frequencies along axis i, from the Param's index first[i] on.
func (m *Model) spectral(name string, p *nn.Param, first, count []int) entry {
	w, kept := m.cfg.Width, m.cfg.modes(m.dims).Shape()
	shape := append(append([]int{w, w}, count...), 2)
	return entry{name: name, shape: shape, param: p, at: func(i int) int {
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

func (m *Model) neuralOp() []entry {
	var e []entry
	if m.deepLifting != nil {
		e = channelMLP("lifting", m.deepLifting)
	} else {
		e = convolution("lifting.fcs.0", m.lifting)
	}
	w := m.cfg.Width
	for i, b := range m.blocks {
		conv := fmt.Sprintf("fno_blocks.convs.%d", i)
		e = append(e, m.spectral(conv+".weight.tensor", b.spectral, make([]int, m.dims), b.modes.Shape()), same(conv+".bias", b.bias, m.ones(w)...))
		e = append(e, m.neuralOpSkip(fmt.Sprintf("fno_blocks.fno_skips.%d", i), b.skip)...)
		if b.mlp != nil {
			e = append(e, channelMLP(fmt.Sprintf("fno_blocks.channel_mlp.%d", i), b.mlp)...)
			e = append(e, m.neuralOpSkip(fmt.Sprintf("fno_blocks.channel_mlp_skips.%d", i), b.mlpSkip)...)
		}
		for j, n := range b.norms {
			name := fmt.Sprintf("fno_blocks.norm.%d", 2*i+j)
			switch n.kind {
			case GroupNorm:
				e = append(e, same(name+".weight", n.gain, w), same(name+".bias", n.shift, w))
			case AdaIN:
				e = append(append(e, linear(name+".mlp.0", n.first)...), linear(name+".mlp.2", n.then)...)
			}
		}
	}
	return append(e, channelMLP("projection", m.projection)...)
}

func (m *Model) neuralOpSkip(name string, s skip) []entry {
	switch s.kind {
	case Linear:
		return convolution(name+".conv", s.linear)
	case SoftGating:
		return []entry{same(name+".weight", s.gain, m.ones(1, m.cfg.Width)...)}
	}
	return nil
}

// classic lists fc0, the corners of each spectral weight (weights1, weights2, …; non-negative frequencies of an axis before negative ones, the first axis
// fastest), the linear maps and the head.
func (m *Model) classic() []entry {
	e := linear("fc0", m.lifting)
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
		e = append(e, same(name+".weight", b.skip.linear.W, w, w, 1), same(name+".bias", b.bias, w))
	}
	return append(append(e, linear("fc1", m.projection.First)...), linear("fc2", m.projection.Second)...)
}
