// Command burgers gives the rows that a learned Burgers operator must be read against, for pairs (u at t = 0, u at t = 1) in two files:
//
//	mean          every solution is its own mean: nothing is predicted
//	heat kernel   the linear part of the equation alone, e^{−νk²t}, moved along by the mean velocity; no data are used
//	ridge         a linear map from the spectrum of u₀ to that of u, fitted to the training pairs with the penalty that a fifth of them prefers
//
// and the runs named as arguments beside them. It prints one JSON object a row, with the mean relative L2 error over the test pairs.
//
//	go run ./benchmarks/burgers -train train.hdf5 -test test.hdf5 -viscosity 0.01 [RUN…]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/cmplx"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/mat"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/open"
	"github.com/eddy-pde/eddy/operators"
)

var (
	trainFile = flag.String("train", "", "file of the training pairs")
	testFile  = flag.String("test", "", "file of the test pairs")
	viscosity = flag.Float64("viscosity", 0, "ν of the equation")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "burgers benchmark:", err)
		os.Exit(1)
	}
}

// pairs holds initial states and solutions, one a row, and what the equation needs.
type pairs struct {
	u0, u1 [][]float64
	length float64
	time   float64
}

func run(ctx context.Context) error {
	if *trainFile == "" || *testFile == "" || *viscosity <= 0 {
		return errors.New("-train, -test and -viscosity are needed (see -h)")
	}
	train, err := read(ctx, *trainFile)
	if err != nil {
		return err
	}
	test, err := read(ctx, *testFile)
	if err != nil {
		return err
	}
	ridge, err := fitRidge(train)
	if err != nil {
		return err
	}
	rows := []row{
		{"mean", ownMean},
		{"heat kernel", func(u0 []float64) []float64 { return heatKernel(u0, test.length, *viscosity, test.time) }},
		{"ridge", ridge.predict},
	}
	for _, dir := range flag.Args() {
		r, err := learned(ctx, dir)
		if err != nil {
			return err
		}
		rows = append(rows, r)
	}
	for _, r := range rows {
		line, err := json.Marshal(map[string]any{"model": r.name, "viscosity": *viscosity, "relative_l2": test.relativeL2(r.predict), "test": len(test.u0)})
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	}
	return nil
}

// row is one way from u₀ to u₁.
type row struct {
	name    string
	predict func(u0 []float64) []float64
}

// learned is the trained operator of a run. A step that fails predicts NaN, which shows in the row.
func learned(ctx context.Context, dir string) (row, error) {
	op, err := operators.Load(dir)
	if err != nil {
		return row{}, err
	}
	return row{filepath.Base(dir), func(u0 []float64) []float64 {
		u, dst := eddy.NewTensor(1, 1, 1, len(u0)), eddy.NewTensor(1, 1, len(u0))
		for i, v := range u0 {
			u.Data[i] = float32(v)
		}
		out := make([]float64, len(u0))
		if err := op.Step(ctx, dst, eddy.Input{U: u}); err != nil {
			return slices.Repeat([]float64{math.NaN()}, len(u0))
		}
		for i, v := range dst.Data {
			out[i] = float64(v)
		}
		return out
	}}, nil
}

// read takes the first and the last frame of every trajectory of a one-dimensional file.
func read(ctx context.Context, path string) (pairs, error) {
	ds, _, err := open.Open(path)
	if err != nil {
		return pairs{}, err
	}
	spec := ds.Spec()
	if spec.Grid.Dims() != 1 || spec.Channels() != 1 {
		return pairs{}, fmt.Errorf("%s: %d fields in %d dimensions, expected one field in one dimension", path, spec.Channels(), spec.Grid.Dims())
	}
	p := pairs{length: spec.Grid.Axes[0].Length}
	frame := eddy.NewTensor(append([]int{1}, spec.FrameShape()...)...)
	for traj := range ds.Len() {
		last := ds.Frames(traj) - 1
		p.time = float64(last) * spec.Dt
		for _, at := range []struct {
			frame int
			to    *[][]float64
		}{{0, &p.u0}, {last, &p.u1}} {
			if err := ds.Read(ctx, frame, traj, at.frame); err != nil {
				return pairs{}, err
			}
			u := make([]float64, len(frame.Data))
			for i, v := range frame.Data {
				u[i] = float64(v)
			}
			*at.to = append(*at.to, u)
		}
	}
	return p, nil
}

// relativeL2 is the mean over the pairs of ‖prediction − u₁‖ / ‖u₁‖.
func (p pairs) relativeL2(predict func([]float64) []float64) float64 {
	sum := 0.0
	for i, u0 := range p.u0 {
		sum += distance(predict(u0), p.u1[i])
	}
	return sum / float64(len(p.u0))
}

func distance(got, want []float64) float64 {
	var num, den float64
	for i, w := range want {
		num += (got[i] - w) * (got[i] - w)
		den += w * w
	}
	return math.Sqrt(num / den)
}

func mean(u []float64) float64 {
	s := 0.0
	for _, v := range u {
		s += v
	}
	return s / float64(len(u))
}

func ownMean(u0 []float64) []float64 {
	u, m := make([]float64, len(u0)), mean(u0)
	for i := range u {
		u[i] = m
	}
	return u
}

// heatKernel solves u_t + ū u_x = ν u_xx exactly, where ū is the mean of u₀.
func heatKernel(u0 []float64, length, nu, t float64) []float64 {
	fft := fourier.NewFFT(len(u0))
	c := fft.Coefficients(nil, u0)
	m := mean(u0)
	for j := range c {
		k := 2 * math.Pi * float64(j) / length
		c[j] *= cmplx.Exp(complex(-nu*k*k*t, -k*m*t)) / complex(float64(len(u0)), 0)
	}
	return fft.Sequence(nil, c)
}

// kept is the number of frequencies that the ridge regression maps; the solutions hold nothing beyond them that a linear map could find.
const kept = 64

// linearMap maps the real and imaginary parts of the first frequencies of u₀, and a constant, to those of u.
type linearMap struct{ weights *mat.Dense }

// features are the coefficients c_0 … c_{kept−1} as reals, and 1 at the end.
func features(u []float64) []float64 {
	c := fourier.NewFFT(len(u)).Coefficients(nil, u)
	f := make([]float64, 2*kept+1)
	for j := range min(kept, len(c)) {
		f[2*j], f[2*j+1] = real(c[j])/float64(len(u)), imag(c[j])/float64(len(u))
	}
	f[2*kept] = 1
	return f
}

func (m linearMap) predict(u0 []float64) []float64 {
	y := mat.NewVecDense(2*kept, nil)
	y.MulVec(m.weights.T(), mat.NewVecDense(2*kept+1, features(u0)))
	c := make([]complex128, len(u0)/2+1)
	for j := range min(kept, len(c)) {
		c[j] = complex(y.AtVec(2*j), y.AtVec(2*j+1))
	}
	return fourier.NewFFT(len(u0)).Sequence(nil, c)
}

// fitRidge chooses the penalty on the last fifth of the pairs and fits all of them with it.
func fitRidge(p pairs) (linearMap, error) {
	cut := len(p.u0) * 4 / 5
	held := pairs{u0: p.u0[cut:], u1: p.u1[cut:]}
	best, penalty := math.Inf(1), 0.0
	for e := -14; e <= 0; e++ {
		lambda := math.Pow(10, float64(e))
		m, err := solveRidge(p.u0[:cut], p.u1[:cut], lambda)
		if err != nil {
			continue // singular: the next penalty is larger
		}
		if err := held.relativeL2(m.predict); err < best {
			best, penalty = err, lambda
		}
	}
	if math.IsInf(best, 1) {
		return linearMap{}, errors.New("ridge regression: singular at every penalty")
	}
	return solveRidge(p.u0, p.u1, penalty)
}

// solveRidge minimises ‖XW − Y‖² + λ·n‖W‖².
func solveRidge(u0, u1 [][]float64, lambda float64) (linearMap, error) {
	n := len(u0)
	x, y := mat.NewDense(n, 2*kept+1, nil), mat.NewDense(n, 2*kept, nil)
	for i := range n {
		x.SetRow(i, features(u0[i]))
		y.SetRow(i, features(u1[i])[:2*kept])
	}
	gram := mat.NewSymDense(2*kept+1, nil)
	gram.SymOuterK(1, x.T())
	for i := range 2*kept + 1 {
		gram.SetSym(i, i, gram.At(i, i)+lambda*float64(n))
	}
	var right, w mat.Dense
	right.Mul(x.T(), y)
	var chol mat.Cholesky
	if !chol.Factorize(gram) {
		return linearMap{}, fmt.Errorf("ridge regression: the normal equations are singular at λ = %g", lambda)
	}
	if err := chol.SolveTo(&w, &right); err != nil {
		return linearMap{}, err
	}
	return linearMap{&w}, nil
}
