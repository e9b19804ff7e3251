// Command datasets measures what datasets/ promises and writes its tables into a page, each between two comments that name it:
//
//	read      shuffled windows beside h5py, the same file in the same order (read.go, read.py)
//	layouts   every layout read, streamed, inspected and trained on for an epoch (layouts.go)
//	corrupt   damaged files opened in a child process (corrupt.go)
//	kuramoto-sivashinsky  generation beside exponax (gen_ks.go, gen_ks.py)
//	navier-stokes  generation of 2-D flows beside jax-cfd (gen_ns.go, gen_ns.py)
//
// go run ./benchmarks/datasets [-python FILE] [-page FILE] PART…
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

var (
	python  = flag.String("python", "python3", "a Python with numpy and h5py")
	page    = flag.String("page", "", "the page whose tables are replaced; none are when empty")
	results = flag.String("results", "", "folder for the results as JSON; none are written when empty")
)

// part is one of the measurements: it returns its table in Markdown and its results for JSON.
type part struct {
	name string
	run  func(ctx context.Context, args []string) (table string, result any, err error)
}

// parts are filled in by the files of the measurements.
var parts []part

func main() {
	if code, ok := asChild(); ok {
		os.Exit(code)
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "datasets benchmark:", err)
		os.Exit(1)
	}
}

// run does the part that the first argument names; the others are its own.
func run(ctx context.Context, args []string) error {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	slices.Sort(names)
	if len(args) == 0 {
		return fmt.Errorf("name what to measure: one of %s", strings.Join(names, ", "))
	}
	at := slices.IndexFunc(parts, func(p part) bool { return p.name == args[0] })
	if at < 0 {
		return fmt.Errorf("%q is not measured here, only %s", args[0], strings.Join(names, ", "))
	}
	table, result, err := parts[at].run(ctx, args[1:])
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	fmt.Print(table)
	return errors.Join(intoPage(*page, args[0], table), writeResult(*results, args[0], result))
}

// intoPage replaces what stands between <!-- NAME --> and <!-- /NAME --> in a page.
func intoPage(path, name, table string) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
	before, rest, ok := bytes.Cut(text, []byte(begin))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed {
		return fmt.Errorf("%s: no %q followed by %q", path, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(path, slices.Concat(before, []byte(begin), []byte(table), []byte(end), after), 0o644)
}

func writeResult(dir, name string, result any) error {
	if dir == "" {
		return nil
	}
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".json"), append(text, '\n'), 0o644)
}
