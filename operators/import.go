package operators

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/safetensors"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/resnet"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/operators/unet"
)

// ImportKinds lists the origins of state dicts that [Import] takes.
func ImportKinds() []string {
	return []string{fno.KindNeuralOp, fno.KindClassic, unet.KindPDEArena, resnet.KindPDEArena}
}

// Import makes a run of weights from another implementation: stateDict is a safetensors file, kind one of [ImportKinds], c the architecture, and meta says how
// the weights relate to physical states: Spec (with the History of the network), Target and Normaliser; train.Describe measures it on data, and
// [PhysicalMeta] is for a network that speaks physical units itself. It writes model.safetensors into dir, which must not hold a run yet. A tensor
// that is missing, unknown or of another shape is named in the error.
func Import(dir, stateDict, kind string, c Config, meta train.Meta) error {
	if !slices.Contains(ImportKinds(), kind) {
		return fmt.Errorf("operators: kind %q, expected one of %s", kind, strings.Join(ImportKinds(), ", "))
	}
	if own := strings.Split(kind, "-"); own[len(own)-1] != c.Kind { // "neuralop-fno" is for "fno"
		return fmt.Errorf("operators: a state dict of kind %s is that of a network with model.kind = %q, the config has %q", kind, own[len(own)-1], c.Kind)
	}
	meta.Spec.History = max(meta.Spec.History, 1)
	m, err := New(c, meta.Spec, rand.New(rand.NewPCG(0, 0))) // its weights are replaced
	if err != nil {
		return err
	}
	if err := LoadStateDict(m, stateDict, kind); err != nil {
		return err
	}
	if _, err := Wrap(c, m, meta); err != nil { // the record is complete
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("operators: run folder: %w", err)
	}
	if path, err := train.CheckpointPath(dir); err == nil {
		return fmt.Errorf("operators: %s already holds a run (%s): choose another folder", dir, filepath.Base(path))
	}
	return Save(filepath.Join(dir, train.ModelFile), c, m, meta)
}

// dictionary is a network that has a state dict in another implementation.
type dictionary interface {
	LoadStateDict(kind string, get nn.Getter, names []string) error
	StateDict(kind string) ([]nn.DictTensor, error)
}

// LoadStateDict sets the weights of a network that [New] or [NewRefined] made to those of a safetensors file, which holds a state dict of the given kind. A tensor
// of a type other than F32 and C64 is an error that says how to convert it, one that is missing, unknown or of another shape one that names it.
func LoadStateDict(m train.Module, path, kind string) error {
	f, err := safetensors.Read(path)
	if err != nil {
		return err
	}
	if err := loadStateDict(m, kind, f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func loadStateDict(m train.Module, kind string, f *safetensors.File) error {
	d, ok := m.(dictionary)
	if !ok {
		return fmt.Errorf("operators: a %T has no state dict of kind %q", m, kind)
	}
	var bad error
	get := func(name string) ([]int, []float32, bool) {
		data, shape, err := f.Float32(name)
		bad = errors.Join(bad, err)
		return shape, data, err == nil
	}
	if err := d.LoadStateDict(kind, get, f.Names()); err != nil {
		if bad != nil {
			return bad
		}
		return err
	}
	return nil
}

// PhysicalMeta is the record of a network whose inputs and outputs are physical states: no normalisation, the output is the next state.
func PhysicalMeta(spec eddy.Spec) train.Meta {
	spec.History = max(spec.History, 1)
	m := train.Meta{Spec: spec, Target: "state", Normaliser: eddy.NoNormaliser(spec.Channels())}
	if n := len(spec.Statics); n > 0 {
		m.StaticNormaliser = new(eddy.NoNormaliser(n))
	}
	if n := len(spec.Params); n > 0 {
		m.CondNormaliser = new(eddy.NoNormaliser(n))
	}
	return m
}

// Export writes the weights as a state dict of another implementation, one of [ImportKinds], under that implementation's names: the reverse of [Import]. Complex
// tensors are of dtype C64, which safetensors reads as complex64. Normalisers and target do not go with them: they are in Meta.
func (o *Operator) Export(path, kind string) error {
	m, ok := o.module.(dictionary)
	if !ok {
		return fmt.Errorf("operators: a network of kind %q has no state dict of kind %q", o.config.Kind, kind)
	}
	dict, err := m.StateDict(kind)
	if err != nil {
		return err
	}
	tensors := make([]safetensors.Tensor, len(dict))
	for i, t := range dict {
		tensors[i] = safetensors.FromFloat32(t.Name, t.Data, t.Shape...)
		if spectral(t.Name) {
			tensors[i].Dtype, tensors[i].Shape = safetensors.C64, t.Shape[:len(t.Shape)-1]
		}
	}
	return safetensors.Write(path, nil, tensors)
}

// spectral tells the names of complex tensors in the state dicts of both origins: "fno_blocks.convs.0.weight.tensor", "conv0.weights1".
func spectral(name string) bool {
	return strings.HasSuffix(name, ".weight.tensor") || strings.HasPrefix(name, "conv") && strings.Contains(name, ".weights")
}
