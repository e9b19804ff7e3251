package gp

import (
	"context"
	"fmt"
	"time"

	"github.com/eddy-pde/eddy"
)

// Solve computes the posterior of the solution with the solver that opt names.
//
// It returns the faults of Validate, *IllPosedError and *SingularError where the problem has no stable solution, *ExpressionError where a value is not finite, and the
// context's error when it is cancelled between steps. A solution that is merely inaccurate is returned: its ErrorEstimate says so.
func Solve(ctx context.Context, p *Problem, opt Options) (q *Posterior, err error) {
	defer eddy.Recover(&err)
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	opt = opt.withDefaults()
	start := time.Now()
	switch opt.Solver {
	case FDSM:
		q, err = solveFDSM(ctx, p, opt)
	case Cheb:
		q, err = solveCheb(ctx, p, opt)
	case GPHM:
		q, err = solveGPHM(ctx, p, opt)
	default:
		return nil, fmt.Errorf("gp: solver = %q, expected fdsm, gphm or cheb", opt.Solver)
	}
	if err != nil {
		return nil, err
	}
	q.Solver, q.problem = opt.Solver, p
	q.Seconds = time.Since(start).Seconds()
	return q, ctx.Err()
}
