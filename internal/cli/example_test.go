package cli_test

import (
	"context"
	"fmt"
	"os"

	"github.com/eddy-pde/eddy/internal/cli"
)

// A command runs with the streams it is given and ends with an exit code.
func ExampleRunWithContext() {
	code := cli.RunWithContext(context.Background(), []string{"generate", "ks", "--out", "ks.hdf5"}, nil, os.Stdout, os.Stdout)
	fmt.Println(code)
	// Output:
	// eddy: generate: --trajectories is missing (usage: eddy generate PDE|PRESET --out FILE [--trajectories N] [--steps T] [flags])
	// 2
}
