// Command ks asks whether PDE-Refiner pays on two cores: it makes the Kuramoto–Sivashinsky data of that paper on 64 points, trains models of one small network for the same
// time, rolls them out over 128 test trajectories and compares how long they stay correlated with the truth. README.md tells what came out.
//
//	go run ./benchmarks/ks data                  the data; a minute
//	go run ./benchmarks/ks train [NAME…]         experiments by name, all of them without one; what is trained stays, what was interrupted goes on
//	go run ./benchmarks/ks measure [NAME…]       rollouts, spectra, samples; what is measured stays
//	go run ./benchmarks/ks cost [NAME…]          processor time of an optimiser step beside that of the baseline, alternating
//	go run ./benchmarks/ks report                results.json, the tables of README.md and the pictures beside it
//	go run ./benchmarks/ks list                  the experiments
//
// -out names the folder of data, runs and measurements, -jobs how many trainings run at a time, each with one thread.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"

	"github.com/eddy-pde/eddy/internal/par"
)

// bench is one call of the command.
type bench struct {
	out    string // data, runs and measurements
	source string // this folder, where the configs are and the results go
	eddy   string // the program that trains
}

func main() {
	out := flag.String("out", "benchmarks/out/ks", "folder of data, runs and measurements")
	source := flag.String("source", "benchmarks/ks", "folder of the configs, where results go")
	eddy := flag.String("eddy", "", "the eddy program; empty: built from this tree")
	parallel := flag.Int("jobs", 2, "trainings at a time")
	threads := flag.Int("threads", 1, "threads of measurements")
	flag.Parse()
	par.SetThreads(*threads)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *out, *source, *eddy, *parallel, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ks benchmark:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, source, eddy string, parallel int, args []string) error {
	if len(args) == 0 {
		return errors.New("expected a command: data, train, measure, cost, report or list (see go doc ./benchmarks/ks)")
	}
	b := &bench{}
	for _, f := range []struct{ to, from *string }{{&b.out, &out}, {&b.source, &source}, {&b.eddy, &eddy}} {
		if *f.from == "" {
			continue
		}
		var err error
		if *f.to, err = filepath.Abs(*f.from); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(b.out, "measures"), 0o755); err != nil {
		return err
	}
	list, err := named(args[1:])
	if err != nil {
		return err
	}
	if slices.Contains([]string{"train", "cost", "measure"}, args[0]) {
		if _, err := os.Stat(filepath.Join(b.out, "test.hdf5")); err != nil {
			return fmt.Errorf("no data: %w (the command data makes them)", err)
		}
	}
	switch args[0] {
	case "data":
		return generate(ctx, b.out)
	case "train", "cost":
		if err := b.build(ctx); err != nil {
			return err
		}
		if args[0] == "cost" {
			return b.costs(ctx, list)
		}
		return b.trainAll(ctx, jobs(list), parallel)
	case "measure":
		return b.measureAll(ctx, list)
	case "report":
		return b.report()
	case "list":
		for _, e := range list {
			fmt.Printf("%-20s %-8s %6d steps, seeds %d  %v\n", e.name, e.role, e.steps(), max(e.seeds, 1), e.set)
		}
		return nil
	}
	return fmt.Errorf("no command %q", args[0])
}

// build makes the program that trains, unless one was named.
func (b *bench) build(ctx context.Context) error {
	if b.eddy != "" {
		return nil
	}
	b.eddy = filepath.Join(b.out, "eddy")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", b.eddy, "./cmd/eddy")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// named picks experiments, all of them for no names.
func named(names []string) ([]experiment, error) {
	if len(names) == 0 {
		return experiments, nil
	}
	var list []experiment
	for _, n := range names {
		i := slices.IndexFunc(experiments, func(e experiment) bool { return e.name == n })
		if i < 0 {
			return nil, fmt.Errorf("no experiment %q (see the command list)", n)
		}
		list = append(list, experiments[i])
	}
	return list, nil
}
