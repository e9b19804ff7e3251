package report

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// film keeps what pictures need: frames of the first trajectory, truth and predictions, at evenly spaced steps and no finer than a screen shows. A field of
// three dimensions is shown by its middle plane in z.
type film struct {
	steps  []int // ascending, from 0 (the start) to the last
	fields []int // channels kept
	dims   int   // 1 or 2
	grid   []int // points per axis of the data that are shown
	factor []int // points averaged into one, per axis
	shape  []int // points kept per axis
	middle int   // index of the plane shown, −1 where the data have no third axis

	truth       [][]float32   // [frame][field·points]
	predictions [][][]float32 // [model][frame][field·points]; baselines are not shown
}

// Bounds of a film.
const (
	maxFilmFields = 4
	maxFilmModels = 6
	maxFilmFrames = 61  // of pictures
	maxLineFrames = 400 // of lines, which make one space–time picture
	maxFilmPoints = 256 // per axis of a picture
	maxLinePoints = 512
)

func newFilm(r *runner) *film {
	shape := r.spec.Grid.Shape()
	f := &film{dims: min(len(shape), 2), middle: -1}
	if len(shape) > 2 {
		f.middle = shape[2] / 2
	}
	f.grid = shape[:f.dims]
	points, frames := maxLinePoints, maxLineFrames
	if f.dims == 2 {
		points, frames = maxFilmPoints, maxFilmFrames
	}
	for _, n := range f.grid {
		k := (n + points - 1) / points
		f.factor = append(f.factor, k)
		f.shape = append(f.shape, n/k)
	}
	for c := range min(r.spec.Channels(), maxFilmFields) {
		f.fields = append(f.fields, c)
	}
	n := min(r.steps+1, frames)
	for i := range n {
		f.steps = append(f.steps, int(math.Round(float64(i)*float64(r.steps)/float64(max(n-1, 1)))))
	}
	f.predictions = make([][][]float32, min(r.models, maxFilmModels))
	return f
}

// frame is the index of a step on the film, −1 where it is not kept.
func (f *film) frame(step int) int {
	for i, s := range f.steps {
		if s == step {
			return i
		}
	}
	return -1
}

// addTruth keeps a true state [C, X…]. Steps come in ascending order.
func (f *film) addTruth(step int, state *eddy.Tensor) {
	if f.frame(step) >= 0 {
		f.truth = append(f.truth, f.shrink(state))
	}
}

// addPrediction keeps a state of a contender's rollout, if it is one of the models shown.
func (f *film) addPrediction(contender, step int, state *eddy.Tensor) {
	if contender < len(f.predictions) && f.frame(step) >= 0 {
		f.predictions[contender] = append(f.predictions[contender], f.shrink(state))
	}
}

// shrink takes the fields kept of a state [C, X…] and averages blocks of points.
func (f *film) shrink(state *eddy.Tensor) []float32 {
	n := f.shape[0]
	if f.dims == 2 {
		n *= f.shape[1]
	}
	out := make([]float32, 0, len(f.fields)*n)
	for _, c := range f.fields {
		u := state.Row(c)
		if f.dims == 1 {
			for x := range f.shape[0] {
				out = append(out, blockMean(u.Data, x*f.factor[0], f.factor[0], 0, 1, 1, 0, 1))
			}
			continue
		}
		depth, plane := 1, 0
		if f.middle >= 0 {
			depth, plane = u.Shape[2], f.middle
		}
		for x := range f.shape[0] {
			for y := range f.shape[1] {
				out = append(out, blockMean(u.Data, x*f.factor[0], f.factor[0], y*f.factor[1], f.factor[1], u.Shape[1], plane, depth))
			}
		}
	}
	return out
}

// blockMean is the mean over points x … x+kx−1, y … y+ky−1 of plane z of a field [X, ny, nz].
func blockMean(u []float32, x, kx, y, ky, ny, z, nz int) float32 {
	var s float64
	for i := x; i < x+kx; i++ {
		for j := y; j < y+ky; j++ {
			s += float64(u[(i*ny+j)*nz+z])
		}
	}
	return float32(s / float64(kx*ky))
}

// field cuts field number i out of a kept frame.
func (f *film) field(frame []float32, i int) []float32 {
	n := len(frame) / len(f.fields)
	return frame[i*n : (i+1)*n]
}
