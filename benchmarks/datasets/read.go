package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/open"
)

func init() { parts = append(parts, part{"read", reading}) }

// batch is the number of windows in a batch.
const batch = 16

// pass is what one side says of one pass over the windows.
type pass struct {
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu"` // seconds of processor time, of all threads
	Bytes   int64   `json:"bytes"`
	Sum     float64 `json:"sum"` // of the first value of every batch
}

func (p pass) speed() float64 { return float64(p.Bytes) / p.Seconds / 1e6 }

// readResult is a row of the table.
type readResult struct {
	File    string    `json:"file"`
	Windows int       `json:"windows"`
	Ours    []float64 `json:"eddy_mb_per_s"`
	Peers   []float64 `json:"h5py_mb_per_s"`
	Ratios  []float64 `json:"ratios"`     // of speeds, eddy / h5py, of neighbouring passes
	CPU     []float64 `json:"cpu_ratios"` // the same by processor time, which other work on the machine disturbs less
	Peer    string    `json:"peer"`
}

// reading alternates passes of eddy and of h5py over shuffled windows of two frames, both in the order that eddy drew.
func reading(ctx context.Context, args []string) (string, any, error) {
	flags := flag.NewFlagSet("read", flag.ContinueOnError)
	megabytes := flags.Float64("megabytes", 400, "size of each file")
	passes := flags.Int("passes", 7, "pairs of passes")
	windows := flags.Int("windows", 2000, "windows in a pass")
	keep := flags.String("dir", "", "a folder with the files of an earlier run, or for those of this one; a temporary one when empty")
	if err := flags.Parse(args); err != nil {
		return "", nil, err
	}
	dir := *keep
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "eddy-read"); err != nil {
			return "", nil, err
		}
		defer os.RemoveAll(dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "pdebench.hdf5")); err != nil {
		mk := exec.CommandContext(ctx, *python, "benchmarks/datasets/read.py", "make", dir, fmt.Sprint(*megabytes))
		mk.Stderr = os.Stderr
		if err := mk.Run(); err != nil {
			return "", nil, fmt.Errorf("making the files: %w", err)
		}
	}
	var rows []readResult
	for _, name := range []string{"well", "pdebench", "grouped"} {
		row, err := readFile(ctx, filepath.Join(dir, name+".hdf5"), *windows, *passes)
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", name, err)
		}
		rows = append(rows, row)
	}
	return readTable(rows), rows, nil
}

func readFile(ctx context.Context, path string, windows, passes int) (readResult, error) {
	row := readResult{File: strings.TrimSuffix(filepath.Base(path), ".hdf5")}
	ds, _, err := open.Open(path)
	if err != nil {
		return row, err
	}
	defer datasets.Closer(ds) //nolint:errcheck // only read
	var refs []datasets.Ref
	if _, err := ourPass(ctx, ds, windows, &refs); err != nil { // warms the page cache too
		return row, err
	}
	row.Windows = len(refs)
	peer, err := startPeer(ctx, path, refs)
	if err != nil {
		return row, err
	}
	defer peer.stop()
	row.Peer = peer.version
	if _, err := peer.pass(); err != nil {
		return row, err
	}
	for range passes {
		ours, err := ourPass(ctx, ds, windows, nil)
		if err != nil {
			return row, err
		}
		theirs, err := peer.pass()
		if err != nil {
			return row, err
		}
		if ours.Bytes != theirs.Bytes || math.Abs(ours.Sum-theirs.Sum) > 1e-6*math.Abs(theirs.Sum) {
			return row, fmt.Errorf("eddy read %d bytes of sum %g, h5py %d of sum %g", ours.Bytes, ours.Sum, theirs.Bytes, theirs.Sum)
		}
		row.Ours, row.Peers, row.Ratios = append(row.Ours, ours.speed()), append(row.Peers, theirs.speed()), append(row.Ratios, ours.speed()/theirs.speed())
		row.CPU = append(row.CPU, theirs.CPU/ours.CPU)
	}
	return row, nil
}

// ourPass reads so many windows in the order of a fixed seed, as training does.
func ourPass(ctx context.Context, ds datasets.Dataset, windows int, refs *[]datasets.Ref) (pass, error) {
	p := pass{}
	spent, err := timed(func() error { return p.through(ctx, ds, windows, refs) })
	p.Seconds, p.CPU = spent.Seconds, spent.CPU
	return p, err
}

func (p *pass) through(ctx context.Context, ds datasets.Dataset, windows int, refs *[]datasets.Ref) error {
	seen := 0
	for b, err := range datasets.Batches(ctx, ds, datasets.Window{History: 1, Horizon: 1, Batch: batch, Shuffle: true, DropLast: true}, rand.New(rand.NewPCG(1, 1))) {
		if err != nil {
			return err
		}
		p.Bytes += 4 * int64(b.U.Len()+b.Target.Len())
		p.Sum += float64(b.U.Data[0])
		if refs != nil {
			*refs = append(*refs, b.Refs...)
		}
		if seen += len(b.Refs); seen >= windows {
			break
		}
	}
	return nil
}

// peer is a Python process that reads the same windows.
type peer struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	version string
}

func startPeer(ctx context.Context, path string, refs []datasets.Ref) (*peer, error) {
	p := &peer{cmd: exec.CommandContext(ctx, *python, "benchmarks/datasets/read.py", "serve", path, strconv.Itoa(batch))}
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
	places := make([][2]int, len(refs))
	for i, r := range refs {
		places[i] = [2]int{r.Traj, r.Frame}
	}
	text, err := json.Marshal(places)
	if err != nil {
		return nil, err
	}
	var version struct{ H5py, HDF5 string }
	err = p.ask(string(text), &version)
	p.version = fmt.Sprintf("h5py %s (HDF5 %s)", version.H5py, version.HDF5)
	return p, err
}

// ask writes a line and reads the answer.
func (p *peer) ask(line string, answer any) error {
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		return err
	}
	if !p.out.Scan() {
		return errors.Join(errors.New("the Python process ended"), p.out.Err(), p.cmd.Wait())
	}
	return json.Unmarshal(p.out.Bytes(), answer)
}

func (p *peer) pass() (pass, error) {
	var answer pass
	err := p.ask("", &answer)
	return answer, err
}

func (p *peer) stop() {
	p.in.Close()
	_ = p.cmd.Wait() // it has answered everything that was asked
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

func readTable(rows []readResult) string {
	var b strings.Builder
	b.WriteString("| file | eddy MB/s | h5py MB/s | ratio (least to greatest pair) | by processor time |\n| --- | --- | --- | --- | --- |\n")
	what := map[string]string{
		"well":     "The Well: a scalar and a vector of 128², one frame a chunk, gzip and shuffle",
		"pdebench": "PDEBench, flat: 1024 points, contiguous",
		"grouped":  "PDEBench, one group a trajectory: two fields of 64², LZF",
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.2f (%.2f to %.2f) | %.2f |\n", what[r.File], median(r.Ours), median(r.Peers), median(r.Ratios), slices.Min(r.Ratios),
			slices.Max(r.Ratios), median(r.CPU))
	}
	fmt.Fprintf(&b, "\nWindows of two frames in batches of %d, %d windows a pass; beside %s.\n", batch, rows[0].Windows, rows[0].Peer)
	return b.String()
}
