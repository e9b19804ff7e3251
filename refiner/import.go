package refiner

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/train"
)

// Import makes a run of the weights of a network that was trained to refine in another implementation, as [operators.Import] does for one that was not: stateDict is a
// safetensors file, kind one of operators.ImportKinds, c the refiner, which has one network for all levels, and meta says how its numbers relate to physical states. What
// PDEArena's recipe trains has form = "released" and, in meta, the target "residual" with a scale of 0.3.
func Import(dir, stateDict, kind string, c Config, meta train.Meta) error {
	if c.Fine != nil {
		return errors.New("refiner: a state dict holds one network, but the config has two: leave out the table [model.fine]")
	}
	meta.Spec.History = max(meta.Spec.History, 1)
	n, err := New(c, meta.Spec, rand.New(rand.NewPCG(0, 0))) // its weights are replaced
	if err != nil {
		return err
	}
	if err := operators.LoadStateDict(n.first, stateDict, kind); err != nil {
		return err
	}
	if _, err := Wrap(n, meta); err != nil { // the record is complete
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("refiner: run folder: %w", err)
	}
	if path, err := train.CheckpointPath(dir); err == nil {
		return fmt.Errorf("refiner: %s already holds a run (%s): choose another folder", dir, filepath.Base(path))
	}
	return Save(filepath.Join(dir, train.ModelFile), n, meta)
}
