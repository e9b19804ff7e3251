package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy/internal/config"
	"github.com/eddy-pde/eddy/operators"
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
	if len(tables) != len(operators.Kinds()) {
		t.Fatalf("%d tables [model] for the kinds %v", len(tables), operators.Kinds())
	}
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
