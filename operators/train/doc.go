// Package train fits networks to trajectories: objectives, the optimiser with its schedule, validation by rollout, and checkpoints from which a run goes on as
// if nothing had happened.
//
// # A run
//
// [New] takes a network ([Module]) and a [Config]; [Trainer.Fit] takes the data. Where [Run.Dir] is set, the run lives in that folder:
//
//	state.safetensors   raw weights, running mean, AdamW's moments, random state, position in the data, step: all that [Trainer.Resume] needs
//	model.safetensors   the weights to use (the running mean where Optim.EMA > 0) at the last checkpoint, with a [Meta] record
//	best.safetensors    the same at the best validation
//	metrics.csv         one row a step: step, epoch, lr, loss, grad_norm, and the errors where the step was validated
//	log.jsonl           start, validations, checkpoints, end
//
// Every file is replaced as a whole, the state before the others, so a process may be killed at any moment: Resume continues from the last state and
// reaches the same final weights, to the last bit, as a run that was never interrupted. That holds for any number of threads, and fails only where the clock
// decides, in a run whose Schedule.Minutes ends it.
//
// # Data
//
// Windows of History + horizon frames are drawn in an order that depends on the seed and the epoch alone. The graph of a step is compiled once for one batch
// size; the last partial batch of an epoch is left out. Fields are normalised by statistics of the training data, which belong to the checkpoint: the
// [Predictor] that comes out speaks physical units.
package train
