package pde

import "slices"

// presets is the table of all presets: one list per kind of solver, each in its own file.
var presets = slices.Concat(
	spectralPresets,
	cellPresets,
)
