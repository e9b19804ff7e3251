package refiner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/refiner"
	"github.com/eddy-pde/eddy/rollout"
)

// A refiner is trained by the ordinary Trainer, loaded, and rolled out over five steps as an ensemble of two members for each of two trajectories.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	data := advection{trajs: 8, frames: 9, points: 24} // a datasets.Dataset
	network, err := refiner.New(tiny(refiner.Paper), data.Spec(), rand.New(rand.NewPCG(7, 0)))
	if err != nil {
		panic(err)
	}
	config := train.DefaultConfig()
	config.Objective.Kind, config.Objective.Target = refiner.Kind, "residual"
	config.Train.Steps, config.Train.Batch, config.Optim.Warmup = 50, 8, 5
	trainer, err := train.New(network, config)
	if err != nil {
		panic(err)
	}
	trainer.Run.Dir = dir
	if err := refiner.Setup(trainer, network, 1); err != nil {
		panic(err)
	}
	if _, err := trainer.Fit(ctx, data, nil); err != nil {
		panic(err)
	}

	model, err := refiner.Load(dir)
	if err != nil {
		panic(err)
	}
	u := eddy.NewTensor(2, 1, 1, 24)
	for i := range 2 {
		if err := data.Read(ctx, u.Row(i), i, 0); err != nil {
			panic(err)
		}
	}
	in, keys := rollout.Members(eddy.Input{U: u}, 2, 1, 0)
	samples, err := rollout.RunDraws(ctx, model, in, keys, 5)
	fmt.Println(model.Plan().Name, model.Plan().Calls(), "calls a step;", samples.Frames.Shape, err)
	// Output: refiner 3 calls a step; [4 6 1 24] <nil>
}
