//go:build !amd64 || noasm

package kernel

// Without assembly every pass is the caller's Go loop.

func activate32(_, _ int, _, _, _ []float32, _ int, _ []float32, _ Activation) bool { return false }
func deactivate32(_, _, _ []float32, _ Activation) bool                             { return false }
func addRow32(_, _ []float32, _ float32) bool                                       { return false }
func shiftRow32(_ []float32, _ float32) bool                                        { return false }
func sumDifference32(_, _, _, _ []float32) bool                                     { return false }
func adamW32(_, _, _, _, _ []float32, _ *adamWCoefficients) bool                    { return false }
func sumSquares32(_ []float32, _ *[8]float64) bool                                  { return false }
func sum32(_ []float32, _ *[8]float32) bool                                         { return false }

func rowPairs32(_ Store, _, _ int, _, _, _, _ []float32, _, _, _, _, _, _ int) bool { return false }

func spreadRows32(_ int, _, _ []int32, _, _, _ []float32, _ int) bool { return false }

func gatherRows32(_ int, _, _ []int32, _, _, _ []float32, _ int) bool { return false }

func copyRows32(_, _ int, _ []float32, _ int, _ []float32, _ int) bool       { return false }
func negativeRows32(_, _ int, _ []float32, _ int, _ []float32, _ int) bool   { return false }
func complexRows32(_, _ int, _ []float32, _ int, _, _ []float32, _ int) bool { return false }

func foldRows32(_, _ int, _, _, _ []float32, _ int) bool            { return false }
func unfoldRows32(_ Store, _, _ int, _, _, _ []float32, _ int) bool { return false }

func peak32(int) int { return 0 }

// Without assembly the level is Go and these are never called.

func hiddenForward32(_, _ int, _ []float32, _ int, _ []float32, _ int, _, _ []float32)     {}
func hiddenBackward32(_, _ int, _ []float32, _ int, _ []float32, _ int, _, _, _ []float32) {}
func lanes32() int                                                                         { return 1 }

func moments32([]float32, *[16]float64) bool { return false }

func normRow32(_, _ []float32, _, _ float32, _ Activation) bool { return false }

func normSlopeRow32(_, _, _ []float32, _ [4]float32, _ Activation) (total, cross float64, ok bool) {
	return 0, 0, false
}

func blendRow32(_, _, _ []float32, _ [3]float32, _ Store) bool { return false }
