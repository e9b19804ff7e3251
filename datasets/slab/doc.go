// Package slab is what readers of HDF5 layouts have in common: trajectories read by hyperslab out of datasets whose axes lie in any order. A layout says which dataset
// holds which channels and what each of its axes is ([Source], [Part]); a [Dataset] reads them, over one file or several.
//
// The meaning of axes is a text with one letter an axis, outermost first:
//
//	b        trajectory
//	t        time
//	c        component: one channel each
//	x, y, z  space
//	s        held fixed at Source.At
//
// "btxyc" is [B, T, X, Y, C]. An axis that is absent is one along which the values do not change: they are repeated along it. A dataset without b belongs to the only
// trajectory of its file or, where Part.Groups names one group a trajectory, to that of the group in which it lies.
//
// Nothing but the windows asked for is read, and the only turning of axes is done here.
package slab
