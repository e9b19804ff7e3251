package resnet

import (
	"errors"
	"fmt"

	"github.com/eddy-pde/eddy/operators/nn"
)

// KindPDEArena is the state_dict() of PDEArena's twod_resnet.ResNet with DilatedBasicBlock, one block for each of its num_blocks.
const KindPDEArena = "pdearena-resnet"

// LoadStateDict sets all Params from tensors of another implementation. names lists what its file holds. An unknown tensor, a missing one, or one of the wrong
// shape is an error that names it, and then no Param is changed.
func (m *Model) LoadStateDict(kind string, get nn.Getter, names []string) error {
	entries, err := m.entries(kind)
	if err != nil {
		return err
	}
	return nn.LoadDict("resnet", kind, "check width, layers, dilations and norm of the config, and the history of the data", entries, get, names)
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
	case kind != KindPDEArena:
		return nil, fmt.Errorf("resnet: state dict of kind %q, expected %q", kind, KindPDEArena)
	case m.embedding != nil:
		return nil, errors.New("resnet: PDEArena has no dilated network that is told scalars or levels, so there is no state dict of one")
	}
	e := append(m.pointwise("conv_in1", m.first[0]), m.pointwise("conv_in2", m.first[1])...)
	for i, b := range m.blocks {
		for j, s := range b.stages {
			name := fmt.Sprintf("layers.%d.0.", i)
			conv := fmt.Sprintf("%sdilation_layers.%d", name, j)
			e = append(e, nn.SameOrder(conv+".weight", s.conv.W, s.conv.W.Shape()...), nn.SameOrder(conv+".bias", s.conv.B, m.cfg.Width))
			if s.gain != nil {
				at := fmt.Sprintf("%snorm_layers.%d", name, j)
				e = append(e, nn.SameOrder(at+".weight", s.gain, m.cfg.Width), nn.SameOrder(at+".bias", s.shift, m.cfg.Width))
			}
		}
	}
	return append(append(e, m.pointwise("conv_out1", m.last[0])...), m.pointwise("conv_out2", m.last[1])...), nil
}

// pointwise is a layer stored as a convolution of kernel size 1.
func (m *Model) pointwise(name string, l *nn.Dense) []nn.DictEntry {
	e := nn.LinearEntries(name, l)
	for range m.sizes.Dims {
		e[0].Shape = append(e[0].Shape, 1)
	}
	return e
}
