// Package nntest compares networks with files of weights, inputs, outputs and gradients that reference implementations wrote.
package nntest

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/internal/safetensors"
	"github.com/eddy-pde/eddy/operators/nn"
)

// Golden is one file: tensors "input", "target", "output", "level" and "cond" where there are such, "param:NAME" and "grad:NAME"; metadata "kind", "config", "loss"
// (mean squared error of output against target) and "parameters".
type Golden struct {
	Kind string // of the state dict
	file *safetensors.File
	t    *testing.T
}

// Open reads a file and its "config" into config.
func Open(t *testing.T, path string, config any) *Golden {
	t.Helper()
	f, err := safetensors.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(f.Metadata["config"]), config); err != nil {
		t.Fatal(err)
	}
	return &Golden{Kind: f.Metadata["kind"], file: f, t: t}
}

// Sizes is what the file's tensors fix about the network.
func (g *Golden) Sizes() nn.Sizes {
	g.t.Helper()
	_, in := g.tensor("input")
	_, out := g.tensor("target")
	s := nn.Sizes{Dims: len(in) - 2, In: in[1], Out: out[1]}
	for _, name := range g.file.Names() {
		switch name {
		case "level":
			s.Level = true
		case "cond":
			_, shape := g.tensor(name)
			s.Scalars = shape[1]
		}
	}
	return s
}

// Network is what the file is compared with.
type Network interface {
	Params() []*nn.Param
	Forward(g *nn.Graph, in nn.Inputs) (*gorgonia.Node, error)
	LoadStateDict(kind string, get nn.Getter, names []string) error
	StateDict(kind string) ([]nn.DictTensor, error)
}

// Check gives m the weights of the file and compares number of parameters, output, loss and all gradients, each by its relative L2 distance.
func (g *Golden) Check(m Network, tol float64) {
	t := g.t
	t.Helper()
	g.load(m)
	if want, err := strconv.Atoi(g.file.Metadata["parameters"]); err != nil || nn.Count(m.Params()) != want {
		t.Errorf("%d parameters, want %d (%v)", nn.Count(m.Params()), want, err)
	}
	graph := nn.NewGraph(tensor.Float32)
	place := func(name string) *nn.Placeholder {
		data, shape := g.tensor(name)
		p := graph.Placeholder(name, shape...)
		copy(p.Data(), data)
		return p
	}
	in, sizes := nn.Inputs{U: place("input")}, g.Sizes()
	if sizes.Level {
		in.Level = place("level")
	}
	if sizes.Scalars > 0 {
		in.Cond = place("cond")
	}
	y, err := m.Forward(graph, in)
	if err != nil {
		t.Fatal(err)
	}
	loss := nn.MSE(y, place("target").Node)
	grads, err := graph.Grad(loss, m.Params())
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(append([]*gorgonia.Node{y, loss}, grads...)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	want, _ := g.tensor("output")
	if d := distance(nn.Data(y), want); d > tol {
		t.Errorf("the output differs by %.3g", d)
	}
	if want, err := strconv.ParseFloat(g.file.Metadata["loss"], 64); err != nil || math.Abs(nn.ScalarValue(loss)-want) > tol*want {
		t.Errorf("loss %v, want %v (%v)", nn.ScalarValue(loss), want, err)
	}
	for i, q := range m.Params() { // the state dict of the gradients: names and layouts of the reference
		copy(q.Data(), nn.Data(grads[i]))
	}
	g.compare(m, tol)
	g.load(m)
}

// load sets the weights.
func (g *Golden) load(m Network) {
	g.t.Helper()
	var names []string
	for _, n := range g.file.Names() {
		if name, ok := strings.CutPrefix(n, "param:"); ok {
			names = append(names, name)
		}
	}
	get := func(name string) ([]int, []float32, bool) {
		data, shape, err := g.file.Float32("param:" + name)
		return shape, data, err == nil
	}
	if err := m.LoadStateDict(g.Kind, get, names); err != nil {
		g.t.Fatal(err)
	}
}

// compare holds m's state dict, into which gradients were written, against the file's gradients. A gradient that is zero but for rounding must be so on both sides.
func (g *Golden) compare(m Network, tol float64) {
	g.t.Helper()
	dict, err := m.StateDict(g.Kind)
	if err != nil {
		g.t.Fatal(err)
	}
	var all float64
	for _, x := range dict {
		all = max(all, norm(x.Data))
	}
	for _, x := range dict {
		want, _, err := g.file.Float32("grad:" + x.Name)
		if err != nil {
			continue // what the reference does not use
		}
		if norm(want) < 1e-6*all {
			if norm(x.Data) > 1e-6*all {
				g.t.Errorf("gradient of %s has norm %.3g, expected about 0", x.Name, norm(x.Data))
			}
			continue
		}
		if d := distance(x.Data, want); d > tol {
			g.t.Errorf("gradient of %s differs by %.3g", x.Name, d)
		}
	}
}

func (g *Golden) tensor(name string) ([]float32, []int) {
	g.t.Helper()
	data, shape, err := g.file.Float32(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return data, shape
}

func norm(x []float32) float64 { return distanceTo(x, make([]float32, len(x))) }

// distance is the relative L2 distance of x from want.
func distance(x, want []float32) float64 { return distanceTo(x, want) / norm(want) }

func distanceTo(x, y []float32) float64 {
	var sum float64
	for i, v := range x {
		d := float64(v) - float64(y[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}
