// Package notebooks names what the notebooks import, so that `go mod tidy` keeps it in go.mod and go.sum.
package notebooks

import (
	_ "gonum.org/v1/hdf5"

	_ "github.com/eddy-pde/eddy/datasets/open"
	_ "github.com/eddy-pde/eddy/datasets/pde"
	_ "github.com/eddy-pde/eddy/gp"
	_ "github.com/eddy-pde/eddy/notebooks/show"
	_ "github.com/eddy-pde/eddy/operators"
	_ "github.com/eddy-pde/eddy/refiner"
	_ "github.com/eddy-pde/eddy/rollout/metric"
	_ "github.com/eddy-pde/eddy/rollout/report"
)
