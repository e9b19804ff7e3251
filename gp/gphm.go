package gp

import (
	"context"
	"errors"
)

func solveGPHM(_ context.Context, _ *Problem, _ Options) (*Posterior, error) {
	return nil, errors.New("gp: solver gphm is not part of this build")
}
