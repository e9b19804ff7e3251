package main

import (
	"os"
	"testing"

	"github.com/eddy-pde/eddy/internal/h5"
)

func TestMain(m *testing.M) {
	if code, ok := asChild(); ok {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// TestDamagedFilesNeverCrashOrHang damages a few files as the benchmark damages hundreds.
func TestDamagedFilesNeverCrashOrHang(t *testing.T) {
	if !h5.Available {
		t.Skip("without cgo there is no HDF5")
	}
	files := 40
	if testing.Short() {
		files = 8
	}
	all, err := corrupt(t.Context(), "../..", files, 1)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, d := range all {
		count[d.Outcome]++
		switch {
		case d.Outcome == outcomeCrash, d.Outcome == outcomeHang:
			t.Errorf("%s with %s (seed %d): %s: %s", d.File, d.Damage, d.Seed, d.Outcome, d.Said)
		case d.Checked && d.Outcome == outcomeWrong:
			t.Errorf("%s with %s (seed %d): wrong data, which its checksums cover", d.File, d.Damage, d.Seed)
		}
	}
	if count[outcomeError] == 0 || count[outcomeCorrect] == 0 {
		t.Errorf("outcomes %v: the damage does nothing, or spares nothing", count)
	}
}
