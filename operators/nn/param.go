package nn

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
)

// Param is a trainable array. Value keeps its memory for life: graphs hold it, so loaders and optimisers write into it and never replace it once a graph
// was built. A complex weight is stored as real numbers and counts two.
type Param struct {
	Name  string        // unique within a network, "blocks.0.skip.weight"
	Value *tensor.Dense // float32; float64 in gradient checks
	Decay bool          // weight decay applies: true for weights, false for biases, gates and gains of norms
}

// NewWeight is a zeroed float32 Param with weight decay.
func NewWeight(name string, shape ...int) *Param { return newParam(name, shape, true) }

// NewBias is a zeroed float32 Param without weight decay.
func NewBias(name string, shape ...int) *Param { return newParam(name, shape, false) }

func newParam(name string, shape []int, decay bool) *Param {
	data := make([]float32, eddy.Size(shape))
	return &Param{Name: name, Value: tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data)), Decay: decay}
}

// Shape is the shape of the value.
func (p *Param) Shape() []int { return p.Value.Shape() }

// Len is the number of reals.
func (p *Param) Len() int { return eddy.Size(p.Value.Shape()) }

// Data is the memory of a float32 value, row-major. It panics if the value is float64.
func (p *Param) Data() []float32 { return p.Value.Float32s() }

// Fill sets every element and returns p.
func (p *Param) Fill(x float32) *Param {
	data := p.Data()
	for i := range data {
		data[i] = x
	}
	return p
}

// Uniform draws every element from [lo, hi) and returns p.
func (p *Param) Uniform(rng *rand.Rand, lo, hi float64) *Param {
	data := p.Data()
	for i := range data {
		data[i] = float32(lo + (hi-lo)*rng.Float64())
	}
	return p
}

// Normal draws every element from a normal distribution with mean 0 and returns p.
func (p *Param) Normal(rng *rand.Rand, std float64) *Param {
	data := p.Data()
	for i := range data {
		data[i] = float32(std * rng.NormFloat64())
	}
	return p
}

// ToFloat64 replaces the value by a float64 copy, for gradient checks. Call it before the first graph is built.
func (p *Param) ToFloat64() {
	src := p.Data()
	data := make([]float64, len(src))
	for i, v := range src {
		data[i] = float64(v)
	}
	p.Value = tensor.New(tensor.WithShape(p.Shape()...), tensor.WithBacking(data))
}

// Count is the number of trainable reals of a network.
func Count(params []*Param) int {
	n := 0
	for _, p := range params {
		n += p.Len()
	}
	return n
}

// CheckNames returns an error if two Params have the same name or one has none: checkpoints are keyed by name.
func CheckNames(params []*Param) error {
	seen := map[string]bool{}
	for _, p := range params {
		if p.Name == "" || seen[p.Name] {
			return fmt.Errorf("nn: parameter name %q is empty or used twice", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}
