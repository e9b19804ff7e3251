package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/unet"
)

// unetShape is PDE-Refiner's network and its batch: two frames of one field in, one out, told refinement level and two scalars.
type unetShape struct{ batch, points, width int }

// unetCases are training step and latency of a network call at two widths; peer.py has the same list.
func unetCases() []benchCase {
	var list []benchCase
	for _, use := range []string{"train", "infer"} {
		for _, width := range []int{16, 64} {
			s := unetShape{16, 256, width}
			c := benchCase{threads: twoThreads, target: 1, prepare: s.trainStep}
			if use == "infer" {
				s.batch = 1
				c.prepare = s.inferenceStep
			}
			c.name = fmt.Sprintf("unet1d-%s-b%d-%d-w%d", use, s.batch, s.points, s.width)
			list = append(list, c)
		}
	}
	return list
}

// network is the released form, zeros beyond the ends in the up-sampling included, so that both sides compute the same.
func (s unetShape) network() (*unet.Model, *nn.Graph, nn.Inputs, error) {
	sizes := nn.Sizes{Dims: 1, In: 2, Out: 1, Scalars: 2, Level: true}
	m, err := unet.New(unet.Config{Width: s.width, Upsampling: unet.Zeros}, sizes, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		return nil, nil, nn.Inputs{}, err
	}
	g := nn.NewGraph(m.Params()[0].Value.Dtype())
	in := nn.Inputs{U: g.Placeholder("u", s.batch, 2, s.points), Cond: g.Placeholder("cond", s.batch, 2), Level: g.Placeholder("level", s.batch, 1)}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, p := range []*nn.Placeholder{in.U, in.Cond, in.Level} {
		fill(rng, p.Data())
	}
	return m, g, in, nil
}

// trainStep is forward, mean squared error, backward and Adam.
func (s unetShape) trainStep() (func() error, error) {
	m, g, in, err := s.network()
	if err != nil {
		return nil, err
	}
	in.Target = g.Placeholder("target", s.batch, 1, s.points)
	fill(rand.New(rand.NewPCG(5, 6)), in.Target.Data())
	return optimiserStep(g, m, in, "mse", 0)
}

// inferenceStep is one call of the network for one state: a rollout takes one such a step, or one a refinement level.
func (s unetShape) inferenceStep() (func() error, error) {
	m, g, in, err := s.network()
	if err != nil {
		return nil, err
	}
	y, err := m.Forward(g, in)
	if err != nil {
		return nil, err
	}
	program, err := g.Compile(y)
	if err != nil {
		return nil, err
	}
	return program.Run, nil
}

// writeUNet keeps the U-Net rows, where all of them were measured on the clock, as benchmarks/ks/speed.json, for the results of that page.
func writeUNet(rows []row) error {
	type line struct {
		Case   string  `json:"case"`
		OursMS float64 `json:"ours_ms"`
		PeerMS float64 `json:"peer_ms"`
		Ratio  float64 `json:"ratio"`
	}
	var lines []line
	for _, r := range rows {
		if strings.HasPrefix(r.Case, "unet") {
			lines = append(lines, line{r.Case, r.OursMS, *r.PeerMS, r.Ratio})
		}
	}
	if len(lines) != len(unetCases()) || *busy || *threads > 0 {
		return nil
	}
	text, err := json.MarshalIndent(lines, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*folder, "ks", "speed.json"), append(text, '\n'), 0o644)
}
