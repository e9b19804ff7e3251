// Command gp measures the Gaussian-process solvers and writes benchmarks/gp.md.
//
// Every part keeps its results in benchmarks/gp/results, so that the page can be made again without measuring everything: -only names the parts to measure.
//
//	go run ./benchmarks/gp [-only tasks,gphm-1d,gphm-2d,gphm-adam,noise,calibration,calibration-u6,inverse,factor,scale,bad] [-blas GFLOPS]
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/eddy-pde/eddy/gp"
	"github.com/eddy-pde/eddy/internal/atomicfile"
	"github.com/eddy-pde/eddy/internal/config"
	"github.com/eddy-pde/eddy/internal/kernel"
	"github.com/eddy-pde/eddy/internal/par"
)

// part is one section of the page.
type part struct {
	name    string
	measure func(ctx context.Context) (any, error)
	write   func(w *bytes.Buffer, raw json.RawMessage) error
}

var (
	folder    = flag.String("dir", "benchmarks/gp", "folder of the results")
	only      = flag.String("only", "", "parts to measure, separated by commas; empty is all")
	blas      = flag.Float64("blas", 0, "single-precision OpenBLAS speed of one core at 1024³ in GFLOP/s, measured beside this run; 0: unknown")
	seeds     = flag.Int("seeds", 20, "seeds of the noise experiments")
	adamSteps = flag.Int("adam-steps", 30000, "most steps of GP-HM as published")
	hmSteps   = flag.Int("hm-steps", 100000, "most evaluations of profiled GP-HM; its time is limited too")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gp benchmark:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	parts := []part{
		{"machine", measureMachine, writeMachine},
		{"tasks", measureTasks, writeTasks},
		{"gphm-1d", measureLines, writeLines},
		{"gphm-2d", measurePlane, writePlane},
		{"gphm-adam", measureAdam, writeAdam},
		{"noise", measureNoise, writeNoise},
		{"calibration", measureBroadCalibration, writeCalibration},
		{"calibration-u6", measureLineCalibration, writeLineCalibration},
		{"inverse", measureInverse, writeInverse},
		{"factor", measureFactor, writeFactor},
		{"scale", measureScale, writeScale},
		{"bad", measureBad, writeBad},
	}
	results := filepath.Join(*folder, "results")
	if err := os.MkdirAll(results, 0o755); err != nil {
		return err
	}
	var page bytes.Buffer
	page.WriteString("# Gaussian-process solvers, measured\n\nMade by `make bench-gp`, part by part: `PARTS=\"tasks factor\" make bench-gp` measures some of them again. What the numbers say is told [at the end](#where-the-gaussian-process-wins-and-where-it-does-not).\n")
	chosen := strings.Split(*only, ",")
	for _, p := range parts {
		file := filepath.Join(results, p.name+".json")
		if *only == "" || slices.Contains(chosen, p.name) || p.name == "machine" {
			fmt.Fprintln(os.Stderr, "measuring", p.name)
			v, err := p.measure(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			data, err := json.MarshalIndent(v, "", " ")
			if err != nil {
				return err
			}
			if err := atomicfile.Write(file, append(data, '\n')); err != nil {
				return err
			}
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			fmt.Fprintf(&page, "\n(%s: not measured yet)\n", p.name)
			continue
		}
		if err := p.write(&page, raw); err != nil {
			return err
		}
		if p.name == "machine" {
			writeTargets(&page)
		}
	}
	verdict, err := os.ReadFile(filepath.Join(*folder, "verdict.md"))
	if err != nil {
		return err
	}
	page.WriteString("\n")
	page.Write(verdict)
	return atomicfile.Write(filepath.Join(filepath.Dir(*folder), "gp.md"), page.Bytes())
}

// machine is what times depend on.
type machine struct {
	CPU    string
	Cores  int
	Gemm32 float64 // GFLOP/s of one core in internal/kernel, 1024³
	Gemm64 float64
	BLAS   float64
}

func measureMachine(context.Context) (any, error) {
	m := machine{CPU: "unknown", Cores: runtime.NumCPU(), BLAS: *blas}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for l := range strings.SplitSeq(string(text), "\n") {
			if name, ok := strings.CutPrefix(l, "model name"); ok {
				m.CPU = strings.TrimLeft(name, "\t :")
			}
		}
	}
	if m.BLAS == 0 {
		var old machine
		if raw, err := os.ReadFile(filepath.Join(*folder, "results", "machine.json")); err == nil && json.Unmarshal(raw, &old) == nil {
			m.BLAS = old.BLAS
		}
	}
	par.SetThreads(1)
	m.Gemm32, m.Gemm64 = gemmSpeed[float32](), gemmSpeed[float64]()
	return m, nil
}

func gemmSpeed[T kernel.Float]() float64 {
	const n = 1024
	a, b, c := make([]T, n*n), make([]T, n*n), make([]T, n*n)
	for i := range a {
		a[i], b[i] = T(i%7)-3, T(i%5)-2
	}
	best := time.Hour
	for range 5 {
		start := time.Now()
		kernel.Gemm(kernel.NoTrans, kernel.NoTrans, n, n, n, a, n, b, n, kernel.Set, c, n)
		best = min(best, time.Since(start))
	}
	return 2 * n * n * n / best.Seconds() / 1e9
}

func writeMachine(w *bytes.Buffer, raw json.RawMessage) error {
	var m machine
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nMachine: %s, %d cores; matrix products of internal/kernel on one core %.0f GFLOP/s (single precision), %.0f (double).", m.CPU, m.Cores, m.Gemm32, m.Gemm64)
	if m.BLAS > 0 {
		fmt.Fprintf(w, " OpenBLAS on one core: %.0f GFLOP/s in single precision; the targets are meant for 77, so a time here counts %.2f times.", m.BLAS, m.BLAS/77)
	}
	w.WriteString("\n")
	return nil
}

// readResults decodes what an earlier part has measured.
func readResults(part string, into any) error {
	raw, err := os.ReadFile(filepath.Join(*folder, "results", part+".json"))
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// load reads a ready-made problem.
func load(name string) (*gp.Problem, gp.Options, error) {
	var f gp.File
	if _, err := config.Read(filepath.Join("gp", "problems", name+".toml"), &f); err != nil {
		return nil, gp.Options{}, err
	}
	return f.Problem(nil)
}

// limitThreads sets the number of threads of everything below.
func limitThreads(n int) {
	par.SetThreads(n)
	runtime.GOMAXPROCS(n)
}
