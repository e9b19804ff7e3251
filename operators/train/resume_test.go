package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// resumable is a training with everything that has a state: noise, unrolling, running mean, validation.
func resumable() (Config, *memory, *memory) {
	c := quick(40)
	c.Objective = ObjectiveConfig{Kind: "unrolled", Target: "residual", Loss: "rel_l2", Unroll: 2, Noise: 0.05}
	return c, toy(1, 3, 8, 8), toy(2, 2, 8, 8) // 18 windows: 4 batches an epoch, 10 epochs
}

// outcome is every file of a run whose bytes must not depend on interruptions.
func outcome(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{ModelFile, BestFile, MetricsFile} {
		files[name] = readFile(t, dir, name)
	}
	return files
}

func sameOutcome(t *testing.T, want, got map[string][]byte) {
	t.Helper()
	for name := range want {
		if !bytes.Equal(want[name], got[name]) {
			t.Errorf("%s differs from that of the uninterrupted run", name)
		}
	}
}

// reference trains without interruption.
func referenceRun(t *testing.T) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	c, train, valid := resumable()
	fit(t, c, dir, train, valid)
	return outcome(t, dir)
}

// again resumes a run to its end.
func again(t *testing.T, dir string) Report {
	t.Helper()
	c, train, valid := resumable()
	tr := must(New(newSmallNet(99, 2, 2), c))(t) // other initial weights: they must not matter
	tr.Run = Run{Dir: dir, Kind: "small"}
	rep, err := tr.Resume(t.Context(), train, valid)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// Kind and config of the network must be those of the record. Keys that the record does not have are younger than it.
func TestResumingAsksForTheSameNetwork(t *testing.T) {
	made := Meta{Kind: "small", Config: []byte(`{"width":8,"modes":[3,4],"base":{"activation":"gelu"},"gone":1}`)}
	for now, want := range map[string]string{
		`{"width":8,"modes":[3,4],"base":{"activation":"gelu","young":2},"gone":1}`: "",
		`{"width":9,"modes":[3,4],"base":{"activation":"gelu"},"gone":1}`:           "model.width = 9, but the run was started with 8",
		`{"width":8,"modes":[3,5],"base":{"activation":"gelu"},"gone":1}`:           "model.modes = [3 5], but the run was started with [3 4]",
		`{"width":8,"modes":[3,4],"base":{"activation":"silu"},"gone":1}`:           "model.base.activation = silu, but the run was started with gelu",
		`{"width":8,"modes":[3,4],"base":{"activation":"gelu"}}`:                    "model.gone is missing, but the run was started with 1",
		`{"width":`: "model config",
	} {
		err := Run{Kind: "small", Architecture: []byte(now)}.checkArchitecture(made)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", now, err, want)
		}
	}
	if err := (Run{Kind: "large"}).checkArchitecture(made); err == nil || !strings.Contains(err.Error(), `model.kind = "large"`) {
		t.Errorf("another kind: %v", err)
	}
	if err := (Run{}).checkArchitecture(made); err != nil {
		t.Errorf("a caller who says nothing of the network: %v", err)
	}
}

func TestResultsDoNotDependOnThreads(t *testing.T) {
	defer par.SetThreads(0)
	var first map[string][]byte
	for _, n := range []int{1, 2, 5} {
		par.SetThreads(n)
		got := referenceRun(t)
		if first == nil {
			first = got
		}
		sameOutcome(t, first, got)
	}
}

func TestCancelledRunResumesToTheSameBits(t *testing.T) {
	want := referenceRun(t)
	for _, at := range []int{1, 7, 13, 20, 39} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			dir := t.TempDir()
			c, train, valid := resumable()
			tr := must(New(newSmallNet(1, 2, 2), c))(t)
			tr.Run = Run{Dir: dir, Kind: "small"}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			tr.Observe = func(e Event) {
				if e.Kind == Stepped && e.Step == at {
					cancel()
				}
			}
			_, err := tr.Fit(ctx, train, valid)
			var stopped *InterruptedError
			if !errors.As(err, &stopped) || stopped.Step != at || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), dir) {
				t.Fatalf("error %v, want an interruption after step %d", err, at)
			}
			if rep := again(t, dir); rep.Step != 40 || rep.Stopped != "steps" {
				t.Errorf("report %+v", rep)
			}
			sameOutcome(t, want, outcome(t, dir))
		})
	}
}

// cancelOnRead cancels a context at its at-th read.
type cancelOnRead struct {
	*memory
	reads  int
	at     int
	cancel context.CancelFunc
}

func (c *cancelOnRead) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if c.reads++; c.reads == c.at {
		c.cancel()
	}
	return c.memory.Read(ctx, dst, traj, frame)
}

// A validation that was interrupted is made up for, so that its row and the best checkpoint are not lost.
func TestCancelledValidationIsRepeated(t *testing.T) {
	want := referenceRun(t)
	dir := t.TempDir()
	c, train, valid := resumable()
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	tr.Run = Run{Dir: dir, Kind: "small"}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := tr.Fit(ctx, train, &cancelOnRead{memory: valid, at: 6, cancel: cancel}) // two reads at the start and two a validation: the second one, step 14
	var stopped *InterruptedError
	if !errors.As(err, &stopped) || stopped.Step != 14 {
		t.Fatalf("error %v, want an interruption after step 14", err)
	}
	again(t, dir)
	sameOutcome(t, want, outcome(t, dir))
}

// crash is what a test panics with in place of a killed process.
type crash struct{ at string }

// A process that dies between two files of a checkpoint leaves a run that resumes to the same bits.
func TestCrashBetweenRenames(t *testing.T) {
	want := referenceRun(t)
	for _, file := range []string{StateFile, ModelFile, BestFile} {
		for _, nth := range []int{1, 3, 5} {
			t.Run(fmt.Sprintf("%s/%d", file, nth), func(t *testing.T) {
				dir := t.TempDir()
				crashAfter(t, dir, file, nth)
				again(t, dir)
				sameOutcome(t, want, outcome(t, dir))
			})
		}
	}
}

// crashAfter trains until a file has been written nth times and then drops everything.
func crashAfter(t *testing.T, dir, file string, nth int) {
	t.Helper()
	c, train, valid := resumable()
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	tr.Run = Run{Dir: dir, Kind: "small"}
	tr.afterWrite = func(name string) {
		if name == file {
			if nth--; nth == 0 {
				panic(crash{file})
			}
		}
	}
	defer func() {
		if _, ok := recover().(crash); !ok {
			t.Fatalf("no crash after %s", file)
		}
	}()
	_, _ = tr.Fit(t.Context(), train, valid)
}

// The environment variables that turn the test binary into a process which trains.
const (
	childDir    = "EDDY_TEST_TRAIN_DIR"
	childResume = "EDDY_TEST_TRAIN_RESUME"
)

// TestChildProcess is not a test: it is what TestKilledProcessResumesToTheSameBits runs and kills.
func TestChildProcess(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		return
	}
	c, train, valid := resumable()
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	tr.Run = Run{Dir: dir, Kind: "small"}
	tr.Observe = func(e Event) {
		if e.Kind == Stepped {
			time.Sleep(time.Millisecond) // long enough to be hit
		}
	}
	run := tr.Fit
	if os.Getenv(childResume) != "" {
		run = tr.Resume
	}
	if _, err := run(t.Context(), train, valid); err != nil {
		t.Fatal(err)
	}
}

// kill -9 at random moments, again and again, until a resumed run gets through: the files are those of an uninterrupted run.
func TestKilledProcessResumesToTheSameBits(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	want := referenceRun(t)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0)) // random moments are the point; any of them must do
	for round := range 2 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			dir := t.TempDir()
			kills := 0
			for !trainOrDie(t, dir, time.Duration(20+rng.IntN(120+20*kills))*time.Millisecond) { // later and later: a busy machine needs long to start a process
				kills++
			}
			t.Logf("killed %d times", kills)
			sameOutcome(t, want, outcome(t, dir))
		})
	}
}

// trainOrDie starts a process that trains or resumes in dir and kills it after a while; done tells whether it got to the end first.
func trainOrDie(t *testing.T, dir string, after time.Duration) (done bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChildProcess$", "-test.count=1")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	if _, err := os.Stat(filepath.Join(dir, StateFile)); err == nil {
		cmd.Env = append(cmd.Env, childResume+"=1")
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	if timer.Stop() && err != nil {
		t.Fatalf("the process failed by itself: %v\n%s", err, out.Bytes())
	}
	return err == nil
}

func TestResumeRefusesOtherSettings(t *testing.T) {
	dir := t.TempDir()
	c, train, valid := resumable()
	fit(t, c, dir, train, valid)
	for _, k := range []struct {
		want   string
		change func(c *Config)
		train  *memory
		net    *smallNet
	}{
		{want: "optim.lr = 1", change: func(c *Config) { c.Optim.LR = 1 }},
		{want: "seed = 5", change: func(c *Config) { c.Seed = 5 }},
		{want: "objective.noise", change: func(c *Config) { c.Objective.Noise = 0 }},
		{want: "started with 18", train: toy(1, 3, 9, 8)},
		{want: "grid", train: toy(1, 3, 8, 16)},
		{want: `"weights.a.weight" has shape [16 2], expected [16 3]`, net: newSmallNet(1, 3, 2)},
	} {
		c, data, _ := resumable()
		if k.change != nil {
			k.change(&c)
		}
		if k.train != nil {
			data = k.train
		}
		net := k.net
		if net == nil {
			net = newSmallNet(1, 2, 2)
		}
		tr := must(New(net, c))(t)
		tr.Run = Run{Dir: dir, Kind: "small"}
		if _, err := tr.Resume(t.Context(), data, valid); err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("error %v, want one with %q", err, k.want)
		}
	}
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	tr.Run.Dir = t.TempDir()
	if _, err := tr.Resume(t.Context(), train, valid); err == nil || !strings.Contains(err.Error(), "nothing to resume") {
		t.Errorf("empty folder: %v", err)
	}
	tr.Run.Dir = dir
	if _, err := tr.Fit(t.Context(), train, valid); err == nil || !strings.Contains(err.Error(), "already holds a run") {
		t.Errorf("fresh start in a run: %v", err)
	}
}

// A run may be given more steps: everything else of it stays.
func TestResumeWithMoreSteps(t *testing.T) {
	dir := t.TempDir()
	c, train, valid := resumable()
	fit(t, c, dir, train, valid)
	c.Train.Steps = 50
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	tr.Run = Run{Dir: dir, Kind: "small"}
	rep, err := tr.Resume(t.Context(), train, valid)
	if err != nil || rep.Step != 50 {
		t.Fatalf("step %d, %v", rep.Step, err)
	}
	if m := must(ReadMeta(filepath.Join(dir, ModelFile)))(t); m.Step != 50 || m.Training.Train.Steps != 50 {
		t.Errorf("model of step %d of %d", m.Step, m.Training.Train.Steps)
	}
}
