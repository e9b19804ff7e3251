// Package rollout steps a Model over and over, feeding it what it said last.
//
// [Run] keeps the frames, [Steps] hands them out one by one in constant memory; [RunDraws] and [Draws] do the same for samples of an [eddy.Ensemble]. All own the history
// shift, carry a solver's state in float64 between steps ([eddy.Precise]), and treat divergence as an answer: a trajectory that stops being finite is reported with its
// step ([DivergenceError]) while the others of its batch go on.
//
// [Statistics] gather what a long rollout looks like while it runs. A [Guard] tells when states leave the [Envelope] of what a model was trained on, so that a simulation
// can go on with its solver.
//
// [Persistence] and [Climatology] are the baselines that every forecast is held against. Package metric says how far apart two states are, package report
// evaluates and draws, package rollouttest checks that a Model keeps its contract.
package rollout
