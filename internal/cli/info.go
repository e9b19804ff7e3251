package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/train"
)

// description is what `eddy info --json` prints.
type description struct {
	Kind       string            `json:"kind"`
	Config     any               `json:"config"`     // of the architecture
	Parameters int               `json:"parameters"` // trainable reals; a complex weight counts two
	Spec       eddy.Spec         `json:"spec"`
	Seed       uint64            `json:"seed"`
	Step       int               `json:"step"`
	History    int               `json:"history"`
	Target     string            `json:"target,omitempty"`
	Checkpoint string            `json:"checkpoint,omitempty"`
	Validation *train.Validation `json:"validation,omitempty"`
	Ranges     []train.Range     `json:"ranges,omitempty"`
	Assumed    string            `json:"assumed,omitempty"` // what was made up because the data are not there
}

func (a *app) info() *cobra.Command {
	var set []string
	cmd := &cobra.Command{
		Use:   "info RUN|CONFIG.toml [flags]",
		Short: "describe a run, a checkpoint or a config file",
		Long: `Info prints what a run or a checkpoint holds: architecture, number of parameters, fields and grid, seed, step, validation. For a config file it builds the
network without training it, so that its size is known beforehand; where the data of the config are missing, one field on 64 points per axis is assumed.`,
		Example: `  eddy info run
  eddy info ks.toml --json
  eddy info ks.toml --set model.width=64`,
		Args: exactly("RUN|CONFIG.toml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := a.describe(cmd.Context(), args[0], set)
			if err != nil {
				return err
			}
			if a.json {
				return printJSON(a.out, d)
			}
			a.printDescription(d)
			return nil
		},
	}
	cmd.Flags().BoolVar(&a.json, "json", false, "print one JSON object")
	cmd.Flags().StringArrayVar(&set, "set", nil, "`key=value` in place of a config file's; may be repeated")
	return cmd
}

func (a *app) describe(ctx context.Context, path string, set []string) (description, error) {
	if err := exists(path, wantInfo); err != nil {
		return description{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return description{}, err
	}
	if !info.IsDir() && !strings.HasSuffix(path, ".safetensors") {
		return a.describeConfig(ctx, path, set)
	}
	if len(set) > 0 {
		return description{}, usagef("info: --set changes a config file, but %s is a run", path)
	}
	l, err := a.loadSurrogate(path, samplingFlags{members: 1})
	if err != nil {
		return description{}, err
	}
	m := l.meta
	return description{
		Kind: m.Kind, Config: l.config, Parameters: l.parameters, Spec: m.Spec, Seed: m.Seed, Step: m.Step, History: m.Spec.History,
		Target: m.Target, Checkpoint: l.path, Validation: m.Validation, Ranges: m.Ranges,
	}, nil
}

func (a *app) describeConfig(ctx context.Context, path string, set []string) (description, error) {
	c, doc, err := readRunConfig(path, set)
	if err != nil {
		return description{}, err
	}
	spec, assumed, err := a.specOf(ctx, c)
	if err != nil {
		return description{}, err
	}
	m, err := c.Model.make(spec, rand.New(rand.NewPCG(c.Seed, weightStream)))
	if err != nil {
		return description{}, &usageError{doc.Locate(withTable("model", err))}
	}
	return description{
		Kind: c.Model.Kind, Config: c.Model.described(), Parameters: operators.Parameters(m), Spec: spec, Seed: c.Seed, History: spec.History,
		Target: c.Objective.Target, Assumed: assumed,
	}, nil
}

// specOf is the spec of a config's data, or, where they do not exist, a made-up one of one field and as many axes as the
// config has numbers of modes; one axis for kinds without modes.
func (a *app) specOf(ctx context.Context, c runConfig) (spec eddy.Spec, assumed string, err error) {
	ds, err := a.openStrided(ctx, c.Data.Train, c.Data.Stride)
	if err == nil {
		return c.Data.modelSpec(ds), "", nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return eddy.Spec{}, "", fmt.Errorf("data.train: %w", err)
	}
	const points = 64
	shape := []int{points}
	if n := c.Model.network(); n.Kind == operators.FNO {
		shape = make([]int, len(n.FNO.Modes))
		for i, m := range n.FNO.Modes {
			shape[i] = max(points, 2*m)
		}
	}
	spec = eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, shape...), Dt: 1, History: c.Data.History}
	return spec, fmt.Sprintf("one field, %v grid, because data.train (%s) does not exist", spec.Grid, c.Data.Train), nil
}

func (a *app) printDescription(d description) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(a.out, "%-12s"+format+"\n", append([]any{name}, args...)...)
	}
	row("kind", "%s", d.Kind)
	row("parameters", "%d", d.Parameters)
	if d.Checkpoint != "" {
		row("checkpoint", "%s", d.Checkpoint)
		row("step", "%d", d.Step)
	}
	row("seed", "%d", d.Seed)
	row("fields", "%s", strings.Join(d.Spec.FieldNames(), ", "))
	row("grid", "%v", d.Spec.Grid)
	row("dt", "%g", d.Spec.Dt)
	row("history", "%d", d.History)
	row("target", "%s", d.Target)
	if v := d.Validation; v != nil {
		row("validation", "one-step nRMSE %.4g, rollout nRMSE %.4g over %d steps (step %d)", float64(v.OneStep), float64(v.Rollout), v.Horizon, v.Step)
	}
	for _, r := range d.Ranges {
		row("range", "%s: %.4g to %.4g, mean %.4g, std %.4g", r.Name, r.Min, r.Max, r.Mean, r.Std)
	}
	if text, err := json.Marshal(d.Config); err == nil {
		row("config", "%s", text)
	}
	if d.Assumed != "" {
		row("assumed", "%s", d.Assumed)
	}
}
