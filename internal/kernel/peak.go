package kernel

// Peak runs n rounds of independent single-precision multiply-adds in registers on the calling goroutine and returns how many floating-point operations
// that was: timed, it gives the speed that no product can exceed. At level Go there is no such loop and it returns 0.
func Peak(n int) (operations int) { return n * peak32(n) }
