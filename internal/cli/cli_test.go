package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/eddy-pde/eddy/datasets/open"
	"github.com/eddy-pde/eddy/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"eddy":         func() { os.Exit(run(nil)) },
		"crasheddy":    func() { os.Exit(run(crash)) },
		"makedata":     makeData,
		"makeunstable": makeUnstable,
	})
}

// run is cmd/eddy's main, in a process of its own. A probe is done by probe where it is not nil.
func run(probe func()) int {
	if probe != nil && len(os.Args) > 1 && os.Args[1] == "__probe" {
		probe()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return cli.RunWithContext(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, cli.WithSelf(self))
}

// crash ends the process as a fault inside a C library does.
func crash() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
	time.Sleep(time.Minute)
}

// The scripts in testdata use the command as a shell does. "slow" in a name is left out with -short.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	if testing.Short() {
		files = slices.DeleteFunc(files, func(f string) bool { return strings.Contains(f, "slow") })
	}
	testscript.Run(t, testscript.Params{
		Files: files,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fails":     fails,
			"signalled": signalled,
			"same":      same,
			"cut":       cut,
			"smalldisk": smallDisk,
		},
		Setup: func(env *testscript.Env) error {
			foreign, err := filepath.Abs("../../operators/testdata") // state dicts that PyTorch wrote
			env.Setenv("TESTDATA", foreign)
			return err
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "hdf5":
				return !strings.HasPrefix(open.HDF5(), "none"), nil
			case "mount":
				return canMount()
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// fails CODE PROGRAM ARGS… runs a program that must end with CODE and one line of error, which is the last of standard error.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fails CODE PROGRAM ARGS…")
	}
	err := ts.Exec(args[1], args[2:]...)
	checkFailure(ts, args[0], err, ts.ReadFile("stderr"))
}

func checkFailure(ts *testscript.TestScript, code string, err error, said string) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != code {
		ts.Fatalf("ended with %v, want exit code %s", err, code)
	}
	lines := strings.Split(strings.TrimSuffix(said, "\n"), "\n")
	for i, line := range lines {
		if last := i == len(lines)-1; strings.HasPrefix(line, "eddy: ") != last {
			ts.Fatalf("standard error is not one line of error behind lines of progress:\n%s", said)
		}
	}
}

// signalled SIGNAL CODE FILE ROWS PROGRAM ARGS… starts a program, sends it a signal once FILE exists and has ROWS lines, and wants it to end with CODE (- for a
// process that the signal killed).
func signalled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 5 {
		ts.Fatalf("usage: signalled SIGNAL CODE FILE ROWS PROGRAM ARGS…")
	}
	sig := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}[args[0]]
	rows, err := strconv.Atoi(args[3])
	ts.Check(err)
	program, err := exec.LookPath(args[4])
	ts.Check(err)
	cmd := exec.Command(program, args[5:]...)
	cmd.Dir = ts.Getenv("WORK")
	var said bytes.Buffer
	cmd.Stderr, cmd.Stdout = &said, io.Discard
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for lines(ts.MkAbs(args[2])) < rows {
		select {
		case err := <-ended:
			ts.Fatalf("ended before the signal: %v\n%s", err, said.String())
		case <-time.After(time.Millisecond):
		}
	}
	ts.Check(cmd.Process.Signal(sig))
	err = <-ended
	if args[1] == "-" {
		if err == nil {
			ts.Fatalf("ended well in spite of the signal")
		}
		return
	}
	checkFailure(ts, args[1], err, said.String())
	ts.Check(os.WriteFile(ts.MkAbs("said"), said.Bytes(), 0o644))
}

// lines is the number of lines of a file, −1 while it does not exist.
func lines(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return -1
	}
	return bytes.Count(text, []byte("\n"))
}

// same A B compares two files by their bytes.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same A B")
	}
	a, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	if equal := bytes.Equal(a, b); equal == neg {
		ts.Fatalf("%s and %s: equal is %v", args[0], args[1], equal)
	}
}

// cut FILE BYTES shortens a file.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut FILE BYTES")
	}
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}
