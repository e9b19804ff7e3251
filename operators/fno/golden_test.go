package fno

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/internal/safetensors"
	"github.com/eddy-pde/eddy/operators/nn"
)

// goldenTol is the relative L2 distance allowed per tensor: both sides compute in float32, in different orders of summation over up to a few thousand terms.
const goldenTol = 1e-5

// golden is one file of testdata, made by testdata/golden.py.
type golden struct {
	kind   string
	config Config
	loss   float64
	params int
	file   *safetensors.File
	t      *testing.T
}

func openGolden(t *testing.T, path string) *golden {
	t.Helper()
	f, err := safetensors.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{kind: f.Metadata["kind"], file: f, t: t}
	if err := json.Unmarshal([]byte(f.Metadata["config"]), &g.config); err != nil {
		t.Fatal(err)
	}
	if g.loss, err = strconv.ParseFloat(f.Metadata["loss"], 64); err != nil {
		t.Fatal(err)
	}
	if g.params, err = strconv.Atoi(f.Metadata["parameters"]); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *golden) tensor(name string) ([]float32, []int) {
	g.t.Helper()
	data, shape, err := g.file.Float32(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return data, shape
}

// model has the weights of the file.
func (g *golden) model() *Model {
	g.t.Helper()
	_, in := g.tensor("input")
	_, out := g.tensor("target")
	m, err := New(g.config, len(in)-2, in[1], out[1], rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		g.t.Fatal(err)
	}
	get := func(name string) ([]int, []float32, bool) {
		data, shape, err := g.file.Float32("param:" + name)
		return shape, data, err == nil
	}
	if err := m.LoadStateDict(g.kind, get, g.names()); err != nil {
		g.t.Fatal(err)
	}
	return m
}

// names lists the parameters of the file.
func (g *golden) names() []string {
	var names []string
	for _, n := range g.file.Names() {
		if name, ok := strings.CutPrefix(n, "param:"); ok {
			names = append(names, name)
		}
	}
	return names
}

func goldenFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.safetensors")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	return files
}

// Same weights, same input: the same output, loss and parameter gradients as neuraloperator 2.0.0 and as the FNO paper's network.
func TestMatchesReferenceImplementations(t *testing.T) {
	for _, path := range goldenFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".safetensors"), func(t *testing.T) {
			g := openGolden(t, path)
			m := g.model()
			y, loss, grads := run(t, m, g)
			want, _ := g.tensor("output")
			if d := relative(y, want); d > goldenTol {
				t.Errorf("output differs by %.3g", d)
			}
			if math.Abs(loss-g.loss) > goldenTol*g.loss {
				t.Errorf("loss %v, expected %v", loss, g.loss)
			}
			compareGradients(t, g, m, grads)
		})
	}
}

// run is one forward and backward pass with the mean squared error.
func run(t *testing.T, m *Model, g *golden) (y []float32, loss float64, grads [][]float32) {
	t.Helper()
	graph := nn.NewGraph(tensor.Float32)
	fill := func(name string) *nn.Placeholder {
		data, shape := g.tensor(name)
		p := graph.Placeholder(name, shape...)
		copy(p.Data(), data)
		return p
	}
	in := nn.Inputs{U: fill("input"), Target: fill("target")}
	out, err := m.Forward(graph, in)
	if err != nil {
		t.Fatal(err)
	}
	l := nn.MSE(out, in.Target.Node)
	nodes, err := graph.Grad(l, m.Params())
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(append([]*gorgonia.Node{out, l}, nodes...)...)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second run finds used buffers
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		grads = append(grads, slices.Clone(nn.Data(n)))
	}
	return slices.Clone(nn.Data(out)), nn.ScalarValue(l), grads
}

// compareGradients brings our gradients into the reference's layout, as if they were weights. A gradient that is zero by construction (a bias in front of an
// instance norm) holds only rounding, so it is measured against the norm of all gradients.
func compareGradients(t *testing.T, g *golden, m *Model, grads [][]float32) {
	t.Helper()
	var all float64
	for i, p := range m.Params() {
		copy(p.Data(), grads[i])
		all += squares(grads[i])
	}
	tensors, err := m.StateDict(g.kind)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range tensors {
		want, _ := g.tensor("grad:" + x.Name)
		if math.Sqrt(squares(want)) < 1e-6*math.Sqrt(all) {
			if d := math.Sqrt(squares(x.Data)); d > 1e-6*math.Sqrt(all) {
				t.Errorf("gradient of %s has norm %.3g, expected about 0", x.Name, d)
			}
			continue
		}
		if d := relative(x.Data, want); d > goldenTol {
			t.Errorf("gradient of %s differs by %.3g", x.Name, d)
		}
	}
}

func squares(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return s
}

// relative is ‖a − b‖/‖b‖.
func relative(a, b []float32) float64 {
	var d float64
	for i := range b {
		d += (float64(a[i]) - float64(b[i])) * (float64(a[i]) - float64(b[i]))
	}
	return math.Sqrt(d / squares(b))
}

func TestParameterCountsMatchReferenceImplementations(t *testing.T) {
	for _, path := range goldenFiles(t) {
		g := openGolden(t, path)
		if n := nn.Count(g.model().Params()); n != g.params {
			t.Errorf("%s: %d parameters, the reference has %d", path, n, g.params)
		}
	}
}
