package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy/internal/config"
)

// level is a key with its own spelling, as enumerations have.
type level int

func (l *level) UnmarshalText(text []byte) error {
	switch string(text) {
	case "low":
		*l = 1
	case "high":
		*l = 2
	default:
		return fmt.Errorf("expected low or high")
	}
	return nil
}

func (l level) MarshalText() ([]byte, error) {
	return []byte([]string{"", "low", "high"}[l]), nil
}

type Embedded struct {
	Optim struct {
		LR    float64 `toml:"lr"`
		Clip  float64 `toml:"clip"`
		Level level   `toml:"level"`
	} `toml:"optim"`
}

type model struct {
	Kind  string `toml:"kind"`
	Modes []int  `toml:"modes"`
	Skip  bool   `toml:"skip"`
	Base  *model `toml:"base,omitempty"`
}

type term struct {
	Axis        int            `toml:"axis"`
	Coefficient float64        `toml:"coefficient"`
	Extra       map[string]any `toml:"extra,omitempty"`
}

type sample struct {
	Seed  uint64 `toml:"seed"`
	Note  string `toml:"note"`
	Small int8   `toml:"small"`
	Data  struct {
		Train   string `toml:"train"`
		History int    `toml:"history"`
		Stride  int    `toml:"stride"`
	} `toml:"data"`
	Model model `toml:"model"`
	Embedded
	Terms  []term `toml:"terms"`
	Hidden int    `toml:"-"`
}

func defaults() sample {
	var s sample
	s.Data.Stride = 1
	s.Optim.Level = 1
	return s
}

func TestGoodFileIsReadWholeOverDefaults(t *testing.T) {
	got := defaults()
	if _, err := config.Read("testdata/good.toml", &got); err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Seed, want.Note = 7, `a "quoted" text`
	want.Data.Train, want.Data.History = "train.hdf5", 2
	want.Model = model{Kind: "fno", Modes: []int{12}, Skip: true, Base: &model{Kind: "unet", Modes: []int{8, 16}}}
	want.Optim.LR, want.Optim.Clip, want.Optim.Level = 1e-3, 1, 2
	want.Terms = []term{{Coefficient: 1.5}, {Axis: 1, Extra: map[string]any{"name": "x", "values": []any{int64(1), int64(2)}}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// bad is the expected message of every testdata/*.bad.toml, with FILE for its path.
var bad = map[string]string{
	"unknown-key":     `FILE:3: unknown key "optim.claip", the nearest known key is "optim.clip"`,
	"unknown-table":   `FILE:4: unknown key "optimiser", known keys of the top level: data, model, note, optim, seed, small, terms`,
	"other-table":     `FILE:1: unknown key "lr", the nearest known key is "optim.lr"`,
	"far-key":         `FILE:2: unknown key "optim.momentum", known keys of [optim]: clip, level, lr`,
	"wrong-type":      `FILE:2: optim.lr is the string "fast", expected a number`,
	"table-for-value": `FILE:1: optim.lr is a table, expected a number`,
	"value-for-table": `FILE:1: optim is the number 3, expected a table`,
	"negative":        `FILE:1: seed = -1, expected a whole number that is not negative`,
	"not-finite":      `FILE:2: optim.lr = NaN, expected a finite number`,
	"overflow":        `FILE:1: small = 300 does not fit into int8`,
	"date":            `FILE:1: note is the date or time 2026-01-01, expected a string`,
	"list-entry":      `FILE:2: model.modes[1] is the string "x", expected a whole number`,
	"bad-text":        `FILE:2: optim.level = "middling": expected low or high`,
	"array-table":     `FILE:5: unknown key "terms[1].axes", the nearest known key is "terms.axis"`,
	"inline":          `FILE:3: not valid TOML at column 22: invalid character at start of key:`,
	"syntax":          `FILE:2: not valid TOML at column 6: expected character ]`,
	"duplicate":       `FILE:2: not valid TOML: key seed is already defined`,
	"several": `FILE:1: unknown key "sead", the nearest known key is "seed"; ` +
		`FILE:4: data.history is the string "two", expected a whole number; FILE:7: optim.lr is true, expected a number`,
}

func TestEachFaultIsReportedWithItsLine(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.toml")
	if err != nil || len(files) != len(bad) {
		t.Fatalf("%d files and %d expected messages (%v)", len(files), len(bad), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".bad.toml")
		t.Run(name, func(t *testing.T) {
			s := defaults()
			_, err := config.Read(file, &s)
			if err == nil {
				t.Fatal("no error")
			}
			got := strings.ReplaceAll(err.Error(), file, "FILE")
			if want := "config: " + bad[name]; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if strings.ContainsRune(got, '\n') {
				t.Error("more than one line")
			}
		})
	}
}

func TestMissingFileIsNamed(t *testing.T) {
	_, err := config.Read("testdata/none.toml", &sample{})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "testdata/none.toml") {
		t.Error(err)
	}
}

func TestOverridesAreTypedByTheirKey(t *testing.T) {
	set := []string{
		"optim.lr=3e-4", "optim.level=low", "note = 12", "data.train='a b'", "model.kind=unet", "model.modes=[4, 8]", "model.base.modes=5", "model.skip=false", "seed=9", "seed=11",
	}
	overrides, err := config.ParseOverrides(set)
	if err != nil {
		t.Fatal(err)
	}
	got := defaults()
	doc, err := config.Read("testdata/good.toml", &got, overrides...)
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	if _, err := config.Read("testdata/good.toml", &want); err != nil {
		t.Fatal(err)
	}
	want.Optim.LR, want.Optim.Level = 3e-4, 1
	want.Note, want.Data.Train, want.Seed = "12", "a b", 11
	want.Model.Kind, want.Model.Modes, want.Model.Skip, want.Model.Base.Modes = "unet", []int{4, 8}, false, []int{5}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if w := doc.Where("seed"); w != "--set seed=11" {
		t.Error(w)
	}
}

func TestBadOverridesGiveTheFaultsOfTheFile(t *testing.T) {
	for _, c := range []struct{ set, want string }{
		{"optim.lr=fast", `config: --set optim.lr=fast: optim.lr is the string "fast", expected a number`},
		{"optim.lx=1", `config: --set optim.lx=1: unknown key "optim.lx", the nearest known key is "optim.lr"`},
		{"seed.x=1", `config: --set seed.x=1: unknown key "seed.x", "seed" is not a table`},
		{"optim.lr", `config: --set optim.lr: expected key=value, such as --set optim.lr=1e-3`},
		{"optim..lr=1", `config: --set optim..lr=1: "optim..lr" is not a key, expected letters, digits, _ and -, with dots between tables`},
		{"optim.lr=1\nx=2", `config: --set "optim.lr=1\nx=2": optim.lr is the string "1\nx=2", expected a number`},
		{"note=\xff", `config: --set "note=\xff" is not UTF-8 text`},
		{"model.modes=[1, x]", `config: --set model.modes=[1, x]: model.modes is the string "[1, x]", expected a whole number`},
	} {
		o, err := config.ParseOverride(c.set)
		if err == nil {
			s := defaults()
			_, err = config.Decode("c.toml", nil, &s, o)
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("--set %s\ngot  %v\nwant %s", c.set, err, c.want)
		}
	}
}

func TestEncodeIsReadBackEqual(t *testing.T) {
	want := defaults()
	if _, err := config.Read("testdata/good.toml", &want); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := config.Write(path, want); err != nil {
		t.Fatal(err)
	}
	var got sample
	if _, err := config.Read(path, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("folder holds %v, expected config.toml alone (%v)", left, err)
	}
}

func TestLocateFindsTheLineOfAValidationFault(t *testing.T) {
	o, err := config.ParseOverride("data.stride=0")
	if err != nil {
		t.Fatal(err)
	}
	s := defaults()
	doc, err := config.Read("testdata/good.toml", &s, o)
	if err != nil {
		t.Fatal(err)
	}
	got := doc.Locate(errors.Join(
		errors.New("data.stride = 0, expected at least 1"),
		errors.Join(errors.New("optim.lr = 0.001 is wrong"), errors.New("something without a key")),
	))
	want := "config: testdata/good.toml: something without a key; testdata/good.toml:19: optim.lr = 0.001 is wrong; " +
		"--set data.stride=0: data.stride = 0, expected at least 1"
	if got == nil || got.Error() != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
	if doc.Locate(nil) != nil {
		t.Error("no error became one")
	}
}

func TestYAMLRoundTripsAndErrorsNameTheLine(t *testing.T) {
	type stats struct {
		Mean map[string]any `yaml:"mean"`
	}
	want := stats{Mean: map[string]any{"vorticity": 0.25, "velocity": []any{1.5, -2.5}}}
	path := filepath.Join(t.TempDir(), "stats.yaml")
	if err := config.WriteYAML(path, want); err != nil {
		t.Fatal(err)
	}
	var got stats
	if err := config.ReadYAML(path, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	err := config.DecodeYAML("stats.yaml", []byte("mean:\n  a: [1, 2\n"), &got)
	if err == nil || !strings.HasPrefix(err.Error(), "config: stats.yaml: line ") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

func TestLeavesFlattensJoins(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	if got := config.Leaves(errors.Join(a, errors.Join(b, c))); !slices.Equal(got, []error{a, b, c}) {
		t.Error(got)
	}
}

// choosing is a table whose keys depend on its kind.
type choosing struct {
	Kind   string `toml:"kind"`
	Round  round  `toml:",kind=round"`
	Square square `toml:",kind=square"`
}

type (
	round  struct{ Radius, Mass int }
	square struct {
		Mass  int
		Sides []int
	}
)

type choosers struct {
	One   choosing  `toml:"one"`
	Other choosing  `toml:"other"`
	Third *choosing `toml:"third"`
}

func TestVariantsHaveTheirKeysInTheTable(t *testing.T) {
	text := "[one]\nkind = \"square\"\nmass = 3\nsides = [1, 2]\n[other]\nradius = 4\n"
	got := choosers{Other: choosing{Kind: "round"}}
	o, err := config.ParseOverride("one.sides=[5]")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Decode("c.toml", []byte(text), &got, o); err != nil {
		t.Fatal(err)
	}
	want := choosers{One: choosing{Kind: "square", Square: square{3, []int{5}}}, Other: choosing{Kind: "round", Round: round{Radius: 4}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("(-want +got)\n%s", d)
	}
	data, err := config.Encode(got)
	if err != nil {
		t.Fatal(err)
	}
	text = "[one]\nkind = 'square'\nmass = 3\nsides = [5]\n\n[other]\nkind = 'round'\nradius = 4\nmass = 0\n"
	if string(data) != text {
		t.Errorf("encoded as\n%s", data)
	}
	got.Third = &choosing{Kind: "square"}
	text += "\n[third]\nkind = 'square'\nmass = 0\nsides = []\n"
	if data, err := config.Encode(&got); err != nil || string(data) != text {
		t.Errorf("encoded as\n%s, %v", data, err)
	}
}

// A table that may be left out can have variants too.
func TestVariantsBehindAPointer(t *testing.T) {
	var got struct {
		Maybe *choosing `toml:"maybe"`
		Never *choosing `toml:"never"`
	}
	if _, err := config.Decode("c.toml", []byte("[maybe]\nkind = \"round\"\nradius = 2\n"), &got); err != nil {
		t.Fatal(err)
	}
	if got.Maybe == nil || got.Maybe.Round.Radius != 2 || got.Never != nil {
		t.Errorf("read as %+v", got)
	}
	data, err := config.Encode(got)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[maybe]\nkind = 'round'\nradius = 2\nmass = 0\n"; string(data) != want {
		t.Errorf("encoded as\n%s", data)
	}
}

func TestKeysOfAnotherVariantAreFaults(t *testing.T) {
	for text, want := range map[string]string{
		"[one]\nkind = \"square\"\nradius = 1":                          `config: c.toml:3: one.radius is a key of kind = "round", but here kind = "square"`,
		"[one]\nkind = \"round\"\nradios = 1":                           `config: c.toml:3: unknown key "one.radios", the nearest known key is "one.radius"`,
		"[one]\nkind = \"oval\"\nradius = 1\n[other]\nkind = \"round\"": "",
	} {
		var c choosers
		_, err := config.Decode("c.toml", []byte(text), &c)
		if got := fmt.Sprint(err); err != nil && got != want || err == nil && want != "" {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
