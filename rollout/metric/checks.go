package metric

import (
	"errors"
	"fmt"

	"github.com/eddy-pde/eddy"
)

// hasSpace checks that there is a space axis.
func hasSpace(spec eddy.Spec) error {
	if spec.Grid.Dims() == 0 {
		return errors.New("the data have no space axis")
	}
	return nil
}

// hasWellBins checks that none of The Well's bins is empty.
func hasWellBins(spec eddy.Spec) error {
	for _, a := range spec.Grid.Axes {
		if a.Points >= 8 {
			return nil
		}
	}
	return fmt.Errorf("three bins of wavenumbers need an axis of at least 8 points, and the grid is %s", spec.Grid)
}

// hasBand checks that the grid is fine enough for band k of [Bands].
func hasBand(k int) func(eddy.Spec) error {
	return func(spec eddy.Spec) error {
		if err := hasSpace(spec); err != nil {
			return err
		}
		return enoughShells(spec, shells(spec.Grid), k)
	}
}

func enoughShells(spec eddy.Spec, n, k int) error {
	if k >= len(Bands(n)) {
		return fmt.Errorf("a grid of %s has %d shells of wavenumbers, too few for this band", spec.Grid, n)
	}
	return nil
}

// isCube checks for the only grids that APEBench knows.
func isCube(spec eddy.Spec) error {
	if err := periodic(spec, "APEBench's Fourier space"); err != nil {
		return err
	}
	for _, a := range spec.Grid.Axes {
		if a.Points != spec.Grid.Axes[0].Points {
			return fmt.Errorf("APEBench knows grids with equally many points along every axis only, and this one is %s", spec.Grid)
		}
	}
	return nil
}

// periodic checks that every axis is periodic.
func periodic(spec eddy.Spec, what string) error {
	if !allPeriodic(spec.Grid) {
		return fmt.Errorf("%s needs a grid that is periodic along every axis, and this one is %s", what, spec.Grid)
	}
	return nil
}
