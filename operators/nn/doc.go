// Package nn holds the layers of eddy's networks as Gorgonia operations: the forward pass and its hand-written adjoint side by side, both calling
// internal/kernel.
//
// # Shapes
//
// Fields are [B, C, X…] (batch, channel, one to three space axes), row-major. Everything works in float32 and float64; a graph has one of the two.
//
// # Use
//
// Functions such as [Linear], [Conv], [Spectral] and [Activate] take and return *gorgonia.Node and work in any Gorgonia graph, beside Gorgonia's own operations, with
// gorgonia.Grad and a tape machine. An argument of the wrong shape panics with *eddy.ShapeError when the graph is built; a network's Forward recovers it (see
// eddy.Recover).
//
// [Graph] adds what a trainer needs: one node per [Param], placeholders, gradients that are accumulated in place, and [Program], which runs a graph with
// memory planned ahead so that a steady step allocates nothing.
//
// # Ownership
//
// An operation owns its buffers and returns the same tensor from every run, so a value is valid until the next run; a graph is not safe for concurrent use.
// Params may be shared by any number of graphs as long as nobody writes to them while one runs.
package nn
