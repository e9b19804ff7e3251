//go:build !cgo

package h5_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy/internal/h5"
)

func TestBuildWithoutCgoSaysWhatIsMissing(t *testing.T) {
	for name, open := range map[string]func(string) (*h5.File, error){"Open": h5.Open, "OpenAppend": h5.OpenAppend, "Create": h5.Create} {
		_, err := open("data.hdf5")
		if !errors.Is(err, h5.ErrNoCgo) || !strings.Contains(err.Error(), "data.hdf5") || !strings.Contains(err.Error(), "CGO_ENABLED=1") {
			t.Errorf("%s gave %v", name, err)
		}
	}
	if h5.Available || !strings.Contains(h5.Version(), "CGO_ENABLED=0") {
		t.Errorf("version %q", h5.Version())
	}
}
