package eddy_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
)

// The README's quickstart: load a run and step it inside a simulation loop.
func Example() {
	surrogate, err := operators.Load("testdata/run") // the folder that eddy train wrote
	if err != nil {
		log.Fatal(err)
	}
	axis := surrogate.Spec().Grid.Axes[0]
	u := eddy.NewTensor(1, 1, 1, axis.Points) // [batch, history, field, x]: your simulation's state
	for i := range u.Data {
		u.Data[i] = float32(math.Cos(2 * math.Pi * 3 * float64(i) / float64(axis.Points)))
	}
	next := eddy.NewTensor(1, 1, axis.Points)
	for range 20 {
		if err := surrogate.Step(context.Background(), next, eddy.Input{U: u}); err != nil {
			log.Fatal(err)
		}
		copy(u.Data, next.Data) // your simulation goes on with the new state
	}
	fmt.Printf("t = %.0f s: %d values of %s\n", 20*surrogate.Spec().Dt, next.Len(), surrogate.Spec().Fields[0].Name)
	// Output: t = 20 s: 64 values of u
}

func TestReadmeShowsTheExample(t *testing.T) {
	readme, source := read(t, "README.md"), read(t, "example_test.go")
	shown := between(t, readme, "```go\n", "```\n")
	tested := between(t, source, "func Example() {\n", "\t// Output:")
	var lines []string
	for line := range strings.Lines(tested) {
		lines = append(lines, strings.TrimPrefix(line, "\t"))
	}
	if diff := cmp.Diff(strings.Join(lines, ""), shown); diff != "" {
		t.Errorf("README.md differs from the Example in example_test.go (-example +README):\n%s", diff)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// between is what stands between the first occurrence of one text and the next of another.
func between(t *testing.T, s, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, from)
	if !ok {
		t.Fatalf("%q not found", from)
	}
	inner, _, ok := strings.Cut(rest, to)
	if !ok {
		t.Fatalf("%q not found after %q", to, from)
	}
	return inner
}
