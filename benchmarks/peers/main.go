// Command peers measures eddy beside PyTorch with neuraloperator, beside PDEArena's U-Net and beside OpenBLAS and writes benchmarks/out/peers.jsonl and a page of tables.
//
// Its runs alternate with those of a Python worker (peer.py), so that both meet the same machine; a row is the median of each side.
//
//	go run ./benchmarks/peers -python PYTHON [-only NAMES] [-seconds 8] [-page benchmarks/peers.md]
//	go run ./benchmarks/peers -python PYTHON -only unet   # the U-Net rows alone, also in benchmarks/ks/speed.json
//	go run ./benchmarks/peers -python PYTHON -scaling     # how time grows with points, modes, width, batch: benchmarks/peers/scaling.{csv,svg}
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
)

var (
	python   = flag.String("python", "python3", "interpreter with torch, neuraloperator and numpy")
	folder   = flag.String("dir", "benchmarks", "the benchmarks folder of the source tree")
	pdearena = flag.String("pdearena", "benchmarks/out/pdearena", "clone of PDEArena, for the U-Net rows")
	only     = flag.String("only", "", "regular expression: measure these cases; the page is written only when all are")
	seconds  = flag.Float64("seconds", 7, "time to spend on the runs of a case")
	threads  = flag.Int("threads", 0, "run every case on so many threads, instead of what the table says")
	busy     = flag.Bool("cpu", false, "measure processor time instead of the clock's: with -threads 1, for a machine that is busy")
	page     = flag.String("page", "", "also write the page of tables to this file")
	scaling  = flag.Bool("scaling", false, "measure how time grows with points, modes, width and batch instead")
	alone    = flag.String("alone", "", "internal: run three steps of a case and print the memory they took")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	switch {
	case *alone != "":
		return reportMemory(os.Stdout, *alone)
	case *scaling:
		return measureScaling(ctx)
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	out := filepath.Join(*folder, "out", "peers.jsonl")
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	var rows []row
	for _, c := range cases() {
		if !chosen.MatchString(c.name) {
			continue
		}
		if *threads > 0 {
			c.threads = *threads
		}
		c.cpu = *busy
		r, err := c.measure(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fmt.Fprintln(os.Stderr, r)
		rows = append(rows, r)
	}
	if chosen.MatchString(peakShare) && chosen.MatchString(threadsRatio) {
		two, err := onOurOwn(ctx)
		if err != nil {
			return err
		}
		for _, r := range two {
			fmt.Fprintln(os.Stderr, r)
		}
		rows = append(rows, two...)
	}
	if err := writeLines(out, rows); err != nil {
		return err
	}
	if err := writeUNet(rows); err != nil {
		return err
	}
	if *only != "" || *threads > 0 || *busy {
		return nil
	}
	return writePage(ctx, rows)
}
