package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/open"
)

// probeName is the hidden command that a child process of ours runs.
const probeName = "__probe"

// probeTime is how long a child may take to open a file before it counts as hanging.
const probeTime = 2 * time.Minute

// tryInChild returns an error if opening path crashes or hangs a child process. A child that merely reports an error is no fault here: the caller will meet the
// same error itself.
func (a *app) tryInChild(ctx context.Context, path string) error {
	if a.self == "" {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	var said bytes.Buffer
	child := exec.CommandContext(limited, a.self, probeName, path)
	child.Stderr = &said
	err := child.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return fmt.Errorf("%s: reading it takes the HDF5 library more than %s: the file is damaged, or its disk does not answer", path, probeTime)
	case err == nil:
		return nil
	case !errors.As(err, &exit):
		return fmt.Errorf("%s: cannot start the process that opens it first: %w", path, err)
	case exit.ExitCode() == exitFailed:
		return nil
	}
	return fmt.Errorf("%s: reading it crashes the HDF5 library (%s): the file is damaged or not what its name says", path, crash(exit, said.String()))
}

// crash is what a dead child left: the signal, or the first line it wrote.
func crash(exit *exec.ExitError, said string) string {
	if line, _, _ := strings.Cut(strings.TrimSpace(said), "\n"); line != "" {
		return line
	}
	return exit.String()
}

func (a *app) probe() *cobra.Command {
	return &cobra.Command{
		Use:    probeName + " FILE",
		Hidden: true,
		Args:   exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return touch(cmd.Context(), args[0])
		},
	}
}

// touched is the number of trajectories that a probe reads from.
const touched = 16

// touch opens a file and reads the first and the last frame of some of its trajectories.
func touch(ctx context.Context, path string) error {
	ds, _, err := open.Whole(path)
	if err != nil {
		return err
	}
	frame := eddy.NewTensor(append([]int{1}, ds.Spec().FrameShape()...)...)
	n := ds.Len()
	for i := range min(n, touched) {
		traj := i * n / min(n, touched)
		for _, f := range []int{0, ds.Frames(traj) - 1} {
			if err := ds.Read(ctx, frame, traj, f); err != nil {
				return err
			}
		}
	}
	return nil
}
