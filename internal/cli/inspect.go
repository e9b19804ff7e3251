package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy/datasets/open"
)

func (a *app) inspect() *cobra.Command {
	var full, description bool
	cmd := &cobra.Command{
		Use:   "inspect FILE… [flags]",
		Short: "describe data files and look for faults in them",
		Long: `Inspect recognises the layout of data files, prints what they hold (fields and the range of their values, grid, boundaries, time step, parameters of the
equation, a least noise for refiners) and what is wrong with them: values that are NaN or infinite, fields that never change, trajectories that occur twice, in
one file or in two (leakage from training to test data), uneven time steps and grids, missing statistics, truncated or unreadable files. Values are read up to
20 GB a file, beyond that with --full.

Layouts that are recognised: The Well, PDEBench, PDEArena, PDEgym (Poseidon), TSM, the MAT-files of the FNO paper, APEBench's .npy dumps. Any other HDF5, netCDF-4,
MAT or .npy file is read by a description, a TOML file that is given wherever a data file is expected; --description FILE drafts one, and --description
alone prints one with a comment for every key. A description without fields selects trajectories of files in a known layout: a split, or those that are distinct.

Faults in the data do not change the exit code; a file that cannot be read does (1).`,
		Example: `  eddy inspect train.hdf5
  eddy inspect train.hdf5 test.hdf5
  eddy inspect --json data/*.hdf5 | jq .problems
  eddy inspect --description mine.h5 > mine.toml
  eddy inspect mine.toml`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case !description:
				return atLeastOne("FILE")(cmd, args)
			case len(args) > 1:
				return usagef("--description takes at most one FILE, %d given", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if description {
				return a.draft(cmd.Context(), args)
			}
			return a.runInspect(cmd.Context(), args, full)
		},
	}
	cmd.Flags().BoolVar(&a.json, "json", false, "print one JSON object a line, one for each file")
	cmd.Flags().BoolVar(&description, "description", false, "print a description to be changed, a draft for FILE or an example of every key, and stop")
	cmd.Flags().BoolVar(&full, "full", false, "read all values of files of more than 20 GB too")
	return cmd
}

// draft prints a description for the file given, or the example.
func (a *app) draft(ctx context.Context, files []string) error {
	if len(files) == 0 {
		fmt.Fprint(a.out, open.ExampleDescription)
		return nil
	}
	if err := exists(files[0], wantData); err != nil {
		return err
	}
	if err := a.tryInChild(ctx, files[0]); err != nil {
		return err
	}
	text, err := open.Draft(files[0])
	fmt.Fprint(a.out, text)
	return err
}

func (a *app) runInspect(ctx context.Context, paths []string, full bool) error {
	var reports []open.Report
	var bad []error
	for _, path := range paths {
		r, err := a.inspectFile(ctx, path, full)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			bad = append(bad, err)
		}
		reports = append(reports, r)
	}
	open.Leakage(reports)
	if a.json {
		e := json.NewEncoder(a.out)
		e.SetEscapeHTML(false)
		for _, r := range reports {
			if err := e.Encode(r); err != nil {
				return fmt.Errorf("inspect: %w", err)
			}
		}
	} else {
		printReports(a.out, reports)
	}
	return errors.Join(bad...)
}

// inspectFile reads one file, in a child process first.
func (a *app) inspectFile(ctx context.Context, path string, full bool) (open.Report, error) {
	err := exists(path, wantData)
	if err == nil {
		err = a.tryInChild(ctx, path)
	}
	if err != nil {
		return unreadable(path, err), err
	}
	bar := a.progress("inspect "+path, "MB", 0, 0)
	defer bar.drop()
	return open.Inspect(ctx, path, full, func(done, total int64) { bar.of(int(done/1e6), int(total/1e6)) })
}

// unreadable is the report of a file that cannot be opened.
func unreadable(path string, err error) open.Report {
	r := open.Blank(path)
	r.Problems = []open.Problem{{Kind: open.Unreadable, Where: path, Detail: oneLine(err.Error())}}
	return r
}

// printReports writes a table, and below it, file by file, the details and what is wrong.
func printReports(w io.Writer, reports []open.Report) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FILE\tLAYOUT\tTRAJECTORIES\tFRAMES\tGRID\tDT\tFIELDS\tPARAMETERS")
	for _, r := range reports {
		fmt.Fprintln(t, strings.Join([]string{
			r.File, orDash(r.Layout), strconv.Itoa(r.Trajectories), strconv.Itoa(r.Frames), orDash(shapeText(r.Grid)), dtText(r.Dt),
			orDash(strings.Join(r.Fields, ",")), orDash(parametersText(r.Parameters)),
		}, "\t"))
	}
	_ = t.Flush() // to the user's terminal
	for _, r := range reports {
		printDetails(w, r)
	}
	for _, r := range reports {
		for _, p := range r.Problems {
			where := p.Where
			if where != "" && where != r.File {
				where = r.File + ", " + where
			}
			fmt.Fprintf(w, "%s: %s: %s\n", orDash(where), p.Kind, p.Detail)
		}
	}
}

// printDetails writes ranges of values, boundaries and what else was found in a file that could be read.
func printDetails(w io.Writer, r open.Report) {
	if len(r.Ranges) == 0 {
		return
	}
	fmt.Fprintln(w, r.File)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range r.Fields {
		if v, ok := r.Ranges[name]; ok {
			fmt.Fprintf(t, "  %s\t%.6g … %.6g\n", name, v[0], v[1])
		}
	}
	fmt.Fprintf(t, "  boundaries\t%s\n", orDash(strings.Join(r.Boundaries, ", ")))
	if r.Distinct < r.Trajectories {
		fmt.Fprintf(t, "  distinct\t%d of %d trajectories\n", r.Distinct, r.Trajectories)
	}
	if r.SigmaMin != nil {
		fmt.Fprintf(t, "  sigma_min\t%.2g standard deviations: the least noise of a refiner, from the spectrum\n", *r.SigmaMin)
	}
	_ = t.Flush() // to the user's terminal
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// shapeText is such as 64x64.
func shapeText(shape []int) string {
	parts := make([]string, len(shape))
	for i, n := range shape {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, "x")
}

func dtText(dt *float64) string {
	if dt == nil {
		return "-"
	}
	return strconv.FormatFloat(*dt, 'g', 6, 64)
}

// parametersText is such as "viscosity=0.01 length=20…40".
func parametersText(p map[string][2]float64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		text := fmt.Sprintf("%s=%.4g", name, p[name][0])
		if p[name][1] != p[name][0] {
			text += fmt.Sprintf("…%.4g", p[name][1])
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}
