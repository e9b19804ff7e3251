// Package fno is the Fourier neural operator of Li et al. 2021 in one, two and three dimensions: with the block of today's neuraloperator (Config.Block =
// "current") or with that of the paper's scripts ("classic").
//
// A network lifts its input channels pointwise to Width channels, passes Layers blocks, each a spectral convolution beside a pointwise linear map, and
// projects to the output channels. It runs on any grid with enough points for its frequencies and gives the same function on each, up to aliasing of the
// nonlinearities.
//
// # Inputs
//
// The input channels are, in this order: the states U (history oldest first), static fields, the equation's scalars as constant channels (unless Norm is
// "ada_in", which feeds them to the norms instead), and the coordinates of the positional embedding.
//
// # Weights
//
// A spectral weight is stored [k…, in, 2, out] with real and imaginary planes, frequencies in ascending order. [Model.LoadStateDict] and [Model.StateDict]
// translate from and to the tensors of neuraloperator's FNO and of the paper's scripts.
package fno
