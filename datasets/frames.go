package datasets

import (
	"context"

	"github.com/eddy-pde/eddy"
)

// FrameWriter is a Writer that also takes trajectories a few frames at a time, so that they may be longer than memory, and that an interrupted one goes on in its
// middle. Several trajectories may grow side by side; those that are begun follow, in order, the ones that are complete. A trajectory comes either through Write or
// through Start and Append.
type FrameWriter interface {
	Writer
	// Start begins trajectory traj, with what [ConditionWriter] takes: its static fields [F, X…] and parameters [P], each empty where Spec has none.
	Start(ctx context.Context, traj int, static, cond []float64) error
	// Append stores the next frames [T, C, X…] of a trajectory that was begun.
	Append(ctx context.Context, traj int, frames *eddy.Tensor) error
	// Appended is the number of frames of a trajectory that are stored; after Begin, those of an interrupted run's last Checkpoint.
	Appended(traj int) int
	// ReadBack fills dst [T, C, X…] with stored frames frame … frame+T−1.
	ReadBack(ctx context.Context, dst *eddy.Tensor, traj, frame int) error
	// Checkpoint makes everything stored so far safe, together with a state of the caller's, which may be nil.
	Checkpoint(ctx context.Context, state []byte) error
	// State is that of the last Checkpoint, also of an interrupted run's; nil where there was none.
	State() []byte
}
