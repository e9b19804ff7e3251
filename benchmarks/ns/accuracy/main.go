// Command accuracy measures the solver that makes the data of the Navier–Stokes task: the relative L2 error at several times of coarser grids and longer
// substeps against a fine run from the same initial states, and the time a trajectory takes. It prints a Markdown table.
//
//	go run ./benchmarks/ns/accuracy [-viscosity 1e-3] [-sigma σ] [-trajectories 4] [-time 50]
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/internal/par"
)

func main() {
	viscosity := flag.Float64("viscosity", 1e-3, "ν")
	sigma := flag.Float64("sigma", pde.DefaultNSFNO().Sigma, "scale of the initial states' law; the authors' script has 26.19")
	trajectories := flag.Int("trajectories", 4, "number of initial states")
	end := flag.Int("time", 50, "units of time to solve")
	fine := flag.Int("fine", 256, "points per axis of the reference")
	fineSteps := flag.Int("fine-substeps", 32, "its steps per unit of time")
	flag.Parse()
	settings := map[string]string{
		"viscosity": strconv.FormatFloat(*viscosity, 'g', -1, 64),
		"sigma":     strconv.FormatFloat(*sigma, 'g', -1, 64),
		"dt":        "1",
	}
	if err := compare(settings, *trajectories, *end, run{*fine, *fineSteps}); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

// run is a solver: points per axis and steps per unit of time.
type run struct{ points, substeps int }

// shown is the grid on which states are compared.
const shown = "64x64"

func compare(settings map[string]string, trajectories, end int, fine run) error {
	times := slices.DeleteFunc([]int{1, 10, 20, 30, 40, 50}, func(t int) bool { return t > end })
	reference, _, err := fine.solve(settings, trajectories, times)
	if err != nil {
		return err
	}
	fmt.Printf("ν = %s, σ = %s, %d trajectories, against %d² with %d steps per unit of time, all shown on %s; %d threads\n\n",
		settings["viscosity"], settings["sigma"], trajectories, fine.points, fine.substeps, shown, par.Threads())
	fmt.Print("| solver | steps per unit | ")
	for _, t := range times {
		fmt.Printf("error at t = %d | ", t)
	}
	fmt.Printf("thread seconds per trajectory to t = %d |\n|%s\n", times[len(times)-1], strings.Repeat("---|", len(times)+3))
	for _, r := range []run{{48, 16}, {64, 4}, {64, 8}, {64, 16}, {64, 32}, {96, 16}, {128, 8}, {128, 16}} {
		states, seconds, err := r.solve(settings, trajectories, times)
		if err != nil {
			return err
		}
		fmt.Printf("| %d² | %d | ", r.points, r.substeps)
		for i := range times {
			fmt.Printf("%.1e | ", distance(states[i], reference[i], trajectories))
		}
		fmt.Printf("%.2f |\n", seconds)
	}
	return nil
}

// solve returns the shown states of all trajectories at the given times, and the seconds of one thread per trajectory.
func (r run) solve(settings map[string]string, trajectories int, times []int) (states [][]float64, seconds float64, err error) {
	s := maps.Clone(settings)
	s["grid"] = shown
	s["solve"] = fmt.Sprintf("%[1]dx%[1]d", r.points)
	s["substeps"] = strconv.Itoa(r.substeps)
	p, err := pde.Named("ns-fno", s)
	if err != nil {
		return nil, 0, err
	}
	solver := p.Solver.(datasets.Restricted)
	full := solver.Full()
	n, m := eddy.Size(full.Spec().FrameShape()), eddy.Size(solver.Spec().FrameShape())
	u := make([]float64, trajectories*n)
	for i := range trajectories {
		if err := p.Initial.Draw(datasets.Stream(0, "accuracy", i), u[i*n:(i+1)*n]); err != nil {
			return nil, 0, err
		}
	}
	ctx, start := context.Background(), time.Now()
	for t := 1; t <= times[len(times)-1]; t++ {
		if err := full.Step64(ctx, u, u); err != nil {
			return nil, 0, err
		}
		if slices.Contains(times, t) {
			v := make([]float64, trajectories*m)
			if err := solver.Restrict(v, u); err != nil {
				return nil, 0, err
			}
			states = append(states, v)
		}
	}
	return states, time.Since(start).Seconds() * float64(min(par.Threads(), trajectories)) / float64(trajectories), nil
}

// distance is the mean over trajectories of the relative L2 distance.
func distance(a, b []float64, trajectories int) float64 {
	mean, n := 0.0, len(a)/trajectories
	for i := 0; i < len(a); i += n {
		d, norm := 0.0, 0.0
		for j := i; j < i+n; j++ {
			d += (a[j] - b[j]) * (a[j] - b[j])
			norm += b[j] * b[j]
		}
		mean += math.Sqrt(d/norm) / float64(trajectories)
	}
	return mean
}
