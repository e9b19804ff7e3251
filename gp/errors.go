package gp

import "fmt"

// IllPosedError refuses a problem whose data do not determine a solution that depends on them continuously. Reason says what is missing or contradictory.
type IllPosedError struct{ Reason string }

// Error is one line.
func (e *IllPosedError) Error() string { return "gp: ill-posed problem: " + e.Reason }

// SingularError names an operator that has no inverse, or hardly one: a resonance, a null space.
type SingularError struct {
	What string  // the operator or the modes concerned
	Size float64 // smallest eigenvalue or pivot, relative to the operator
}

// Error is one line.
func (e *SingularError) Error() string {
	return fmt.Sprintf("gp: singular operator: %s (relative size %.1e): change the coefficient, the domain or the boundary conditions", e.What, e.Size)
}
