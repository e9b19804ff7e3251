// Package notebooks names what the notebooks import, so that `go mod tidy` keeps it in go.mod and go.sum.
package notebooks

import (
	_ "github.com/janpfeifer/gonb/gonbui"
	_ "gonum.org/v1/plot/palette/moreland"
	_ "gonum.org/v1/plot/plotter"
	_ "gonum.org/v1/plot/vg/vgimg"

	_ "github.com/eddy-pde/eddy/datasets/pde"
	_ "github.com/eddy-pde/eddy/operators"
	_ "github.com/eddy-pde/eddy/rollout/metric"
)
