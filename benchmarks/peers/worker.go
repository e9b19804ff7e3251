package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// worker is a running peer.py with one case set up.
type worker struct {
	cmd            *exec.Cmd
	in             io.WriteCloser
	out            *bufio.Reader
	peer, version  string
	baseMB, peakMB float64
}

// answer is every field that peer.py may send.
type answer struct {
	Peer    string  `json:"peer"`
	Version string  `json:"version"`
	MS      float64 `json:"ms"`
	CPUMS   float64 `json:"cpu_ms"`
	BaseMB  float64 `json:"base_mb"`
	PeakMB  float64 `json:"peak_mb"`
}

// startWorker starts Python for one case, with nothing in memory from other cases, and waits until the case is warm.
func startWorker(ctx context.Context, c benchCase) (*worker, error) {
	cmd := exec.CommandContext(ctx, *python, filepath.Join(*folder, "peers", "peer.py"), strconv.Itoa(c.threads))
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "PYTHONWARNINGS=ignore", "EDDY_PEERS_PDEARENA="+*pdearena, "WANDB_MODE=disabled")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w (benchmarks/peers.sh says how to make the environment)", err)
	}
	w := &worker{cmd: cmd, in: in, out: bufio.NewReader(out)}
	message := map[string]any{"case": c.name}
	if c.shape != nil {
		message["fno"] = []any{c.shape.batch, c.shape.grid, c.shape.width, c.shape.modes}
	}
	a, err := w.ask(message)
	if err != nil {
		w.stop()
		return nil, err
	}
	w.peer, w.version, w.baseMB = a.Peer, a.Version, a.BaseMB
	return w, nil
}

// ask sends one message and reads the answer.
func (w *worker) ask(message any) (answer, error) {
	line, err := json.Marshal(message)
	if err != nil {
		return answer{}, err
	}
	if _, err := w.in.Write(append(line, '\n')); err != nil {
		return answer{}, fmt.Errorf("peer.py: %w", err)
	}
	reply, err := w.out.ReadBytes('\n')
	if err != nil {
		return answer{}, fmt.Errorf("peer.py ended before it answered %s: %w", line, err)
	}
	var a answer
	if err := json.Unmarshal(reply, &a); err != nil {
		return answer{}, fmt.Errorf("peer.py answered %q to %s: %w", reply, line, err)
	}
	w.peakMB = max(w.peakMB, a.PeakMB)
	return a, nil
}

// run is the mean time of k runs in milliseconds, as the worker measured it: on the clock, or processor time.
func (w *worker) run(k int, cpu bool) (float64, error) {
	a, err := w.ask(map[string]int{"run": k})
	if cpu {
		return a.CPUMS, err
	}
	return a.MS, err
}

// stop ends the worker.
func (w *worker) stop() {
	_ = w.in.Close()
	_ = w.cmd.Wait()
}
