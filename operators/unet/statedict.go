package unet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy/operators/nn"
)

// KindPDEArena is the state_dict() of PDEArena's Unet modules: conditioned.oned_unet and conditioned.twod_unet, or twod_unet for a network that is told nothing.
const KindPDEArena = "pdearena-unet"

// LoadStateDict sets all Params from tensors of another implementation. names lists what its file holds. An unknown tensor, a missing one, or one of the wrong
// shape is an error that names it, and then no Param is changed. Norms of attention blocks, which PDEArena has and does not use, are passed over.
func (m *Model) LoadStateDict(kind string, get nn.Getter, names []string) error {
	entries, err := m.entries(kind)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return strings.HasSuffix(n, ".attn.norm.weight") || strings.HasSuffix(n, ".attn.norm.bias")
	})
	return nn.LoadDict("unet", kind, "check width, multipliers, blocks and the other keys of the config, and history and scalars of the data", entries, get, names)
}

// StateDict is the inverse of [Model.LoadStateDict]: all tensors under the names, shapes and layouts of another implementation, unused norms included.
func (m *Model) StateDict(kind string) ([]nn.DictTensor, error) {
	entries, err := m.entries(kind)
	if err != nil {
		return nil, err
	}
	dict := nn.WriteDict(entries)
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name, ".attn.output.bias")
		if !ok {
			continue
		}
		n := e.Shape[0]
		dict = append(dict, nn.DictTensor{Name: name + ".attn.norm.weight", Shape: []int{n}, Data: slices.Repeat([]float32{1}, n)},
			nn.DictTensor{Name: name + ".attn.norm.bias", Shape: []int{n}, Data: make([]float32, n)})
	}
	return dict, nil
}

// entries lists the tensors that another implementation has for this network.
func (m *Model) entries(kind string) ([]nn.DictEntry, error) {
	if kind != KindPDEArena {
		return nil, fmt.Errorf("unet: state dict of kind %q, expected %q", kind, KindPDEArena)
	}
	e := m.told()
	e = append(e, conv("image_proj", m.stem)...)
	e = append(e, ladder("down", m.down)...)
	e = append(e, m.middle[0].entries("middle.res1", "")...)
	if m.between != nil {
		e = append(e, m.between.entries("middle.attn")...)
	}
	e = append(e, m.middle[1].entries("middle.res2", "")...)
	e = append(e, ladder("up", m.up)...)
	e = append(e, m.head.entries("norm")...)
	return append(e, conv("final", m.last)...), nil
}

// told lists the layers of the embedding. PDEArena's two-dimensional module takes one scalar and has no list of them.
func (m *Model) told() []nn.DictEntry {
	if m.embedding == nil {
		return nil
	}
	var e []nn.DictEntry
	pair := func(name string, p [2]*nn.Dense) {
		e = append(append(e, nn.LinearEntries(name+".0", p[0])...), nn.LinearEntries(name+".2", p[1])...)
	}
	level, scalars := m.embedding.Layers()
	if level[0] != nil {
		pair("time_embed", level)
	}
	for i, p := range scalars {
		name := fmt.Sprintf("pde_emb.%d", i)
		if m.sizes.Dims == 2 && len(scalars) == 1 {
			name = "pde_emb"
		}
		pair(name, p)
	}
	return e
}

// ladder lists the stages of the way down or up.
func ladder(name string, steps []step) []nn.DictEntry {
	var e []nn.DictEntry
	for i, s := range steps {
		at := fmt.Sprintf("%s.%d", name, i)
		if s.block != nil {
			e = append(e, s.block.entries(at+".res", at+".attn")...)
		} else {
			e = append(e, conv(at+".conv", s.conv)...)
		}
	}
	return e
}

func conv(name string, l *nn.ConvLayer) []nn.DictEntry {
	return []nn.DictEntry{nn.SameOrder(name+".weight", l.W, l.W.Shape()...), nn.SameOrder(name+".bias", l.B, l.B.Shape()...)}
}

func (n norm) entries(name string) []nn.DictEntry {
	if n.gain == nil {
		return nil
	}
	return []nn.DictEntry{nn.SameOrder(name+".weight", n.gain, n.gain.Len()), nn.SameOrder(name+".bias", n.shift, n.shift.Len())}
}

func (b *block) entries(name, attn string) []nn.DictEntry {
	e := append(b.norm1.entries(name+".norm1"), conv(name+".conv1", b.conv1)...)
	e = append(append(e, b.norm2.entries(name+".norm2")...), conv(name+".conv2", b.conv2)...)
	if b.told != nil {
		e = append(e, nn.LinearEntries(name+".cond_emb", b.told)...)
	}
	if b.shortcut != nil {
		short := nn.LinearEntries(name+".shortcut", b.shortcut)
		for range len(b.conv1.W.Shape()) - 2 { // a convolution of kernel size 1
			short[0].Shape = append(short[0].Shape, 1)
		}
		e = append(e, short...)
	}
	if b.attention != nil {
		e = append(e, b.attention.entries(attn)...)
	}
	return e
}

func (a *attention) entries(name string) []nn.DictEntry {
	return append(nn.LinearEntries(name+".projection", a.project), nn.LinearEntries(name+".output", a.output)...)
}
