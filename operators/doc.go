// Package operators is the hall of neural operators: it makes a network from a config ([New]), loads a trained one as an eddy.Model ([Load]), writes checkpoints
// ([Save]) and takes over weights from Python ([Import]). The architectures live in the folders below, training in operators/train.
//
// A loaded [Operator] speaks physical units on both sides, steps any batch size on any grid that its architecture takes, and is safe for concurrent use:
//
//	op, err := operators.Load("runs/kolmogorov")
//	…
//	traj, err := rollout.Run(ctx, op, eddy.Input{U: u}, 1000)
package operators
