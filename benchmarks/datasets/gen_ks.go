package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/internal/par"
)

func init() { parts = append(parts, part{"kuramoto-sivashinsky", kuramotoSivashinsky}) }

// The equation of PDE-Refiner's data: N = 256 on length 64, ETDRK4 in both, the same step and 2/3 rule.
const (
	ksPoints = 256
	ksLength = 64.0
	ksStep   = 0.05
	ksSteps  = 200 // of one measurement
)

// ksRow is a row of the table. Speeds are steps times states a second, of wall time and of processor time, which counts where other programs run beside.
type ksRow struct {
	States    int       `json:"states"`
	Ours      []float64 `json:"eddy_steps_per_s"`
	Peers     []float64 `json:"exponax_steps_per_s"`
	Ratios    []float64 `json:"ratios"`
	CPURatios []float64 `json:"cpu_ratios"`
}

// ksResult is the measurement.
type ksResult struct {
	Rows      []ksRow `json:"rows"`
	Error     float64 `json:"eddy_error"` // relative L2 after the steps of one measurement, against a quarter of the step
	PeerError float64 `json:"exponax_error"`
	Apart     float64 `json:"apart"` // of the two fine solutions
	Peer      string  `json:"peer"`
}

// kuramotoSivashinsky times generation beside exponax in float64 on two threads, alternating, for batches of several sizes: each side may take the one that it likes best.
func kuramotoSivashinsky(ctx context.Context, args []string) (string, any, error) {
	flags := flag.NewFlagSet("kuramoto-sivashinsky", flag.ContinueOnError)
	pairs := flags.Int("pairs", 7, "pairs of measurements")
	if err := flags.Parse(args); err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "eddy-ks")
	if err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(dir)
	par.SetThreads(2)
	defer par.SetThreads(0)
	sizes := []int{1, 8, 32, 128}
	states, err := ksStates(ctx, slices.Max(sizes))
	if err != nil {
		return "", nil, err
	}
	peer, err := newKSPeer(ctx, dir, states)
	if err != nil {
		return "", nil, err
	}
	defer peer.close()
	var r ksResult
	r.Peer = peer.version
	for _, n := range sizes {
		row, err := ksMeasure(ctx, peer, states[:n*ksPoints], *pairs)
		if err != nil {
			return "", nil, err
		}
		r.Rows = append(r.Rows, row)
	}
	if err := r.compare(ctx, peer, states[:ksPoints]); err != nil {
		return "", nil, err
	}
	return r.table(), r, nil
}

// ksProblem takes the steps of one measurement as one Dt, each divided by refine.
func ksProblem(refine int) (pde.Problem, error) {
	return pde.Named("ks", map[string]string{
		"grid": strconv.Itoa(ksPoints), "length": fmt.Sprint(ksLength), "dt": fmt.Sprint(ksStep * ksSteps), "substeps": strconv.Itoa(ksSteps * refine), "max_speed": "1000",
		"warmup": "0",
	})
}

// ksStates draws states and lets them become chaotic.
func ksStates(ctx context.Context, n int) ([]float64, error) {
	p, err := ksProblem(1)
	if err != nil {
		return nil, err
	}
	u := make([]float64, n*ksPoints)
	for i := range n {
		if err := p.Initial.Draw(datasets.Stream(1, "benchmark", i), u[i*ksPoints:(i+1)*ksPoints]); err != nil {
			return nil, err
		}
	}
	for range 7 {
		if err := p.Solver.Step64(ctx, u, u); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// cost is what a run took.
type cost struct{ Seconds, CPU float64 }

func ksMeasure(ctx context.Context, peer *ksPeer, states []float64, pairs int) (ksRow, error) {
	row := ksRow{States: len(states) / ksPoints}
	p, err := ksProblem(1)
	if err != nil {
		return row, err
	}
	v := make([]float64, len(states))
	for i := -1; i < pairs; i++ { // the first pair warms up
		ours, err := timed(func() error { return p.Solver.Step64(ctx, v, states) })
		if err != nil {
			return row, err
		}
		theirs, err := peer.ask("time", row.States)
		if err != nil {
			return row, err
		}
		if i < 0 {
			continue
		}
		steps := float64(ksSteps * row.States)
		row.Ours, row.Peers = append(row.Ours, steps/ours.Seconds), append(row.Peers, steps/theirs.Seconds)
		row.Ratios, row.CPURatios = append(row.Ratios, theirs.Seconds/ours.Seconds), append(row.CPURatios, theirs.CPU/ours.CPU)
	}
	return row, nil
}

// timed is what f takes, in wall and in processor time of this process.
func timed(f func() error) (cost, error) {
	cpu := func() (float64, error) {
		var u syscall.Rusage
		err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return float64(u.Utime.Nano()+u.Stime.Nano()) * 1e-9, err
	}
	before, err := cpu()
	if err != nil {
		return cost{}, err
	}
	begin := time.Now()
	if err := f(); err != nil {
		return cost{}, err
	}
	seconds := time.Since(begin).Seconds()
	after, err := cpu()
	return cost{seconds, after - before}, err
}

// compare fills in the errors.
func (r *ksResult) compare(ctx context.Context, peer *ksPeer, state []float64) error {
	var ours, theirs [2][]float64
	for i, command := range []string{"coarse", "fine"} {
		p, err := ksProblem([]int{1, 4}[i])
		if err != nil {
			return err
		}
		ours[i] = slices.Clone(state)
		if err := p.Solver.Step64(ctx, ours[i], ours[i]); err != nil {
			return err
		}
		if _, err := peer.ask(command, 1); err != nil {
			return err
		}
		if theirs[i], err = peer.state(); err != nil {
			return err
		}
	}
	r.Error, r.PeerError, r.Apart = apart(ours[0], ours[1]), apart(theirs[0], theirs[1]), apart(ours[1], theirs[1])
	return nil
}

// ksPeer is exponax in a process of its own (gen_ks.py), which answers a line with a line of JSON.
type ksPeer struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	file    string
	version string
}

func newKSPeer(ctx context.Context, dir string, states []float64) (*ksPeer, error) {
	p := &ksPeer{file: filepath.Join(dir, "states.f64")}
	buf := make([]byte, 0, 8*len(states))
	for _, x := range states {
		buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(x))
	}
	if err := os.WriteFile(p.file, buf, 0o644); err != nil {
		return nil, err
	}
	p.cmd = exec.CommandContext(ctx, *python, "benchmarks/datasets/gen_ks.py", strconv.Itoa(ksPoints), fmt.Sprint(ksLength), fmt.Sprint(ksStep), strconv.Itoa(ksSteps), p.file)
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	var answer struct{ Version string }
	err = p.exchange("version", &answer)
	p.version = answer.Version
	return p, err
}

func (p *ksPeer) exchange(line string, answer any) error {
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		return err
	}
	if !p.out.Scan() {
		return fmt.Errorf("gen_ks.py ended without an answer to %q", line)
	}
	if err := json.Unmarshal(p.out.Bytes(), answer); err != nil {
		return fmt.Errorf("gen_ks.py: %q: %w", p.out.Text(), err)
	}
	return nil
}

// ask runs a command on the first n states.
func (p *ksPeer) ask(command string, n int) (c cost, err error) {
	err = p.exchange(fmt.Sprintf("%s %d", command, n), &c)
	return c, err
}

// state is the first state after the last run that was kept.
func (p *ksPeer) state() ([]float64, error) {
	buf, err := os.ReadFile(p.file + ".out")
	if err != nil {
		return nil, err
	}
	if len(buf) != 8*ksPoints {
		return nil, fmt.Errorf("gen_ks.py wrote %d bytes, expected %d", len(buf), 8*ksPoints)
	}
	u := make([]float64, ksPoints)
	for i := range u {
		u[i] = math.Float64frombits(binary.LittleEndian.Uint64(buf[8*i:]))
	}
	return u, nil
}

func (p *ksPeer) close() {
	p.in.Close()
	_ = p.cmd.Wait() // its answers are what counts
}

func (r ksResult) table() string {
	var b strings.Builder
	b.WriteString("| states at a time | eddy | exponax | ratio of pairs (median, range) | ratio of processor times |\n| --- | --- | --- | --- | --- |\n")
	middle := func(x []float64) float64 { return slices.Sorted(slices.Values(x))[len(x)/2] }
	ours, theirs := 0.0, 0.0
	for _, row := range r.Rows {
		o, t := middle(row.Ours), middle(row.Peers)
		ours, theirs = max(ours, o), max(theirs, t)
		fmt.Fprintf(&b, "| %d | %.0f/s | %.0f/s | %.2f (%.2f–%.2f) | %.2f |\n", row.States, o, t, middle(row.Ratios), slices.Min(row.Ratios), slices.Max(row.Ratios), middle(row.CPURatios))
	}
	fmt.Fprintf(&b, "| best of each | %.0f/s | %.0f/s | **%.2f** | |\n", ours, theirs, ours/theirs)
	fmt.Fprintf(&b, "\nKuramoto–Sivashinsky, N = %d, length %g, float64, two threads, %s: steps of ETDRK4 with h = %g times states a second; exponax jitted, vmapped, in Fourier space.\n",
		ksPoints, ksLength, r.Peer, ksStep)
	fmt.Fprintf(&b, "Relative error after %d steps against a quarter of the step: eddy %.1e, exponax %.1e; the fine solutions are %.1e apart (exponax keeps 84 frequencies, eddy 85).\n",
		ksSteps, r.Error, r.PeerError, r.Apart)
	return b.String()
}
