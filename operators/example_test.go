package operators_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/train"
)

// A small Fourier neural operator learns to move waves round a periodic interval; the run is loaded again and steps states that it has not seen, on a grid twice
// as fine as that of the training.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	data := advection{trajs: 8, frames: 9, points: 24} // a datasets.Dataset
	model := operators.Config{Kind: operators.FNO, FNO: fno.Config{Modes: []int{5}, Width: 8, Layers: 2}}
	network, err := operators.New(model, data.Spec(), rand.New(rand.NewPCG(7, 0)))
	if err != nil {
		panic(err)
	}
	config := train.DefaultConfig()
	config.Optim.LR, config.Optim.Warmup, config.Train.Steps, config.Train.Batch = 5e-3, 20, 300, 8
	trainer, err := train.New(network, config)
	if err != nil {
		panic(err)
	}
	trainer.Run, err = model.Run(1)
	if err != nil {
		panic(err)
	}
	trainer.Run.Dir = dir
	if _, err := trainer.Fit(ctx, data, nil); err != nil {
		panic(err)
	}

	op, err := operators.Load(dir)
	if err != nil {
		panic(err)
	}
	fine := advection{trajs: 1, frames: 2, points: 48}
	u, next, truth := eddy.NewTensor(1, 1, 1, 48), eddy.NewTensor(1, 1, 48), eddy.NewTensor(1, 1, 48)
	_ = fine.Read(ctx, u.Row(0), 0, 0)
	_ = fine.Read(ctx, truth, 0, 1)
	if err := op.Step(ctx, next, eddy.Input{U: u}); err != nil {
		panic(err)
	}
	fmt.Println(op.Meta().Kind, "of", op.Parameters(), "parameters; error of a step below 1 %:", distance(next.Data, truth.Data) < 0.01)
	// Output: fno of 1937 parameters; error of a step below 1 %: true
}
