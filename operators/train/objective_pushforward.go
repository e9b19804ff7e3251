package train

import "github.com/eddy-pde/eddy/operators/nn"

// Pushforward feeds the network its own predictions as [FullUnroll] does, but cuts the gradient between steps: each step learns to continue from a state with the
// errors that the network makes, without being asked to change those. With two steps it is, up to the factor ½, the sum of one-step and stability loss
// of Brandstetter, Worrall & Welling 2022 (eq. 8); more steps use every intermediate state instead of the last alone.
func Pushforward(f Frame, loss Loss, noise float64, steps int) Unrolled {
	return unrolled{oneStep{f, loss, noise}, steps, nn.Detach}
}
