package operators_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/safetensors"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/operators/unet"
)

// foreign describes the networks of testdata/make_state_dicts.py.
var foreign = map[string]struct {
	kind   string
	config operators.Config
	fields []eddy.Field
	grid   eddy.Grid
}{
	"neuralop": {
		kind:   fno.KindNeuralOp,
		config: operators.Config{Kind: operators.FNO, FNO: fno.Config{Modes: []int{7}, ModeLayout: "neuralop", Width: 6, Layers: 2}},
		fields: []eddy.Field{{Name: "u"}, {Name: "v"}}, grid: eddy.PeriodicGrid(1, 12, 16),
	},
	"classic": {
		kind: fno.KindClassic,
		config: operators.Config{Kind: operators.FNO, FNO: fno.Config{
			Modes: []int{5}, ModeLayout: "classic", Width: 4, Layers: 4, Block: "classic", PositionalEmbedding: "grid-closed",
		}},
		fields: []eddy.Field{{Name: "u"}}, grid: eddy.PeriodicGrid(1, 20),
	},
}

// A state dict from Python becomes a run whose rollout is that of the network in Python.
func TestImportedRunRollsOutAsInPython(t *testing.T) {
	f, err := safetensors.Read("testdata/rollouts.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range foreign {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			meta := operators.PhysicalMeta(eddy.Spec{Fields: k.fields, Grid: k.grid, Dt: 0.1})
			if err := operators.Import(dir, filepath.Join("testdata", name+".safetensors"), k.kind, k.config, meta); err != nil {
				t.Fatal(err)
			}
			op, err := operators.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			x, shape, err := f.Float32(name + ":input")
			if err != nil {
				t.Fatal(err)
			}
			frames, at, err := f.Float32(name + ":frames")
			if err != nil {
				t.Fatal(err)
			}
			want := eddy.FromSlice(frames, at...)
			u := eddy.FromSlice(x, append([]int{shape[0], 1}, shape[1:]...)...)
			for s := range 5 {
				next := step(t, op, u)
				for b := range shape[0] {
					const tol = 5e-6 // five steps of float32 in another order of summation
					if e := distance(next.Row(b).Data, want.Row(b).Row(s).Data); e > tol {
						t.Errorf("sample %d step %d: off by %g, want at most %g", b, s, e, tol)
					}
				}
				copy(u.Data, next.Data)
			}

			// And back again: the tensors that come out are those that went in.
			out := filepath.Join(t.TempDir(), "back.safetensors")
			if err := op.Export(out, k.kind); err != nil {
				t.Fatal(err)
			}
			in, back := readTensors(t, filepath.Join("testdata", name+".safetensors")), readTensors(t, out)
			if !slices.Equal(in.Names(), back.Names()) {
				t.Fatalf("names %v, want %v", back.Names(), in.Names())
			}
			for _, tensor := range in.Tensors {
				got, _ := back.Lookup(tensor.Name)
				if got.Dtype != tensor.Dtype || string(got.Data) != string(tensor.Data) || eddy.Size(got.Shape) != eddy.Size(tensor.Shape) {
					t.Errorf("%s: %s %v, want %s %v", tensor.Name, got.Dtype, got.Shape, tensor.Dtype, tensor.Shape)
				}
			}
		})
	}
}

func readTensors(t *testing.T, path string) *safetensors.File {
	t.Helper()
	f, err := safetensors.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestImportRefuses(t *testing.T) {
	k := foreign["neuralop"]
	good := "testdata/neuralop.safetensors"
	changed := func(change func([]safetensors.Tensor) []safetensors.Tensor) string {
		path := filepath.Join(t.TempDir(), "changed.safetensors")
		if err := safetensors.Write(path, nil, change(readTensors(t, good).Tensors)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	spec := eddy.Spec{Fields: k.fields, Grid: k.grid, Dt: 0.1}
	wide := k.config
	wide.FNO.Width = 8
	narrow := spec
	narrow.Fields = spec.Fields[:1]
	for _, c := range []struct {
		want, file, kind string
		config           operators.Config
		spec             eddy.Spec
	}{
		{"no such file", "testdata/nowhere", k.kind, k.config, spec},
		{"expected one of neuralop-fno, classic-fno", good, "keras", k.config, spec},
		{`that of a network with model.kind = "unet", the config has "fno"`, good, unet.KindPDEArena, k.config, spec},
		{`needs block = "classic"`, good, fno.KindClassic, k.config, spec},
		{"missing: lifting.fcs.1.weight", changed(func(s []safetensors.Tensor) []safetensors.Tensor {
			return slices.DeleteFunc(s, func(t safetensors.Tensor) bool { return t.Name == "lifting.fcs.1.weight" })
		}), k.kind, k.config, spec},
		{"unknown tensors: extra", changed(func(s []safetensors.Tensor) []safetensors.Tensor {
			return append(s, safetensors.FromFloat32("extra", []float32{1}, 1))
		}), k.kind, k.config, spec},
		{"expected F32 or C64", changed(func(s []safetensors.Tensor) []safetensors.Tensor {
			for i := range s {
				if s[i].Name == "lifting.fcs.1.bias" {
					s[i].Dtype, s[i].Data = safetensors.BF16, s[i].Data[:len(s[i].Data)/2]
				}
			}
			return s
		}), k.kind, k.config, spec},
		{"has shape", good, k.kind, wide, spec},
		{"has shape", good, k.kind, k.config, narrow},
		{"not a checkpoint", "", "", operators.Config{}, eddy.Spec{}},
	} {
		if c.file == "" { // the state dict itself is no run
			if _, err := operators.Load(good); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			continue
		}
		dir := filepath.Join(t.TempDir(), "run")
		if err := operators.Import(dir, c.file, c.kind, c.config, operators.PhysicalMeta(c.spec)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%q left a folder behind", c.want)
		}
	}
	dir := t.TempDir()
	for i := range 2 {
		err := operators.Import(dir, good, k.kind, k.config, operators.PhysicalMeta(spec))
		if (err != nil) != (i == 1) || err != nil && !strings.Contains(err.Error(), "already holds a run") {
			t.Errorf("import %d into one folder: %v", i, err)
		}
	}
	if m, err := train.ReadMeta(dir); err != nil || m.Step != 0 || m.Training != nil {
		t.Errorf("record %+v, %v", m, err)
	}
}

// A U-Net's weights go out under PDEArena's names and come back, unused norms of attention blocks included, and the network steps alike.
func TestUNetExportIsImported(t *testing.T) {
	c := operators.Config{Kind: operators.UNet, UNet: unet.Config{Width: 8, Multipliers: []int{1, 2}, Blocks: 1, MiddleAttention: true, Upsampling: unet.Zeros}}
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 16), Dt: 1, History: 1}
	m, err := operators.New(c, spec, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(2, 2))
	for _, p := range m.Params() {
		for i := range p.Data() {
			p.Data()[i] += float32(0.1 * rng.NormFloat64())
		}
	}
	op, err := operators.Wrap(c, m, operators.PhysicalMeta(spec))
	if err != nil {
		t.Fatal(err)
	}
	file, dir := filepath.Join(t.TempDir(), "unet.safetensors"), filepath.Join(t.TempDir(), "run")
	if err := op.Export(file, unet.KindPDEArena); err != nil {
		t.Fatal(err)
	}
	if err := operators.Import(dir, file, unet.KindPDEArena, c, operators.PhysicalMeta(spec)); err != nil {
		t.Fatal(err)
	}
	back, err := operators.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	u := eddy.NewTensor(1, 1, 1, 16)
	for i := range u.Data {
		u.Data[i] = float32(rng.NormFloat64())
	}
	if a, b := step(t, op, u), step(t, back, u); !slices.Equal(a.Data, b.Data) {
		t.Error("the imported network steps otherwise")
	}
}
