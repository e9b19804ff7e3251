//go:build !unix

package main

// cpuTimed falls back on the clock.
func cpuTimed(step func() error, k int) (float64, error) { return timed(step, k) }
