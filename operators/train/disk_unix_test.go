//go:build unix

package train

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A checkpoint that does not fit on the disk (here: a limit on the size of files) is an error that names what is kept, loses nothing, and the run resumes to the
// same bits once there is room.
func TestFullDiskLosesNothing(t *testing.T) {
	want := referenceRun(t)
	dir := t.TempDir()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	restore := func() { _ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old) }
	defer restore()

	c, train, valid := resumable()
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	tr.Run = Run{Dir: dir, Kind: "small"}
	var before []byte
	tr.Observe = func(e Event) {
		if e.Kind == Stepped && e.Step == 15 { // right before a checkpoint; the one before is of step 14
			before, _ = os.ReadFile(filepath.Join(dir, StateFile))
			limit := old
			limit.Cur = 2048 // room for rows, not for a state
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err := tr.Fit(t.Context(), train, valid)
	restore()
	if err == nil || !strings.Contains(err.Error(), "checkpoint at step 15 not written (the run is kept as of step 14)") {
		t.Fatalf("error %v", err)
	}
	if !bytes.Equal(before, readFile(t, dir, StateFile)) {
		t.Error("the state changed")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	again(t, dir)
	sameOutcome(t, want, outcome(t, dir))
}
