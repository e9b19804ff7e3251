// Package resnet is the dilated residual network of PDEArena (after Stachenfeld et al. 2021), in one and two dimensions.
//
// Two pointwise layers, residual blocks, two pointwise layers. A block is a chain of convolutions with three taps an axis at growing and shrinking distances,
//
//	v ← act(conv(norm(v))),  and the block's input added at the end,
//
// so that every point sees far without a change of resolution. An image of the embedding of refinement level and scalars of the equation (see nn.Embedding) is
// added to the first convolution of every block; PDEArena has no such network, this is how its conditioned Fourier blocks do it.
//
// Fields are [B, C, X…], scalars [B, P], the level [B, 1].
//
// Source: pdearena/pdearena@78a8b03, modules/twod_resnet.py.
package resnet
