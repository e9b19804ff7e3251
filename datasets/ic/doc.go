// Package ic draws random initial states on periodic boxes, or with no slope at the sides: one law a file, each a [datasets.Initial].
//
// Most laws draw Fourier coefficients, in an order that goes outwards from the mean, and never look at the number of points while they do: the same random stream
// gives the same field on every grid, up to the frequencies that the grid (or the law's Limit) leaves out.
// Others, which say so, scale a draw by its values at the points or evaluate a formula there.
package ic
