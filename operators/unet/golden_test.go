package unet

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/eddy-pde/eddy/operators/nn/nntest"
)

// goldenTol is the relative L2 distance allowed per tensor: both sides compute in float32, in different orders of summation, through a dozen layers and norms.
const goldenTol = 1e-4

// Same weights, same output, loss and gradients as PDEArena's modules: 1-D and 2-D, all options.
func TestGoldenPDEArena(t *testing.T) {
	files, err := filepath.Glob("testdata/*.safetensors")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d golden files, expected 9 (%v)", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			var c Config
			g := nntest.Open(t, path, &c)
			m, err := New(c, g.Sizes(), rand.New(rand.NewPCG(1, 1)))
			if err != nil {
				t.Fatal(err)
			}
			g.Check(m, goldenTol)
		})
	}
}
