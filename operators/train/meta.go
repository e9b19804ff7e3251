package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/safetensors"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/rollout"
)

// Names of the files of a run.
const (
	StateFile   = "state.safetensors" // everything that a training needs to go on
	ModelFile   = "model.safetensors" // the last checkpoint
	BestFile    = "best.safetensors"  // the checkpoint with the lowest validation error
	MetricsFile = "metrics.csv"       // one row a step
	LogFile     = "log.jsonl"         // what happened when
)

// metaKey is the entry of a file's metadata that holds Meta as JSON; formatVersion is raised when old readers could not read a new file.
const (
	metaKey       = "eddy"
	formatVersion = 1
)

// Meta is what stands beside the weights in a checkpoint: enough to rebuild the network and to step it in physical units.
type Meta struct {
	Format int             `json:"format"` // version of this record
	Kind   string          `json:"kind"`   // architecture, "fno"; "refiner" for a refiner
	Config json.RawMessage `json:"config"` // the architecture's own config
	Spec   eddy.Spec       `json:"spec"`   // fields, grid and time step of the training data; History of the model

	Target        string    `json:"target"`                   // meaning of the output: "state" or "residual"
	ResidualScale []float64 `json:"residual_scale,omitempty"` // [C], unit of a residual in normalised states

	Normaliser       eddy.Normaliser  `json:"normaliser"`                  // of the fields
	StaticNormaliser *eddy.Normaliser `json:"static_normaliser,omitempty"` // of the static fields
	CondNormaliser   *eddy.Normaliser `json:"cond_normaliser,omitempty"`   // of the scalars, one "field" each

	Ranges     []Range           `json:"ranges,omitempty"`     // what the training data held
	Envelope   *rollout.Envelope `json:"envelope,omitempty"`   // how far its states reached; nil in old runs, see Validity
	Step       int               `json:"step"`                 // optimiser steps behind these weights
	Seed       uint64            `json:"seed"`                 // seed of the training
	Training   *Config           `json:"training,omitempty"`   // how they were trained; nil for imported weights
	Validation *Validation       `json:"validation,omitempty"` // the last validation of these weights
}

// Range says what values a field, a static field or a scalar took in the training data.
type Range struct {
	Name string  `json:"name"`
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"`
}

// Score is an error measure. A value that is not finite, that of a rollout which blew up, is written as null and read as +Inf.
type Score float64

// MarshalJSON writes a number or null.
func (s Score) MarshalJSON() ([]byte, error) {
	if math.IsInf(float64(s), 0) || math.IsNaN(float64(s)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(s))
}

// UnmarshalJSON reads a number or null.
func (s *Score) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*s = Score(math.Inf(1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(s))
}

// Frame is how the network's output relates to states.
func (m Meta) Frame() Frame {
	return Frame{History: m.Spec.History, Channels: m.Spec.Channels(), Target: m.Target, Scale: m.ResidualScale}
}

// Validate checks that the parts of a record agree with one another.
func (m Meta) Validate() error {
	c := m.Spec.Channels()
	switch {
	case m.Format != formatVersion:
		return fmt.Errorf("train: checkpoint format %d, this version reads %d", m.Format, formatVersion)
	case c == 0:
		return errors.New("train: the checkpoint's spec has no fields")
	case m.Spec.History < 1:
		return fmt.Errorf("train: the checkpoint's spec has history %d, expected at least 1", m.Spec.History)
	case m.Target != "state" && m.Target != "residual":
		return fmt.Errorf("train: the checkpoint's target is %q, expected state or residual", m.Target)
	case m.Target == "residual" && len(m.ResidualScale) != c:
		return fmt.Errorf("train: the checkpoint has %d residual scales for %d fields", len(m.ResidualScale), c)
	}
	if err := checkGrid(m.Spec.Grid); err != nil {
		return err
	}
	if err := m.Normaliser.Validate(c); err != nil {
		return fmt.Errorf("train: fields: %w", err)
	}
	if err := validateOptional(m.StaticNormaliser, len(m.Spec.Statics)); err != nil {
		return fmt.Errorf("train: static fields: %w", err)
	}
	if err := validateOptional(m.CondNormaliser, len(m.Spec.Params)); err != nil {
		return fmt.Errorf("train: parameters: %w", err)
	}
	return nil
}

// maxPoints is far more than fits into any memory that a network could run in; it keeps a damaged record from asking for that.
const maxPoints = math.MaxInt32

func checkGrid(g eddy.Grid) error {
	if d := g.Dims(); d < 1 || d > 3 {
		return fmt.Errorf("train: the checkpoint's grid has %d space dimensions, expected 1 to 3", d)
	}
	points := 1
	for _, a := range g.Axes {
		if a.Points < 1 || a.Points > maxPoints/points {
			return fmt.Errorf("train: the checkpoint's grid of %v points is not possible", g.Shape())
		}
		points *= a.Points
	}
	return nil
}

func validateOptional(n *eddy.Normaliser, c int) error {
	if n == nil {
		if c > 0 {
			return fmt.Errorf("normaliser: none for %d channels", c)
		}
		return nil
	}
	return n.Validate(c)
}

// metadata is m as the text that goes into a safetensors file.
func (m Meta) metadata() (map[string]string, error) {
	m.Format = formatVersion
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("train: metadata: %w", err)
	}
	return map[string]string{metaKey: string(b)}, nil
}

// parseMeta is the reverse of metadata.
func parseMeta(text map[string]string) (Meta, error) {
	b, ok := text[metaKey]
	if !ok {
		return Meta{}, fmt.Errorf("train: the file has no metadata %q: it is not a checkpoint of a run (a state dict from Python goes through import)", metaKey)
	}
	var m Meta
	if err := json.Unmarshal([]byte(b), &m); err != nil {
		return Meta{}, fmt.Errorf("train: metadata: %w", err)
	}
	return m, m.Validate()
}

// WriteWeights writes a checkpoint: the parameters' values, or those that values gives for parameter i where it is not nil, and m.
func WriteWeights(path string, m Meta, params []*nn.Param, values func(i int) []float32) error {
	text, err := m.metadata()
	if err != nil {
		return err
	}
	tensors := make([]safetensors.Tensor, len(params))
	for i, p := range params {
		data := p.Data()
		if values != nil {
			data = values(i)
		}
		tensors[i] = safetensors.FromFloat32(p.Name, data, p.Shape()...)
	}
	return safetensors.Write(path, text, tensors)
}

// CheckpointPath is the checkpoint that stands for a run: path itself if it is a file, else the best one of the folder, or the last one where there was no
// validation.
func CheckpointPath(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("train: run: %w", err)
	}
	if !info.IsDir() {
		return path, nil
	}
	for _, name := range []string{BestFile, ModelFile} {
		file := filepath.Join(path, name)
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("train: %s holds neither %s nor %s: it is not a run", path, BestFile, ModelFile)
}

// ReadMeta reads the record of a checkpoint, or of the one that stands for a run, without its weights.
func ReadMeta(path string) (Meta, error) {
	file, err := CheckpointPath(path)
	if err != nil {
		return Meta{}, err
	}
	text, err := safetensors.ReadMetadata(file)
	if err != nil {
		return Meta{}, err
	}
	m, err := parseMeta(text)
	if err != nil {
		return Meta{}, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// ReadWeights reads a checkpoint, or the one that stands for a run, into params. Tensors that are missing, unknown or of another shape are all named in the error,
// and then no parameter was changed.
func ReadWeights(path string, params []*nn.Param) (Meta, error) {
	file, err := CheckpointPath(path)
	if err != nil {
		return Meta{}, err
	}
	f, err := safetensors.Read(file)
	if err != nil {
		return Meta{}, err
	}
	m, err := parseMeta(f.Metadata)
	if err == nil {
		err = fill(f, "", params, func(i int) []float32 { return params[i].Data() })
	}
	if err != nil {
		return Meta{}, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// fill copies the tensors named prefix + parameter's name into the slices that dst gives. Every tensor of f with the prefix must be a parameter's.
func fill(f *safetensors.File, prefix string, params []*nn.Param, dst func(i int) []float32) error {
	var bad []string
	known := map[string]bool{}
	values := make([][]float32, len(params))
	for i, p := range params {
		name := prefix + p.Name
		known[name] = true
		t, ok := f.Lookup(name)
		if !ok {
			bad = append(bad, fmt.Sprintf("%q of shape %v is missing", name, p.Shape()))
			continue
		}
		data, shape, err := t.Float32()
		switch {
		case err != nil:
			return err
		case !eddy.SameShape(shape, p.Shape()):
			bad = append(bad, fmt.Sprintf("%q has shape %v, expected %v", name, shape, p.Shape()))
		}
		values[i] = data
	}
	for _, t := range f.Tensors {
		if strings.HasPrefix(t.Name, prefix) && !known[t.Name] {
			bad = append(bad, fmt.Sprintf("%q of shape %v is unknown to the network", t.Name, t.Shape))
		}
	}
	const told = 3
	if more := len(bad) - told; more > 0 {
		bad = append(bad[:told], fmt.Sprintf("and %d more; is [model] the one of the file?", more))
	}
	if len(bad) > 0 {
		return fmt.Errorf("train: tensors do not fit the network: %s", strings.Join(bad, "; "))
	}
	for i := range params {
		copy(dst(i), values[i])
	}
	return nil
}
