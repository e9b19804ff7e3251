// Package cli is the eddy command: it parses arguments, calls the libraries and talks to the terminal. It is a package so that a test, or another program, can
// run a command with its own streams; cmd/eddy is a main function round it.
//
// Results go to standard output and nothing else does; progress and messages go to standard error. An error is one line. No panic reaches the user.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy/internal/par"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// app is one run of the command.
type app struct {
	in       io.Reader
	args     []string // as given
	out, err io.Writer
	self     string // this program's file, for probes; empty: files are opened without a probe
	threads  int
	quiet    bool
	json     bool
	opened   []io.Closer // data files, closed at the end
}

// Option changes how RunWithContext works.
type Option func(*app)

// WithSelf names the file of a program whose main function is RunWithContext. Data files are then first opened in a child process of it, so that a crash inside
// the HDF5 library becomes an error that names the file. Without it they are opened directly.
func WithSelf(program string) Option { return func(a *app) { a.self = program } }

// RunWithContext runs the command with the arguments that follow its name and returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted. When ctx
// is done, the command saves what it can, prints how to go on, and returns 130.
func RunWithContext(ctx context.Context, args []string, in io.Reader, out, err io.Writer, options ...Option) (code int) {
	a := &app{args: args, in: in, out: out, err: err}
	for _, o := range options {
		o(a)
	}
	threads, procs := par.Threads(), runtime.GOMAXPROCS(0)
	defer func() {
		if a.threads > 0 { // as the program round us had them
			par.SetThreads(threads)
			runtime.GOMAXPROCS(procs)
		}
	}()
	defer a.closeData()
	defer func() {
		if r := recover(); r != nil {
			a.fail(fmt.Errorf("internal error: %v (a fault of eddy, not of your input; EDDY_DEBUG=1 prints where)", r))
			if os.Getenv("EDDY_DEBUG") != "" {
				fmt.Fprintf(a.err, "%s", debug.Stack())
			}
			code = exitFailed
		}
	}()
	root := a.root()
	root.SetArgs(args)
	return a.report(ctx, root.ExecuteContext(ctx))
}

// report prints err, if any, and chooses the exit code.
func (a *app) report(ctx context.Context, err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		a.fail(err)
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		text := "interrupted"
		if stop := new(stopped); errors.As(err, &stop) {
			text += "; " + stop.advice
		}
		a.fail(errors.New(text))
		return exitInterrupted
	}
	a.fail(err)
	return exitFailed
}

func (a *app) fail(err error) { fmt.Fprintf(a.err, "eddy: %s\n", oneLine(err.Error())) }

// note tells the user something that is not a result, unless --quiet.
func (a *app) note(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}

// oneLine folds a message of several lines (joined errors) into one.
func oneLine(s string) string {
	var parts []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, "; ")
}

// usageError is the caller's fault: a wrong flag, argument or configuration.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// stopped is an interruption after which the command can go on.
type stopped struct {
	advice string // "resume with: eddy train …"
	err    error
}

func (e *stopped) Error() string { return e.err.Error() }
func (e *stopped) Unwrap() error { return e.err }

// root builds the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "eddy",
		Short: "neural PDE surrogates: generate data, train, roll out, evaluate",
		Long: `eddy trains neural operators on fluid data in HDF5 files, rolls them out for thousands of steps, and says when they stop being trustworthy.

A first run:

  eddy generate ks --out train.hdf5 --trajectories 64 --steps 200 --seed 1
  eddy generate ks --out test.hdf5 --trajectories 16 --steps 200 --seed 1 --split test
  eddy train --example > ks.toml     # a complete config file, to be changed
  eddy train ks.toml --out run
  eddy eval run --data test.hdf5 --out evaluation --against persistence,climatology,solver:64
                                     # then open evaluation/report.html

From there:

  data of your own       eddy inspect FILE… says what is in them, in which layout, and what is wrong with them
  another equation       eddy generate --help lists the equations and the data sets of other toolkits that it makes again
  a network of yours     eddy info CONFIG.toml says how large it is before it is trained; eddy import takes weights from Python
  is it any good         eddy eval RUN RUN … compares runs, tells apart only what the test data tell apart, and with --break-even says when a run pays
  use it                 eddy rollout writes trajectories; from Go, operators.Load gives a model to step in a loop of yours

Results go to standard output, progress and messages to standard error. Exit code 0: done, 1: failed, 2: wrong usage, 130: interrupted; what was interrupted goes on
with --resume. An error says what was found, what was expected and what to do.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			text := fmt.Sprintf("unknown command %q", args[0])
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				text += ", did you mean " + strings.Join(near, " or ") + "?"
			}
			return usagef("%s (eddy --help lists the commands)", text)
		},
		PersistentPreRunE:          func(*cobra.Command, []string) error { return a.setThreads() },
		SuggestionsMinimumDistance: 2,
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetHelpCommand(&cobra.Command{Hidden: true, Use: "no-help"})
	root.SetHelpCommandGroupID("Data") // else help has a heading for it alone
	root.PersistentFlags().IntVar(&a.threads, "threads", 0, "number of threads (default: all cores)")
	root.PersistentFlags().BoolVar(&a.quiet, "quiet", false, "no progress, only results and errors")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%s (%s --help shows the flags)", flagFault(cmd, err), cmd.CommandPath())
	})
	for _, g := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Data", []*cobra.Command{a.generate(), a.inspect()}},
		{"Models", []*cobra.Command{a.train(), a.info(), a.importWeights()}},
		{"Forecasts", []*cobra.Command{a.rollout(), a.eval()}},
		{"Without training", []*cobra.Command{a.gp()}},
		{"The command itself", []*cobra.Command{a.completion(), a.man(), a.version()}},
	} {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title + ":"})
		for _, c := range g.commands {
			c.GroupID = g.title
			root.AddCommand(c)
		}
	}
	root.AddCommand(a.probe())
	for _, c := range root.Commands() {
		c.DisableFlagsInUseLine = true
	}
	return root
}

// flagFault is the message about a flag in words of the command line: what a value was and what it should have been, not which function of Go could not read it.
func flagFault(cmd *cobra.Command, err error) string {
	text := err.Error()
	var bad interface{ GetValue() string } // a *pflag.InvalidValueError
	_, name, found := strings.Cut(text, `" for "--`)
	name, _, _ = strings.Cut(name, `"`)
	flag := cmd.Flag(name)
	if !errors.As(err, &bad) || !found || flag == nil {
		return text
	}
	want := map[string]string{"int": "a whole number", "uint64": "a whole number that is not negative", "bool": "true or false"}[flag.Value.Type()]
	if want == "" {
		return text
	}
	return fmt.Sprintf("--%s %s: expected %s", name, bad.GetValue(), want)
}

// setThreads applies --threads to our own parallel loops and to the Go scheduler.
func (a *app) setThreads() error {
	switch {
	case a.threads < 0:
		return usagef("--threads %d: expected at least 1", a.threads)
	case a.threads > 0:
		runtime.GOMAXPROCS(a.threads)
		par.SetThreads(a.threads)
	}
	return nil
}

// exactly is the argument rule of a command that takes n arguments, named for the message.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usagef("%s: found %d arguments, expected %s (usage: %s)", cmd.Name(), len(args), strings.Join(names, " "), cmd.UseLine())
		}
		return nil
	}
}

// atLeastOne is the argument rule of a command that takes a list.
func atLeastOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usagef("%s: no %s given (usage: %s)", cmd.Name(), name, cmd.UseLine())
		}
		return nil
	}
}

// required turns the absence of a flag into a usage error. Cobra's own rule reports it without an example.
func required(cmd *cobra.Command, flags ...string) error {
	for _, f := range flags {
		if !cmd.Flags().Changed(f) {
			return usagef("%s: --%s is missing (usage: %s)", cmd.Name(), f, cmd.UseLine())
		}
	}
	return nil
}
