package cli

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy/internal/config"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/refiner"
)

// The example that help prints names every key and gives each its default.
func TestTheExampleConfigIsTheDefault(t *testing.T) {
	var got runConfig
	if _, err := config.Decode("example.toml", []byte(exampleConfig()), &got); err != nil {
		t.Fatal(err)
	}
	want := defaultRunConfig()
	want.Model = want.Model.complete()
	got.Model.Refiner = want.Model.Refiner // the example has none
	want.Data.Train = "train.hdf5"
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("(-default +example)\n%s", d)
	}
	complete, err := config.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(keysOf(string(complete)), keysOf(exampleConfig())); d != "" {
		t.Errorf("keys (-complete +example)\n%s", d)
	}
}

// keysOf lists the keys of a TOML text with one key a line, with their tables.
func keysOf(text string) []string {
	table, keys := "", []string(nil)
	for line := range strings.Lines(text) {
		if m := regexp.MustCompile(`^\[(\w+)\]`).FindStringSubmatch(line); m != nil {
			table = m[1] + "."
		}
		if m := regexp.MustCompile(`^(\w+) = `).FindStringSubmatch(line); m != nil {
			keys = append(keys, table+m[1])
		}
	}
	slices.Sort(keys)
	return keys
}

// The tables of the other kinds, which stand in comments, name every key and give each its default.
func TestTheExampleShowsEveryKind(t *testing.T) {
	text := regexp.MustCompile(`(?m)^# ?`).ReplaceAllString(exampleConfig(), "")
	tables := regexp.MustCompile(`(?m)^\[model\]\n(?:.+\n)*`).FindAllString(text, -1)
	if len(tables) != len(operators.Kinds())+1 {
		t.Fatalf("%d tables [model] for the kinds %v and a refiner", len(tables), operators.Kinds())
	}
	showsARefiner(t, tables[len(tables)-1])
	for i, kind := range operators.Kinds() {
		var got struct {
			Model operators.Config `toml:"model"`
		}
		if _, err := config.Decode("example.toml", []byte(tables[i]), &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(operators.Config{Kind: kind}.Complete(), got.Model); d != "" {
			t.Errorf("%s (-default +example)\n%s", kind, d)
		}
		complete, err := config.Encode(got)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(keysOf(string(complete)), keysOf(tables[i])); d != "" {
			t.Errorf("%s: keys (-complete +example)\n%s", kind, d)
		}
	}
}

// showsARefiner checks the table of a refiner: its defaults, and its keys against the tags of the config.
func showsARefiner(t *testing.T, table string) {
	t.Helper()
	var got struct {
		Model modelConfig `toml:"model"`
	}
	if _, err := config.Decode("example.toml", []byte(table), &got); err != nil {
		t.Fatal(err)
	}
	got.Model.Refiner.Fine = nil // there to show that it may be
	if d := cmp.Diff(refiner.DefaultConfig().Complete(), got.Model.Refiner.Complete()); d != "" {
		t.Errorf("refiner (-default +example)\n%s", d)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[refiner.Config]()) {
		key := f.Tag.Get("toml")
		if !strings.Contains(table, "\n"+key+" = ") && !strings.Contains(table, "\n[model."+key+"]") {
			t.Errorf("the key %s of a refiner is not shown", key)
		}
	}
}
