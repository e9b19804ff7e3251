package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy/internal/kernel"
	"github.com/eddy-pde/eddy/internal/par"
)

// row is one line of peers.jsonl: ratio is peer_ms/ours_ms, above 1 where eddy is faster; for the rows without a peer it is the value itself.
type row struct {
	Case        string   `json:"case"`
	OursMS      float64  `json:"ours_ms"`
	PeerMS      *float64 `json:"peer_ms"`
	Ratio       float64  `json:"ratio"`
	Peer        *string  `json:"peer"`
	PeerVersion *string  `json:"peer_version"`
	Threads     int      `json:"threads"`
	Runs        int      `json:"runs"`
	CPU         string   `json:"cpu"`

	target float64
	peerMB float64
	note   string
}

func (r row) String() string {
	if r.PeerMS == nil {
		return fmt.Sprintf("%-30s %10.3f ms %8s %-20s value %6.2f (target %.2f) %s", r.Case, r.OursMS, "", "", r.Ratio, r.target, r.note)
	}
	return fmt.Sprintf("%-30s %10.3f ms %10.3f ms %-17s ratio %6.2f (target %.2f) %d runs", r.Case, r.OursMS, *r.PeerMS, *r.Peer, r.Ratio, r.target, r.Runs)
}

func writeLines(path string, rows []row) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for _, r := range rows {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// writePage writes the tables to -page and to standard output, followed by notes.md, which people write.
func writePage(ctx context.Context, rows []row) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Side by side with PyTorch and OpenBLAS\n\nMade by `make bench-peers` on %s, %s/%s, %d processors, eddy's kernels at level %v, %s. Both sides alternate in one run and each number is a median; a\nratio above 1 means that eddy is faster. All in float32.\n\n", cpuName(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), kernel.Active(), runtime.Version())
	fmt.Fprintln(&out, "| case | threads | eddy, ms | peer, ms | ratio | at least | | peer |\n| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |")
	logs, thin := 0.0, 0
	for _, r := range rows {
		peerMS, peer := "", r.note
		if r.PeerMS != nil {
			peerMS, peer = number(*r.PeerMS), *r.Peer+" "+*r.PeerVersion
		}
		verdict := "met"
		if r.Ratio < r.target {
			verdict = "missed"
		}
		fmt.Fprintf(&out, "| %s | %d | %s | %s | %.2f | %.1f | %s | %s |\n", r.Case, r.Threads, number(r.OursMS), peerMS, r.Ratio, r.target, verdict, peer)
		if strings.HasPrefix(r.Case, "gemm-") && r.Case != "gemm-1024" {
			logs += math.Log(r.Ratio)
			thin++
		}
	}
	if thin > 0 {
		fmt.Fprintf(&out, "\nThe %d thin products together (geometric mean): %.2f, at least 1.2.\n", thin, math.Exp(logs/float64(thin)))
	}
	fmt.Fprintf(&out, "\n## Memory of a step\n\nMost memory that a fresh process held beyond what it held with its libraries loaded: weights, optimiser, activations, workspace.\n\n| case | eddy, MB | peer, MB |\n| --- | ---: | ---: |\n")
	for _, r := range rows {
		if r.PeerMS == nil || !strings.HasPrefix(r.Case, "fno") && !strings.HasPrefix(r.Case, "unet") {
			continue
		}
		mb, err := memoryOf(ctx, r.Case)
		if err != nil {
			return fmt.Errorf("memory of %s: %w", r.Case, err)
		}
		peer := fmt.Sprintf("%.0f", r.peerMB)
		if r.peerMB < 1 {
			peer = "not seen: less than loading its libraries took" // the system only tells the peak
		}
		fmt.Fprintf(&out, "| %s | %.0f | %s |\n", r.Case, mb, peer)
	}
	notes, err := os.ReadFile(filepath.Join(*folder, "peers", "notes.md"))
	if err != nil {
		return err
	}
	out.WriteString("\n")
	out.Write(notes)
	if _, err := os.Stdout.Write(out.Bytes()); err != nil || *page == "" {
		return err
	}
	return os.WriteFile(*page, out.Bytes(), 0o644)
}

// number has three digits that count.
func number(ms float64) string {
	switch {
	case ms >= 100:
		return fmt.Sprintf("%.0f", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f", ms)
	case ms >= 1:
		return fmt.Sprintf("%.2f", ms)
	}
	return fmt.Sprintf("%.4f", ms)
}

// memoryOf runs a case in a process of its own.
func memoryOf(ctx context.Context, name string) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, self, "-alone", name).Output()
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// reportMemory is the other side of memoryOf: the growth of this process in megabytes.
func reportMemory(out io.Writer, name string) error {
	i := slices.IndexFunc(cases(), func(c benchCase) bool { return c.name == name })
	if i < 0 {
		return fmt.Errorf("there is no case %q", name)
	}
	c := cases()[i]
	par.SetThreads(c.threads)
	before, err := status("VmHWM")
	if err != nil {
		return err
	}
	step, err := c.prepare()
	if err != nil {
		return err
	}
	if _, err := timed(step, warmUps+1); err != nil {
		return err
	}
	after, err := status("VmHWM")
	fmt.Fprintf(out, "%.1f\n", after-before)
	return err
}

// status is a size in megabytes that Linux reports of this process.
func status(key string) (float64, error) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no %s", key)
}

// cpuName is the processor's name as Linux knows it.
func cpuName() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(rest, "\t :"))
		}
	}
	return runtime.GOARCH
}
