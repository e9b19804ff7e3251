package refiner_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/safetensors"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/unet"
	"github.com/eddy-pde/eddy/refiner"
)

// PDEArena's conditioned U-Net, told level and two scalars, becomes a refiner: the weights of the golden file of operators/unet arrive in the network.
func TestImportTakesPDEArenasNetwork(t *testing.T) {
	const golden = "../operators/unet/testdata/periodic-1d.safetensors"
	f, err := safetensors.Read(golden)
	if err != nil {
		t.Fatal(err)
	}
	var dict []safetensors.Tensor
	for _, x := range f.Tensors {
		if name, ok := strings.CutPrefix(x.Name, "param:"); ok {
			x.Name = name
			dict = append(dict, x)
		}
	}
	file, dir := filepath.Join(t.TempDir(), "state.safetensors"), filepath.Join(t.TempDir(), "run")
	if err := safetensors.Write(file, nil, dict); err != nil {
		t.Fatal(err)
	}
	c := refiner.DefaultConfig()
	c.Form, c.Plan = refiner.Released, ""
	c.Base = operators.Config{Kind: operators.UNet, UNet: unet.Config{Width: 8, Multipliers: []int{1, 2}, Blocks: 1, Upsampling: unet.Zeros}}
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(64, 16), Dt: 0.8, Params: []eddy.Param{{Name: "dt"}, {Name: "dx"}}}
	meta := operators.PhysicalMeta(spec)
	meta.Target, meta.ResidualScale = "residual", []float64{0.3}
	if err := refiner.Import(dir, file, unet.KindPDEArena, c, meta); err != nil {
		t.Fatal(err)
	}
	m, err := refiner.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Parameters() != 18393 {
		t.Errorf("%d parameters, the file says 18393", m.Parameters())
	}
	if err := refiner.Import(dir, file, unet.KindPDEArena, c, meta); err == nil || !strings.Contains(err.Error(), "already holds a run") {
		t.Errorf("a second import into the same folder: %v", err)
	}
	c.Fine = &c.Base
	if err := refiner.Import(t.TempDir(), file, unet.KindPDEArena, c, meta); err == nil || !strings.Contains(err.Error(), "leave out the table [model.fine]") {
		t.Errorf("two networks: %v", err)
	}
}
