// Package ic draws random initial states on periodic boxes: one law a file, each a [datasets.Initial].
//
// A law draws Fourier coefficients, in an order that goes outwards from the mean, and never looks at the number of points while it does: the same random stream
// gives the same field on every grid, up to the frequencies that the grid (or the law's Limit) leaves out.
package ic
