package cli

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/refiner"
	"github.com/eddy-pde/eddy/refiner/plan"
)

// surrogate is a trained model and the record of its run.
type surrogate struct {
	eddy.Model // an eddy.Ensemble where it draws samples
	meta       train.Meta
	parameters int // trainable reals
	config     any // of the architecture
	path       string
	plan       string // sampling plan that a flag gave it: its name, or the file's and a digest
}

// loadSurrogate reads the model of a run, of whatever kind, ready to sample as the flags say. Several runs joined by commas are an ensemble of them.
func (a *app) loadSurrogate(run string, f samplingFlags) (surrogate, error) {
	if strings.Contains(run, ",") {
		return a.loadEnsemble(strings.Split(run, ","), f)
	}
	if err := exists(run, wantRun); err != nil {
		return surrogate{}, err
	}
	meta, err := train.ReadMeta(run)
	if err != nil {
		return surrogate{}, err
	}
	if meta.Kind == refiner.Kind {
		return loadRefiner(run, f)
	}
	op, err := operators.Load(run)
	if err != nil {
		return surrogate{}, err
	}
	s := surrogate{Model: op, meta: op.Meta(), parameters: op.Parameters(), config: op.Config(), path: op.Path()}
	return s, f.check(run, meta.Kind, s.Model)
}

// draws tells whether a run draws samples, as far as can be told before it is loaded.
func draws(run string) bool {
	if strings.Contains(run, ",") {
		return true
	}
	meta, err := train.ReadMeta(run)
	return err == nil && meta.Kind == refiner.Kind
}

// loadEnsemble reads the runs of an ensemble. Its record is that of the first. With one member it is the mean of the runs' answers and nothing is drawn; with more, each member is one
// of the runs, of which there must be as many.
func (a *app) loadEnsemble(runs []string, f samplingFlags) (surrogate, error) {
	if f.members > len(runs) {
		return surrogate{}, usagef("--members %d: %s is an ensemble of %d runs, which has as many members: any more would be the same again", f.members, strings.Join(runs, ","), len(runs))
	}
	if f.plan != "" && !f.others {
		return surrogate{}, usagef("--plan %s: %s is an ensemble of runs, which takes no sampling plan; only a refiner does", f.plan, strings.Join(runs, ","))
	}
	var joined surrogate
	var models []eddy.Model
	for i, run := range runs {
		s, err := a.loadSurrogate(run, samplingFlags{members: 1})
		if err != nil {
			return surrogate{}, err
		}
		if i == 0 {
			joined = s
		} else {
			joined.parameters += s.parameters
		}
		models = append(models, s.Model)
	}
	e, err := operators.NewEnsemble(models...)
	if err != nil {
		return surrogate{}, err
	}
	if joined.Model = e; f.members <= 1 {
		joined.Model = mean{e}
	}
	return joined, nil
}

// mean hides that an ensemble draws samples: its step is the mean of its members'.
type mean struct{ eddy.Model }

// loadRefiner reads a refiner and gives it the plan that the flags name, a file where the name ends in .json.
func loadRefiner(run string, f samplingFlags) (surrogate, error) {
	m, err := refiner.Load(run)
	if err != nil {
		return surrogate{}, err
	}
	named := f.plan
	switch {
	case strings.HasSuffix(f.plan, ".json"):
		m, named, err = withPlanFile(m, f.plan)
	case f.plan != "":
		if m, err = m.WithPlan(f.plan); err != nil {
			err = &usageError{err}
		}
	}
	if err != nil {
		return surrogate{}, fmt.Errorf("--plan %s: %w", f.plan, err)
	}
	return surrogate{Model: m, meta: m.Meta(), parameters: m.Parameters(), config: m.Config(), path: m.Path(), plan: named}, f.check(run, refiner.Kind, m)
}

// withPlanFile gives a refiner the plan in a file, and names that by the file and a digest of it, so that a rollout does not go on with another plan of the same name.
func withPlanFile(m *refiner.Model, path string) (*refiner.Model, string, error) {
	if err := exists(path, wantPlan); err != nil {
		return nil, "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	p, err := plan.Parse(text)
	if err != nil {
		return nil, "", &usageError{err}
	}
	if m, err = m.Sampling(p); err != nil {
		return nil, "", &usageError{err}
	}
	return m, fmt.Sprintf("%s, SHA-256 %x", filepath.Base(path), sha256.Sum256(text)), nil
}

// samplingFlags belong to models that draw samples.
type samplingFlags struct {
	members int
	seed    uint64
	plan    string
	others  bool // other runs of the command draw samples, so that this one need not
}

func (f *samplingFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.members, "members", 1, "`M` samples of every trajectory, for a refiner; of an ensemble of runs joined by commas as many members, the default being their mean")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the samples, for a refiner")
	flags.StringVar(&f.plan, "plan", "", "`NAME|FILE.json` of a sampling plan, for a refiner")
}

// check refuses what the model of a run has no use for.
func (f *samplingFlags) check(run, kind string, m eddy.Model) error {
	_, draws := m.(eddy.Ensemble)
	switch {
	case f.members < 1:
		return usagef("--members %d, expected at least 1", f.members)
	case f.others:
		return nil
	case f.members > 1 && !draws:
		return usagef("--members %d: %s is a run of kind %s, which has one answer for one start; only a refiner or an ensemble of runs (RUN1,RUN2) draws samples", f.members, run, kind)
	case f.plan != "" && !draws:
		return usagef("--plan %s: %s is a run of kind %s, which takes no sampling plan; only a refiner does", f.plan, run, kind)
	}
	return nil
}
