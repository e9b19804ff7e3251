//go:build !amd64 || noasm

package kernel

// Without assembly the level is Go and Winograd's transforms are never chosen.

func deinterleave(int, []float32, []float32, []float32)                      {}
func winogradInput(int, int, []float32, int, []float32, []float32, int)      {}
func winogradOutput(int, int, []float32, []float32, []float32, int, float32) {}
func winogradGradient(int, int, []float32, int, []float32, []float32, int)   {}
