// Package eddy is the vocabulary of a toolkit for neural PDE surrogates: the types that pass between solvers, networks, rollouts, data sets and reports.
//
// # One idea
//
// A solver, a trained surrogate and a refined surrogate are all a [Model]: a batch of states in, the batch of next states out. Package rollout steps any of
// them; package datasets stores what the steps produced; package operators trains networks that are Models again.
//
// # Shapes
//
// One axis order holds everywhere: [batch, time, channel, x, y, z], row-major, with absent axes left out. The letters used in comments are
//
//	B batch   T time    C channel   X Y Z space (written X… where the dimension is open)
//	H history K mode    P parameter F static field   W width   L layer
//
// # Units
//
// A Model speaks physical units on both sides: normalisation belongs to the network's checkpoint and never leaks out of it. Lengths are in the units of
// [Axis.Length], times in those of [Spec.Dt]; the unit strings of [Field] and [Param] are labels, never converted.
//
// # Errors
//
// Constructors and I/O return errors. A shape that does not fit inside numerical code is a programming error and panics with a [*ShapeError]; the entry points
// (rollout.Run, Trainer.Fit, Model.Step) recover exactly that type and return it as an error (see [Recover]).
package eddy
