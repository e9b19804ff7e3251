package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/open"
)

// openData opens a data file. The file is first opened by a child process, because a damaged or hostile file can crash libhdf5, which no Go code can catch.
func (a *app) openData(ctx context.Context, path string) (datasets.Dataset, error) {
	if err := exists(path, wantData); err != nil {
		return nil, err
	}
	if err := a.tryInChild(ctx, path); err != nil {
		return nil, err
	}
	ds, _, err := open.Open(path)
	if err != nil {
		return nil, err
	}
	if c, ok := ds.(io.Closer); ok {
		a.opened = append(a.opened, c)
	}
	return ds, nil
}

// What a path that does not exist should have been.
const (
	wantData    = "expected a data file or a folder of them (eddy generate makes one; paths start at the folder that eddy is called in)"
	wantRun     = "expected a run (the folder that eddy train wrote) or a checkpoint in it"
	wantWeights = "expected a .safetensors file"
	wantConfig  = "expected a config file (eddy train --example prints a complete one)"
	wantInfo    = "expected a run, a checkpoint or a config file"
	wantPlan    = "expected the file of a sampling plan, or one by name without .json"
	wantProblem = "expected a problem file (eddy gp --help shows one)"
)

// exists reports a file that is missing or out of reach, and what it should have been.
func exists(path, want string) error {
	_, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w: %s", path, reason(err), want)
	case err != nil:
		return fmt.Errorf("%s: %w", path, reason(err))
	}
	return nil
}

// closeData closes what openData opened.
func (a *app) closeData() {
	for _, c := range a.opened {
		c.Close()
	}
	a.opened = nil
}

// reason is the part of a file error that follows the path.
func reason(err error) error {
	if pathErr := new(os.PathError); errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// openStrided opens a data file of which every stride-th frame counts.
func (a *app) openStrided(ctx context.Context, path string, stride int) (datasets.Dataset, error) {
	ds, err := a.openData(ctx, path)
	if err != nil {
		return nil, err
	}
	if ds, err = datasets.Strided(ds, stride); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	a.noteTimes(path, ds)
	return ds, nil
}

// testData is a data file seen by a model: its frames are a model's step apart.
type testData struct {
	datasets.View
	attributes map[string]string // of the file: how it was generated
	path       string
}

// openFor opens a data file for a model that was loaded from run. Where a step of the model is several frames of the file, only every so many count.
func (a *app) openFor(ctx context.Context, run string, model eddy.Spec, path string) (testData, error) {
	ds, err := a.openData(ctx, path)
	if err != nil {
		return testData{}, err
	}
	t := testData{View: datasets.View{Dataset: ds}, path: path}
	if t.attributes, err = datasets.Attributes(ds); err != nil {
		return testData{}, err
	}
	if stride := strideFor(model, ds.Spec()); stride > 1 {
		if t.Dataset, err = datasets.Strided(ds, stride); err != nil {
			return testData{}, fmt.Errorf("%s: every %d-th frame, for the step of %s: %w", path, stride, run, err)
		}
	}
	if err := model.CheckData(t.Spec()); err != nil {
		return testData{}, fmt.Errorf("%s does not fit %s: %w", path, run, err)
	}
	if got, want := t.Spec().Grid.Shape(), model.Grid.Shape(); !eddy.SameShape(got, want) {
		a.note("note: %s has %v points per axis, %s was trained on %v", path, got, run, want)
	}
	if got, want := domainText(t.Spec().Grid), domainText(model.Grid); got != want {
		a.note("note: the domain of %s is %s, %s was trained on %s", path, got, run, want)
	}
	return t, nil
}

// domainText is the lengths of a domain and whether it wraps round: "64 periodic x 1".
func domainText(g eddy.Grid) string {
	var parts []string
	for _, x := range g.Axes {
		part := fmt.Sprintf("%.4g", x.Length)
		if x.Periodic {
			part += " periodic"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " x ")
}

// noteTimes tells of frames that are not evenly spaced.
func (a *app) noteTimes(path string, ds datasets.Dataset) {
	if err := datasets.CheckTimes(ds); err != nil {
		a.note("note: %s: %v, but each is taken to be one of %g: leave such frames out (eddy inspect --description selects) or interpolate them", path, err, ds.Spec().Dt)
	}
}

// strideFor is how many frames of the data make a step of the model; 1 where no whole number does.
func strideFor(model, data eddy.Spec) int {
	const tol = 1e-4 // as eddy.Spec.CheckData
	n := math.Round(model.Dt / data.Dt)
	if !(n >= 1) || n > math.MaxInt32 || math.Abs(model.Dt-n*data.Dt) > tol*model.Dt {
		return 1
	}
	return int(n)
}
