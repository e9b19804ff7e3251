// Package unet is the modern U-Net of PDEArena (Gupta & Brandstetter 2022), the network of PDE-Refiner, in one and two dimensions.
//
// Residual blocks at ever coarser resolutions, then back up with the fields of the way down joined in. A block is
//
//	h = conv(act(norm(x))) + told;  y = conv(act(norm(h))) + shortcut(x)
//
// where told is an image of the embedding of refinement level and scalars of the equation (see nn.Embedding). Convolutions have three taps an axis; the last one
// of every block and of the network starts at zero. Going down is a convolution of stride 2, going up a transposed one with four taps.
//
// Fields are [B, C, X…], scalars [B, P], the level [B, 1]. Every axis needs a multiple of 2^(resolutions − 1) points.
//
// Sources: pdearena/pdearena@78a8b03, modules/conditioned/{oned,twod}_unet.py and modules/twod_unet.py. Where the released code differs from its evident intent, the
// intent is the default here and the released form an option (Config.Upsampling, Config.AttentionOver).
package unet
