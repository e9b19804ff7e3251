// Package kernel holds the inner loops of eddy: matrix products, pointwise linear layers, convolutions, truncated Fourier transforms with mode
// mixing, group norms, elementwise functions and the optimiser's update.
//
// Every function is generic over float32 and float64. The plain Go loops define what it computes; on amd64 the float32 (and the float64 matrix product) path
// runs assembly chosen at run time by what the processor has. The build tag noasm leaves only the Go loops.
//
// Functions split work over package par in pieces that do not depend on the number of threads and never share a sum between pieces, so that a result is
// the same to the last bit however many threads compute it.
//
// Slices are flat and row-major. A slice whose length does not fit the stated shape panics with *eddy.ShapeError before anything is written.
package kernel

// Float is what kernels compute in: float32 to train and run, float64 to check gradients and to solve.
type Float interface{ float32 | float64 }
