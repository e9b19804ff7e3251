//go:build !race

package fno

import (
	"runtime"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy/internal/par"
)

// TestTrainingStepAllocatesLittle: a steady step leaves closures and the bookkeeping of goroutines, no array: at most 64 kB, whatever the size of the fields.
// Not with the race detector, under which a sync.Pool forgets at random.
func TestTrainingStepAllocatesLittle(t *testing.T) {
	defer par.SetThreads(0)
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would empty the kernels' pools of buffers
	for _, threads := range []int{1, 2} {
		par.SetThreads(threads)
		for _, c := range []Config{{Block: Classic, ModeLayout: Classic}, {Block: Current}} {
			step := trainStep(t, paperSize(t, c), 4, 32)
			for range 10 { // buffers for every worker at work at once
				step()
			}
			var bytes []uint64 // the median: once in a while more workers than ever before are at work at once
			for range 11 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				step()
				runtime.ReadMemStats(&after)
				bytes = append(bytes, after.TotalAlloc-before.TotalAlloc)
			}
			slices.Sort(bytes)
			if b := bytes[len(bytes)/2]; b > 64<<10 {
				t.Errorf("block %q, %d threads: %d bytes allocated a step", c.Block, threads, b)
			}
		}
	}
}
