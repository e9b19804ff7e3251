package cli

import (
	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/train"
)

// surrogate is a trained model and the record of its run.
type surrogate struct {
	eddy.Model // an eddy.Ensemble where it draws samples
	meta       train.Meta
	parameters int // trainable reals
}

// loadSurrogate reads the model of a run, of whatever kind, ready to sample as the flags say.
func (a *app) loadSurrogate(run string, f samplingFlags) (surrogate, error) {
	if err := exists(run, wantRun); err != nil {
		return surrogate{}, err
	}
	meta, err := train.ReadMeta(run)
	if err != nil {
		return surrogate{}, err
	}
	op, err := operators.Load(run)
	if err != nil {
		return surrogate{}, err
	}
	s := surrogate{Model: op, meta: op.Meta(), parameters: op.Parameters()}
	return s, f.check(run, meta.Kind, s.Model)
}

// samplingFlags belong to models that draw samples.
type samplingFlags struct {
	members int
	seed    uint64
	plan    string
}

func (f *samplingFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.members, "members", 1, "`M` samples of every trajectory, for a refiner")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the samples, for a refiner")
	flags.StringVar(&f.plan, "plan", "", "`NAME|FILE.json` of a sampling plan, for a refiner")
}

// check refuses what the model of a run has no use for.
func (f *samplingFlags) check(run, kind string, m eddy.Model) error {
	_, draws := m.(eddy.Ensemble)
	switch {
	case f.members < 1:
		return usagef("--members %d, expected at least 1", f.members)
	case f.members > 1 && !draws:
		return usagef("--members %d: %s is a run of kind %s, which has one answer for one start; only a refiner draws samples", f.members, run, kind)
	case f.plan != "" && !draws:
		return usagef("--plan %s: %s is a run of kind %s, which takes no sampling plan; only a refiner does", f.plan, run, kind)
	}
	return nil
}
