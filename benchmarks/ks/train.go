package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"
)

// spent is what training a run took.
type spent struct {
	Steps   int     `json:"steps"`
	CPU     float64 `json:"cpu_seconds"` // of the process
	Wall    float64 `json:"wall_seconds"`
	Threads int     `json:"threads"`
}

const spentFile = "spent.json"

// job is one training.
type job struct {
	experiment
	seed int
}

func (j job) name() string { return fmt.Sprintf("%s-%d", j.experiment.name, j.seed) }

// steps that fit into the experiment's part of the budget.
func (e experiment) steps() int {
	part, cost := e.part, e.cost
	if part == 0 {
		part = 1
	}
	if cost == 0 {
		cost = 1
	}
	return int(math.Round(fullSteps*part/cost/100)) * 100
}

// jobs lists the trainings of experiments and of those that they start from or use, in the order of all experiments, those of other seeds last.
func jobs(list []experiment) []job {
	needed := map[string]bool{}
	for _, e := range list {
		needed[e.name], needed[e.from], needed[e.of], needed[e.joined] = true, true, true, true
	}
	var all []job
	for seed := range 3 {
		for _, e := range experiments {
			if needed[e.name] && e.joined == "" && e.of == "" && seed < max(e.seeds, 1) {
				all = append(all, job{e, seed})
			}
		}
	}
	return all
}

// trainAll trains what is not trained yet, `parallel` at a time. A job that starts from another waits for that, unless a training failed.
func (b *bench) trainAll(ctx context.Context, list []job, parallel int) error {
	var mu sync.Mutex
	var errs []error
	pending := slices.Clone(list)
	take := func() (job, bool, bool) {
		mu.Lock()
		defer mu.Unlock()
		for i, j := range pending {
			if j.from == "" || b.trained(job{experiment{name: j.from}, j.seed}.name()) {
				pending = slices.Delete(pending, i, i+1)
				return j, true, false
			}
		}
		return job{}, false, len(pending) > 0 && len(errs) == 0
	}
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			for ctx.Err() == nil {
				j, ok, wait := take()
				switch {
				case ok:
					if err := b.train(ctx, j); err != nil {
						mu.Lock()
						errs = append(errs, fmt.Errorf("%s: %w", j.name(), err))
						mu.Unlock()
						return
					}
				case wait:
					time.Sleep(time.Second)
				default:
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

func (b *bench) dir(name string) string { return filepath.Join(b.out, "runs", name) }

func (b *bench) trained(name string) bool {
	_, err := os.Stat(filepath.Join(b.dir(name), spentFile))
	return err == nil
}

// train runs eddy with one thread, and goes on with a run that was interrupted.
func (b *bench) train(ctx context.Context, j job) error {
	if b.trained(j.name()) {
		return nil
	}
	dir := b.dir(j.name())
	args := []string{
		"train", filepath.Join(b.source, j.file()), "--out", dir, "--seed", strconv.Itoa(j.seed), "--threads", "1", "--quiet",
		"--set", fmt.Sprintf("train.steps=%d", j.steps()),
	}
	for _, s := range j.set {
		args = append(args, "--set", s)
	}
	if j.from != "" {
		args = append(args, "--set", "train.init="+b.dir(job{experiment{name: j.from}, j.seed}.name()))
	}
	if _, err := os.Stat(filepath.Join(dir, "state.safetensors")); err == nil {
		args = append(args, "--resume")
	}
	s := spent{Steps: j.steps(), Threads: 1}
	partial := filepath.Join(b.out, j.name()+".partial.json")
	if text, err := os.ReadFile(partial); err == nil {
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, b.eddy, args...)
	cmd.Dir, cmd.Stderr = b.out, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	began := time.Now()
	err := cmd.Run()
	if cmd.ProcessState != nil {
		s.CPU += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
		s.Wall += time.Since(began).Seconds()
	}
	text, _ := json.Marshal(s)
	if err != nil {
		return errors.Join(err, os.WriteFile(partial, text, 0o644))
	}
	fmt.Printf("%s: %d steps, %.0f s of a processor\n", j.name(), s.Steps, s.CPU)
	return os.WriteFile(filepath.Join(dir, spentFile), text, 0o644)
}

// refines tells whether the experiment's model is a refiner.
func (e experiment) refines() bool { return slices.Contains(e.set, "model.kind=refiner") }
