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
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/internal/par"
)

func init() { parts = append(parts, part{"navier-stokes", navierStokes}) }

// flowCase is a solver on n² points or cells: Kolmogorov flow at ν = 1e-3, steps of CFL 0.5 at speed 7.
type flowCase struct {
	method   string // "staggered" or "spectral", of the peer; our equations are ns-staggered and kolmogorov
	n, steps int    // steps of one measurement
}

// flowResult is a row of the table. Speeds are steps times states a second.
type flowResult struct {
	Method     string    `json:"method"`
	Points     int       `json:"points"`
	Ours       []float64 `json:"eddy_steps_per_s"`
	Peers      []float64 `json:"jax_cfd_steps_per_s"`
	Ratios     []float64 `json:"ratios"`        // of neighbouring measurements
	OursAlone  []float64 `json:"eddy_alone"`    // one state, on one thread
	PeersAlone []float64 `json:"jax_cfd_alone"` // one state, on two threads
	Alone      []float64 `json:"ratios_alone"`
	Error      float64   `json:"eddy_error"`    // relative L2 against a quarter of the step; of a staggered grid the distance to jax-cfd
	PeerError  float64   `json:"jax_cfd_error"` // the same for jax-cfd
	Peer       string    `json:"peer"`
}

// navierStokes times 2-D Navier–Stokes solvers beside jax-cfd's in float64: two states on two threads, as generation has them, and one state alone.
func navierStokes(ctx context.Context, args []string) (string, any, error) {
	flags := flag.NewFlagSet("navier-stokes", flag.ContinueOnError)
	pairs := flags.Int("pairs", 7, "pairs of measurements")
	if err := flags.Parse(args); err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "eddy-ns")
	if err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(dir)
	var rows []flowResult
	for _, c := range []flowCase{{"staggered", 128, 200}, {"staggered", 256, 60}, {"spectral", 128, 60}, {"spectral", 256, 20}} {
		row, err := c.measure(ctx, dir, *pairs)
		if err != nil {
			return "", nil, fmt.Errorf("%s %d²: %w", c.method, c.n, err)
		}
		rows = append(rows, row)
	}
	return flowTable(rows), rows, nil
}

// problem is ours, with steps steps in a Dt, each divided by refine.
func (c flowCase) problem(refine int) (pde.Problem, error) {
	dt := 0.5 * 2 * math.Pi / float64(c.n) / 7
	settings := map[string]string{
		"grid": fmt.Sprintf("%dx%d", c.n, c.n), "dt": strconv.FormatFloat(dt*float64(c.steps), 'g', -1, 64), "substeps": strconv.Itoa(c.steps * refine),
		"viscosity": "0.001", "max_speed": "1000", // keep the substeps as they are
	}
	name := "ns-staggered"
	if c.method == "spectral" {
		name = "kolmogorov"
		settings["initial_speed"] = "2"
	}
	return pde.Named(name, settings)
}

func (c flowCase) measure(ctx context.Context, dir string, pairs int) (flowResult, error) {
	row := flowResult{Method: c.method, Points: c.n}
	p, err := c.problem(1)
	if err != nil {
		return row, err
	}
	n := eddy.Size(p.Solver.Spec().FrameShape())
	states := make([]float64, 2*n)
	for i := range 2 {
		if err := p.Initial.Draw(datasets.Stream(1, "benchmark", i), states[i*n:(i+1)*n]); err != nil {
			return row, err
		}
	}
	peer, err := newFlowPeer(ctx, dir, c, states)
	if err != nil {
		return row, err
	}
	defer peer.close()
	row.Peer = peer.version
	ours := func(u []float64) (float64, error) {
		v := make([]float64, len(u))
		begin := time.Now()
		err := p.Solver.Step64(ctx, v, u)
		return float64(c.steps*(len(u)/n)) / time.Since(begin).Seconds(), err
	}
	par.SetThreads(2)
	defer par.SetThreads(0)
	for i := -1; i < pairs; i++ { // the first pair warms up
		both, err := ours(states)
		if err != nil {
			return row, err
		}
		theirs, err := peer.time("two")
		if err != nil {
			return row, err
		}
		alone, err := ours(states[:n])
		if err != nil {
			return row, err
		}
		theirsAlone, err := peer.time("one")
		if err != nil {
			return row, err
		}
		if i >= 0 {
			row.Ours, row.Peers, row.Ratios = append(row.Ours, both), append(row.Peers, theirs), append(row.Ratios, both/theirs)
			row.OursAlone, row.PeersAlone, row.Alone = append(row.OursAlone, alone), append(row.PeersAlone, theirsAlone), append(row.Alone, alone/theirsAlone)
		}
	}
	return row, c.compare(ctx, &row, p, peer, states[:n])
}

// compare fills in the errors.
func (c flowCase) compare(ctx context.Context, row *flowResult, p pde.Problem, peer *flowPeer, state []float64) error {
	after := slices.Clone(state)
	if err := p.Solver.Step64(ctx, after, after); err != nil {
		return err
	}
	coarse, err := peer.state("one")
	if err != nil {
		return err
	}
	if c.method == "staggered" { // the same method
		row.Error = apart(after, coarse)
		return nil
	}
	fine, err := c.problem(4)
	if err != nil {
		return err
	}
	reference := slices.Clone(state)
	if err := fine.Solver.Step64(ctx, reference, reference); err != nil {
		return err
	}
	theirs, err := peer.state("fine")
	if err != nil {
		return err
	}
	row.Error, row.PeerError = apart(after, reference), apart(coarse, theirs)
	return nil
}

// apart is the relative L2 distance of a from b.
func apart(a, b []float64) float64 {
	d, norm := 0.0, 0.0
	for i := range a {
		d += (a[i] - b[i]) * (a[i] - b[i])
		norm += b[i] * b[i]
	}
	return math.Sqrt(d / norm)
}

// flowPeer is jax-cfd in a process of its own (gen_ns.py), which answers a line with a line.
type flowPeer struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	version string
	file    string
	steps   map[string]float64 // steps times states of a run
	length  int
}

func newFlowPeer(ctx context.Context, dir string, c flowCase, states []float64) (*flowPeer, error) {
	p := &flowPeer{file: filepath.Join(dir, "states.f64"), length: len(states) / 2, steps: map[string]float64{"one": float64(c.steps), "two": float64(2 * c.steps)}}
	buf := make([]byte, 0, 8*len(states))
	for _, x := range states {
		buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(x))
	}
	if err := os.WriteFile(p.file, buf, 0o644); err != nil {
		return nil, err
	}
	p.cmd = exec.CommandContext(ctx, *python, "benchmarks/datasets/gen_ns.py", c.method, strconv.Itoa(c.n), strconv.Itoa(c.steps), p.file)
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
	p.version, err = p.ask("version")
	return p, err
}

func (p *flowPeer) ask(line string) (string, error) {
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		return "", err
	}
	if !p.out.Scan() {
		return "", fmt.Errorf("gen_ns.py ended without an answer to %q", line)
	}
	return p.out.Text(), nil
}

// time runs "one" state or "two" and returns steps times states a second.
func (p *flowPeer) time(which string) (float64, error) {
	answer, err := p.ask("time " + which)
	if err != nil {
		return 0, err
	}
	var seconds float64
	if err := json.Unmarshal([]byte(answer), &seconds); err != nil {
		return 0, fmt.Errorf("gen_ns.py: %q: %w", answer, err)
	}
	return p.steps[which] / seconds, nil
}

// state is the first state after a run: "one", or "fine" with a quarter of the step.
func (p *flowPeer) state(which string) ([]float64, error) {
	if _, err := p.ask("save " + which); err != nil {
		return nil, err
	}
	buf, err := os.ReadFile(p.file + ".out")
	if err != nil {
		return nil, err
	}
	if len(buf) != 8*p.length {
		return nil, fmt.Errorf("gen_ns.py wrote %d bytes, expected %d", len(buf), 8*p.length)
	}
	u := make([]float64, p.length)
	for i := range u {
		u[i] = math.Float64frombits(binary.LittleEndian.Uint64(buf[8*i:]))
	}
	return u, nil
}

func (p *flowPeer) close() {
	p.in.Close()
	_ = p.cmd.Wait() // its answers are what counts
}

func flowTable(rows []flowResult) string {
	var b strings.Builder
	b.WriteString("| method | points | eddy, two states | jax-cfd, two states | ratio of pairs (median, range) | at equal error | eddy, one state, one thread | jax-cfd, one state, two threads | ratio of pairs | error |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	middle := func(x []float64) float64 { return slices.Sorted(slices.Values(x))[len(x)/2] }
	for _, r := range rows {
		ratio, accuracy := middle(r.Ratios), fmt.Sprintf("%.1e from jax-cfd after the run", r.Error)
		if r.PeerError > 0 {
			// Both methods are of fourth order: the side of the larger error would need more steps for that of the other.
			ratio /= math.Pow(r.Error/r.PeerError, 0.25)
			accuracy = fmt.Sprintf("%.1e, jax-cfd %.1e", r.Error, r.PeerError)
		}
		fmt.Fprintf(&b, "| %s | %d² | %.0f/s | %.0f/s | %.2f (%.2f–%.2f) | **%.2f** | %.0f/s | %.0f/s | %.2f (%.2f–%.2f) | %s |\n", r.Method, r.Points, middle(r.Ours), middle(r.Peers),
			middle(r.Ratios), slices.Min(r.Ratios), slices.Max(r.Ratios), ratio, middle(r.OursAlone), middle(r.PeersAlone), middle(r.Alone), slices.Min(r.Alone), slices.Max(r.Alone), accuracy)
	}
	fmt.Fprintf(&b, "\nSteps times states a second, float64, two threads, %s. Kolmogorov flow at ν = 1e-3, the same states and steps on both sides (CFL 0.5 at speed 7).\n", rows[0].Peer)
	b.WriteString("Staggered: the same method, so the results are the same. Spectral: ETDRK4 against jax-cfd's four-stage Crank–Nicolson Runge–Kutta; error against a quarter of the step.\n")
	return b.String()
}
