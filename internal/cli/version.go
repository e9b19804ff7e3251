package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy/datasets/open"
	"github.com/eddy-pde/eddy/internal/kernel"
	"github.com/eddy-pde/eddy/internal/par"
)

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version [flags]",
		Short: "print the versions of eddy, Go and HDF5, and what the kernels use of the processor",
		Long: `Version prints what a report of a fault should hold: the version of eddy, of Go and of the HDF5 library, and the instructions that the kernels use on this
processor.`,
		Example: "  eddy version",
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(a.out, "eddy   %s\n", buildVersion())
			fmt.Fprintf(a.out, "go     %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
			fmt.Fprintf(a.out, "hdf5   %s\n", open.HDF5())
			fmt.Fprintf(a.out, "cpu    %s kernels, %d threads\n", kernel.Active(), par.Threads())
			return nil
		},
	}
}

// buildVersion is the module's version, with the revision where the program was built in a checkout.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := cmp.Or(info.Main.Version, "(devel)")
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	if r := setting["vcs.revision"]; r != "" && version == "(devel)" {
		version += " " + r[:min(12, len(r))]
		if setting["vcs.modified"] == "true" {
			version += " with changes"
		}
	}
	return version
}
