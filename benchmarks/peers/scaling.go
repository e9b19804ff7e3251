package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// sweep is one quantity that grows while the others stay those of the first row of the table.
type sweep struct {
	name   string
	values []int
	of     func(v int) network
}

func sweeps() []sweep {
	base := func(batch, points, width, modes int) network {
		return network{batch, []int{points, points}, width, []int{2 * modes, 2*modes - 1}}
	}
	return []sweep{
		{"points along an axis", []int{32, 64, 128, 256}, func(v int) network { return base(4, v, 32, 12) }},
		{"modes", []int{4, 8, 12, 16, 24, 32}, func(v int) network { return base(4, 64, 32, v) }},
		{"width", []int{16, 32, 64, 128}, func(v int) network { return base(4, 64, v, 12) }},
		{"batch", []int{1, 2, 4, 8, 16, 32}, func(v int) network { return base(v, 64, 32, 12) }},
	}
}

// measured is one point of a curve, in milliseconds of processor time a training step on one thread.
type measured struct {
	value      int
	ours, peer float64
}

// measureScaling writes scaling.csv and scaling.svg.
func measureScaling(ctx context.Context) error {
	*seconds = min(*seconds, 3)
	file, err := os.Create(filepath.Join(*folder, "peers", "scaling.csv"))
	if err != nil {
		return err
	}
	defer file.Close()
	table := csv.NewWriter(file)
	if err := table.Write([]string{"quantity", "value", "eddy_cpu_ms", "neuraloperator_cpu_ms"}); err != nil {
		return err
	}
	var panels []panel
	for _, s := range sweeps() {
		p := panel{title: s.name}
		for _, v := range s.values {
			n := s.of(v)
			c := benchCase{name: "fno2d-train-" + s.name, threads: 1, shape: &n, cpu: true, fewest: 3, prepare: n.trainStep}
			r, err := c.measure(ctx)
			if err != nil {
				return fmt.Errorf("%s %d: %w", s.name, v, err)
			}
			fmt.Fprintf(os.Stderr, "%s %d: %.2f ms, neuraloperator %.2f ms\n", s.name, v, r.OursMS, *r.PeerMS)
			p.points = append(p.points, measured{v, r.OursMS, *r.PeerMS})
			ms := func(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
			if err := table.Write([]string{s.name, strconv.Itoa(v), ms(r.OursMS), ms(*r.PeerMS)}); err != nil {
				return err
			}
		}
		panels = append(panels, p)
	}
	table.Flush()
	if err := table.Error(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*folder, "peers", "scaling.svg"), drawPanels(panels), 0o644)
}
