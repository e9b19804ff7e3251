package cli

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	_ "embed"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/config"
	"github.com/eddy-pde/eddy/operators/train"
)

// configFile is the name of the complete config in a run's folder.
const configFile = "config.toml"

// runConfig is the config file of a run: what `eddy train` reads and what it leaves, complete, in the run's folder.
type runConfig struct {
	Seed  uint64      `toml:"seed"`
	Data  dataConfig  `toml:"data"`
	Model modelConfig `toml:"model"`
	train.Config
}

// dataConfig is the table [data].
type dataConfig struct {
	Train   string `toml:"train"`   // file or folder of the training data
	Valid   string `toml:"valid"`   // file or folder for validation; empty: none
	History int    `toml:"history"` // states that the model sees
	Stride  int    `toml:"stride"`  // frames of the file per step of the model
}

func defaultRunConfig() runConfig {
	return runConfig{
		Data:   dataConfig{History: 1, Stride: 1},
		Model:  defaultModelConfig(),
		Config: train.DefaultConfig(),
	}
}

// example is the config file that `eddy train --help` prints.
//
//go:embed example.toml
var example string

func exampleConfig() string { return example }

func (c dataConfig) validate() error {
	var errs []error
	if c.Train == "" {
		errs = append(errs, errors.New("data.train is missing, expected the file or folder of the training data"))
	}
	if c.History < 1 {
		errs = append(errs, fmt.Errorf("data.history = %d, expected at least 1", c.History))
	}
	if c.Stride < 1 {
		errs = append(errs, fmt.Errorf("data.stride = %d, expected at least 1", c.Stride))
	}
	return errors.Join(errs...)
}

// readRunConfig reads a config file with overrides and reports every fault of it that shows without the data.
func readRunConfig(path string, set []string) (runConfig, *config.Document, error) {
	overrides, err := config.ParseOverrides(set)
	if err != nil {
		return runConfig{}, nil, &usageError{err}
	}
	c := defaultRunConfig()
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return c, nil, usagef("%s is a folder, expected a config file (a run keeps its own as %s)", path, filepath.Join(path, configFile))
	}
	if err := exists(path, wantConfig); err != nil {
		return c, nil, err
	}
	doc, err := config.Read(path, &c, overrides...)
	if err != nil {
		return c, nil, &usageError{err}
	}
	c.Config.Seed = c.Seed
	c.Model = c.Model.complete()
	if err := doc.Locate(errors.Join(c.Data.validate(), withTable("model", c.Model.validate(0)), c.Config.Validate(), c.checkObjective())); err != nil {
		return c, nil, &usageError{err}
	}
	return c, doc, nil
}

// startsWithKey matches "modes[1] = 40 …" and "modes has 3 entries …".
var startsWithKey = regexp.MustCompile(`^[a-z][a-z0-9_.]*(\[\d+\])?( =| has| gives)`)

// withTable gives keys that a package names without their table ("modes[1]") their full path, so that the line can be found.
func withTable(table string, err error) error {
	var errs []error
	for _, leaf := range config.Leaves(err) {
		pkg, text, ok := strings.Cut(leaf.Error(), ": ")
		if ok && startsWithKey.MatchString(text) {
			leaf = fmt.Errorf("%s: %s.%s", pkg, table, text)
		}
		errs = append(errs, leaf)
	}
	return errors.Join(errs...)
}

// modelSpec is the spec of a model that steps the given data.
func (c dataConfig) modelSpec(ds datasets.Dataset) eddy.Spec {
	s := ds.Spec()
	s.History = c.History
	return s
}

// weightStream tells the random numbers of the initial weights from other uses of the same seed.
const weightStream = 0x77656967687473 // "weights"

// newTrainer makes the network and its trainer; the run is kept in dir.
func newTrainer(c runConfig, doc *config.Document, training datasets.Dataset, dir string) (*train.Trainer, error) {
	n, err := c.Model.make(c.Data.modelSpec(training), rand.New(rand.NewPCG(c.Seed, weightStream)))
	if err != nil {
		return nil, &usageError{doc.Locate(withTable("model", err))}
	}
	t, err := train.New(n, c.Config)
	if err != nil {
		return nil, err
	}
	t.Run.Dir = dir
	return t, c.Model.setUp(t, n, c.Data.History)
}
