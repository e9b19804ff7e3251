package train_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/train"
)

// A short training in memory: solve, train, look at the validation. With Trainer.Run.Dir set it would leave a run that operators.Load reads and that can be resumed.
func ExampleTrainer_Fit() {
	ctx := context.Background()
	burgers, err := pde.Named("burgers", map[string]string{"grid": "32", "viscosity": "0.1", "dt": "0.1"})
	if err != nil {
		log.Fatal(err)
	}
	var seen, unseen datasets.Recorder
	for split, data := range map[string]*datasets.Recorder{"train": &seen, "valid": &unseen} {
		plan := datasets.Plan{Trajectories: 8, Steps: 8, Seed: 1, Split: split}
		if err := datasets.Generate(ctx, data, burgers.Solver, burgers.Initial, plan); err != nil {
			log.Fatal(err)
		}
	}
	model := operators.DefaultConfig()
	model.FNO.Modes, model.FNO.Width, model.FNO.Layers = []int{8}, 8, 2
	network, err := operators.New(model, seen.Spec(), rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		log.Fatal(err)
	}
	config := train.DefaultConfig()
	config.Objective.Target = "residual"
	config.Optim.Warmup, config.Optim.EMA, config.Optim.LR = 10, 0.9, 5e-3
	config.Train.Steps, config.Train.ValidateSteps = 300, 8
	trainer, err := train.New(network, config)
	if err != nil {
		log.Fatal(err)
	}
	var last train.Validation
	trainer.Observe = func(e train.Event) {
		if e.Kind == train.Validated {
			last = *e.Validation
		}
	}
	report, err := trainer.Fit(ctx, &seen, &unseen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Parameters, "parameters")
	fmt.Printf("one step from the truth is within 5 %%: %t\n", last.OneStep < 0.05)
	// Output:
	// 2705 parameters
	// one step from the truth is within 5 %: true
}
