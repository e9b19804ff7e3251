package cli

import (
	"errors"
	"fmt"
	"os/exec"
	"testing"

	"github.com/eddy-pde/eddy"
)

// What is printed as the command to go on with means the same to a shell.
func TestQuotedWordsSurviveTheShell(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("this system has no sh to ask")
	}
	for _, word := range []string{"plain", "", "two words", "it's", `$HOME "x"`, "a=[1, 2]", "*", "päth", "-x", "a\\b"} {
		out, err := exec.Command(shell, "-c", "printf %s "+quote(word)).Output()
		if err != nil {
			t.Fatalf("%q: %v", word, err)
		}
		if string(out) != word {
			t.Errorf("%q came back as %q", word, out)
		}
	}
}

func TestAnErrorIsOneLine(t *testing.T) {
	err := errors.Join(errors.New("first\nsecond"), fmt.Errorf("third: %w", errors.Join(errors.New("fourth"), errors.New("fifth"))))
	if got, want := oneLine(err.Error()), "first; second; third: fourth; fifth"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTheStrideOfDataFollowsTheStepOfTheModel(t *testing.T) {
	for _, c := range []struct {
		model, data float64
		want        int
	}{
		{1, 1, 1},
		{1, 0.2, 5},
		{1, float64(float32(0.1)), 10}, // files may hold times in float32
		{1, 0.3, 1},                    // no whole number: CheckData tells
		{0.5, 1, 1},
		{0, 0, 1}, // steady
		{1, 0, 1},
	} {
		if got := strideFor(eddy.Spec{Dt: c.model}, eddy.Spec{Dt: c.data}); got != c.want {
			t.Errorf("model %g, data %g: stride %d, want %d", c.model, c.data, got, c.want)
		}
	}
}
