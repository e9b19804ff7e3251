package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// costs measures the processor time of an optimiser step of every kind of training, alternating with the baseline: runs of two lengths, whose difference leaves out what
// does not depend on it.
func (b *bench) costs(ctx context.Context, list []experiment) error {
	base, err := named([]string{"mse-fast"})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, e := range list {
		key := fmt.Sprint(e.set)
		if e.joined != "" || e.of != "" || seen[key] {
			continue
		}
		seen[key] = true
		var ratios []float64
		for range 3 {
			one, err := b.stepTime(ctx, base[0])
			if err != nil {
				return err
			}
			other, err := b.stepTime(ctx, e)
			if err != nil {
				return err
			}
			ratios = append(ratios, other/one)
		}
		slices.Sort(ratios)
		fmt.Printf("%-20s %.2f of a step of the baseline (%.2f to %.2f)\n", e.name, ratios[1], ratios[0], ratios[2])
	}
	return nil
}

// stepTime is in seconds.
func (b *bench) stepTime(ctx context.Context, e experiment) (float64, error) {
	const short, long = 100, 900
	var cpu [2]float64
	for i, n := range []int{short, long} {
		dir := filepath.Join(b.out, "cost")
		if err := os.RemoveAll(dir); err != nil {
			return 0, err
		}
		args := []string{"train", filepath.Join(b.source, e.file()), "--out", dir, "--threads", "1", "--quiet", "--set", fmt.Sprintf("train.steps=%d", n), "--set", "data.train=valid.hdf5"}
		for _, s := range e.set {
			args = append(args, "--set", s)
		}
		cmd := exec.CommandContext(ctx, b.eddy, args...)
		cmd.Dir, cmd.Stderr = b.out, os.Stderr
		if err := cmd.Run(); err != nil {
			return 0, err
		}
		cpu[i] = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	}
	return (cpu[1] - cpu[0]) / (long - short), nil
}
