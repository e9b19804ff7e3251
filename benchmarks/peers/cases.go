package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/train"
)

// benchCase is one row: the same work here and in peer.py, which knows it by its name.
type benchCase struct {
	name    string
	threads int
	target  float64 // the ratio that the row must reach
	shape   *network
	cpu     bool // measure processor time, which other programs disturb less
	fewest  int  // pairs of runs, if not `fewest`
	prepare func() (step func() error, err error)
}

// network is a classic Fourier neural operator and its batch: grid points, width, and modes as neuraloperator counts them.
type network struct {
	batch int
	grid  []int
	width int
	modes []int
}

// namedNetworks are those of the table; peer.py has the same list.
var namedNetworks = []struct {
	name   string
	target float64
	network
}{
	{"fno2d-train-b16-64-w32-m12", 3, network{16, []int{64, 64}, 32, []int{24, 23}}},
	{"fno2d-train-b4-128-w64-m32", 3, network{4, []int{128, 128}, 64, []int{64, 63}}},
	{"fno1d-train-b20-1024-w64-m16", 3, network{20, []int{1024}, 64, []int{31}}},
	{"fno3d-train-b2-32-w20-m8", 3, network{2, []int{32, 32, 32}, 20, []int{16, 16, 15}}},
	{"fno2d-infer-b1-64-w32-m12", 4, network{1, []int{64, 64}, 32, []int{24, 23}}},
}

const twoThreads = 2

// cases lists the rows that have a peer, in the order of the table.
func cases() []benchCase {
	var list []benchCase
	for _, n := range namedNetworks {
		c := benchCase{name: n.name, threads: twoThreads, target: n.target, shape: &n.network, prepare: n.trainStep}
		if strings.Contains(n.name, "infer") {
			c.prepare = n.inferenceStep
		}
		list = append(list, c)
	}
	list = append(list, unetCases()...)
	for _, s := range []struct {
		name            string
		batch, channels int
		grid            []int
	}{
		{"conv2d-k3-64", 4, 64, []int{64, 64}},
		{"conv2d-k3-128", 4, 128, []int{32, 32}},
		{"conv1d-k3-64", 16, 64, []int{1024}},
		{"conv1d-k3-128", 16, 128, []int{512}},
	} {
		forward, backward := convSteps(s.batch, s.channels, s.grid)
		list = append(list, benchCase{name: s.name + "-forward", threads: twoThreads, target: 1, prepare: forward},
			benchCase{name: s.name + "-backward", threads: twoThreads, target: 1, prepare: backward})
	}
	for _, s := range []struct {
		name    string
		m, n, k int
		target  float64
	}{
		{"gemm-1024", 1024, 1024, 1024, 0.9},
		{"gemm-2048x24x64", 2048, 24, 64, 1},
		{"gemm-32x4096x32", 32, 4096, 32, 1},
		{"gemm-64x4096x32", 64, 4096, 32, 1},
		{"gemm-64x4096x64", 64, 4096, 64, 1},
	} {
		list = append(list, benchCase{name: s.name, threads: 1, target: s.target, prepare: productStep(s.m, s.n, s.k)})
	}
	return list
}

// model makes the network: weights do not matter to the time, but they are fixed.
func (n network) model() (*fno.Model, error) {
	c := fno.Config{Block: fno.Classic, ModeLayout: fno.NeuralOp, Modes: n.modes, Width: n.width, Layers: 4}
	return fno.New(c, len(n.grid), 1, 1, rand.New(rand.NewPCG(1, 2)))
}

func (n network) shape() []int { return append([]int{n.batch, 1}, n.grid...) }

// trainStep is forward, relative L2 loss, backward and AdamW.
func (n network) trainStep() (func() error, error) {
	m, err := n.model()
	if err != nil {
		return nil, err
	}
	g := nn.NewGraph(m.Params()[0].Value.Dtype())
	in := nn.Inputs{U: g.Placeholder("u", n.shape()...), Target: g.Placeholder("target", n.shape()...)}
	rng := rand.New(rand.NewPCG(3, 4))
	fill(rng, in.U.Data())
	fill(rng, in.Target.Data())
	return optimiserStep(g, m, in, "rel_l2", 1e-2)
}

// optimiserStep is forward, a loss by the name that package train knows it by, backward and one step of AdamW.
func optimiserStep(g *nn.Graph, m train.Module, in nn.Inputs, lossName string, decay float64) (func() error, error) {
	y, err := m.Forward(g, in)
	if err != nil {
		return nil, err
	}
	params, loss := m.Params(), train.LossOf(lossName, eddy.Spec{})(y, in.Target.Node)
	grads, err := g.Grad(loss, params)
	if err != nil {
		return nil, err
	}
	program, err := g.Compile(append(slices.Clone(grads), loss)...)
	if err != nil {
		return nil, err
	}
	type moments struct{ first, second []float32 }
	var state []moments
	for _, p := range params {
		state = append(state, moments{make([]float32, p.Len()), make([]float32, p.Len())})
	}
	h := kernel.AdamWStep{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: decay, GradScale: 1}
	return func() error {
		if err := program.Run(); err != nil {
			return err
		}
		h.Step++
		for i, p := range params {
			kernel.AdamW(p.Data(), nn.Data(grads[i]), state[i].first, state[i].second, nil, h)
		}
		return nil
	}, nil
}

// inferenceStep is one forward pass.
func (n network) inferenceStep() (func() error, error) {
	m, err := n.model()
	if err != nil {
		return nil, err
	}
	g := nn.NewGraph(m.Params()[0].Value.Dtype())
	in := nn.Inputs{U: g.Placeholder("u", n.shape()...)}
	fill(rand.New(rand.NewPCG(3, 4)), in.U.Data())
	y, err := m.Forward(g, in)
	if err != nil {
		return nil, err
	}
	program, err := g.Compile(y)
	if err != nil {
		return nil, err
	}
	return program.Run, nil
}

// convSteps are a convolution with three taps an axis, padded to the same size with zeros, and its gradients of input, weight and bias.
func convSteps(batch, channels int, grid []int) (forward, backward func() (func() error, error)) {
	three, one, points := make([]int, len(grid)), make([]int, len(grid)), 1
	for i, n := range grid {
		three[i], one[i] = 3, 1
		points *= n
	}
	plan := func() (c *kernel.Conv[float32], x, y, w, bias []float32, err error) {
		c, err = kernel.NewConv[float32](kernel.ConvConfig{Batch: batch, In: channels, Out: channels, Size: grid, Kernel: three, Pad: one})
		if err != nil {
			return nil, nil, nil, nil, nil, err
		}
		rng := rand.New(rand.NewPCG(1, 1))
		random := func(n int) []float32 {
			v := make([]float32, n)
			fill(rng, v)
			return v
		}
		return c, random(batch * channels * points), random(batch * channels * points), random(c.WeightLen()), random(channels), nil
	}
	forward = func() (func() error, error) {
		c, x, y, w, bias, err := plan()
		return func() error { c.Forward(y, x, w, bias, kernel.Set); return nil }, err
	}
	backward = func() (func() error, error) {
		c, x, dy, w, bias, err := plan()
		dx, dw, dbias := make([]float32, len(x)), make([]float32, len(w)), make([]float32, len(bias))
		return func() error {
			c.BackwardInput(dx, dy, w, kernel.Set)
			c.BackwardWeight(dw, dbias, dy, x, kernel.Set)
			return nil
		}, err
	}
	return forward, backward
}

func productStep(m, n, k int) func() (func() error, error) {
	return func() (func() error, error) {
		rng := rand.New(rand.NewPCG(1, 1))
		a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
		fill(rng, a)
		fill(rng, b)
		return func() error {
			kernel.Gemm(kernel.NoTrans, kernel.NoTrans, m, n, k, a, k, b, n, kernel.Set, c, n)
			return nil
		}, nil
	}
}

func fill(rng *rand.Rand, x []float32) {
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
}

const (
	warmUps  = 3
	fewest   = 5                     // pairs of runs a row is the median of
	most     = 51                    // no use in more
	piece    = 40 * time.Millisecond // short runs are repeated for at least this long and averaged
	quiet    = 15 * time.Millisecond // until threads that wait actively for work have gone to sleep
	msecond  = float64(time.Millisecond)
	maxBatch = 20000
)

// measure alternates runs of the case here and in the worker for the time that -seconds allows.
func (c benchCase) measure(ctx context.Context) (row, error) {
	par.SetThreads(c.threads)
	defer par.SetThreads(0)
	step, err := c.prepare()
	if err != nil {
		return row{}, err
	}
	w, err := startWorker(ctx, c)
	if err != nil {
		return row{}, err
	}
	defer w.stop()
	ours, theirs := func(k int) (float64, error) { return timed(step, k) }, func(k int) (float64, error) { return w.run(k, c.cpu) }
	if c.cpu {
		ours = func(k int) (float64, error) { return cpuTimed(step, k) }
	}
	var mean [2]float64 // of one run, roughly: how often to repeat
	for i, side := range []func(int) (float64, error){ours, theirs} {
		if mean[i], err = side(warmUps); err != nil {
			return row{}, err
		}
	}
	repeat := func(ms float64) int { return min(maxBatch, 1+int(float64(piece)/msecond/ms)) }
	k, l := repeat(mean[0]), repeat(mean[1])
	var a, b []float64
	for start := time.Now(); len(a) < cmp.Or(c.fewest, fewest) || len(a) < most && time.Since(start).Seconds() < *seconds; {
		time.Sleep(quiet)
		x, err := ours(k)
		if err != nil {
			return row{}, err
		}
		time.Sleep(quiet)
		y, err := theirs(l)
		if err != nil {
			return row{}, err
		}
		a, b = append(a, x), append(b, y)
	}
	r := row{Case: c.name, OursMS: median(a), PeerMS: new(float64), Peer: &w.peer, PeerVersion: &w.version, Threads: c.threads, Runs: len(a), CPU: cpuName(), target: c.target}
	*r.PeerMS = median(b)
	r.Ratio = *r.PeerMS / r.OursMS
	r.peerMB = w.peakMB - w.baseMB
	return r, nil
}

// timed is the mean time of k steps in milliseconds.
func timed(step func() error, k int) (float64, error) {
	start := time.Now()
	for range k {
		if err := step(); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start)) / msecond / float64(k), nil
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

// Names of the rows without a peer.
const (
	peakShare    = "peak-share"
	threadsRatio = "threads-1-2"
)

// onOurOwn measures row 1 on one and on two threads, beside the speed of multiply-adds in registers on two.
func onOurOwn(ctx context.Context) ([]row, error) {
	first := namedNetworks[0]
	step, err := first.trainStep()
	if err != nil {
		return nil, err
	}
	defer par.SetThreads(0)
	var one, two, peak []float64
	if _, err := timed(step, warmUps); err != nil {
		return nil, err
	}
	for start := time.Now(); len(one) < fewest || time.Since(start).Seconds() < *seconds; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for threads, list := range map[int]*[]float64{1: &one, twoThreads: &two} {
			par.SetThreads(threads)
			ms, err := timed(step, 1)
			if err != nil {
				return nil, err
			}
			*list = append(*list, ms)
		}
		peak = append(peak, peakSpeed())
	}
	// 41 kFLOP a point for the forward pass, and twice that for the gradients of inputs and of weights.
	points := float64(first.batch * first.grid[0] * first.grid[1])
	useful := 3 * 41e3 * points / (median(two) * 1e-3)
	share := row{Case: peakShare, OursMS: median(two), Ratio: useful / median(peak), Threads: twoThreads, Runs: len(two), CPU: cpuName(), target: 0.4}
	share.note = fmt.Sprintf("%.0f of %.0f GFLOP/s", useful/1e9, median(peak)/1e9)
	ratio := row{Case: threadsRatio, OursMS: median(two), Ratio: median(one) / median(two), Threads: twoThreads, Runs: len(two), CPU: cpuName(), target: 1.7}
	ratio.note = fmt.Sprintf("one thread: %.1f ms", median(one))
	return []row{share, ratio}, nil
}

// peakSpeed is the operations a second of two threads that do nothing but multiply-adds in registers.
func peakSpeed() float64 {
	const rounds = 1 << 20
	par.SetThreads(twoThreads)
	var operations [twoThreads]int
	start := time.Now()
	par.For(twoThreads, func(i int) { operations[i] = kernel.Peak(rounds) })
	return float64(operations[0]+operations[1]) / time.Since(start).Seconds()
}
