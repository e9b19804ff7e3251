package main

import (
	"os"
	"testing"

	"github.com/eddy-pde/eddy/datasets/open"
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

// TestEveryLayoutIsReadStreamedInspectedAndTrainedOn fills the table of layouts from the fixtures.
func TestEveryLayoutIsReadStreamedInspectedAndTrainedOn(t *testing.T) {
	if !h5.Available {
		t.Skip("without cgo there is no HDF5")
	}
	if testing.Short() {
		t.Skip("slow: trains a network on every fixture")
	}
	paths, err := allFixtures("../..")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, path := range paths {
		row := try(t.Context(), path)
		if seen[row.Layout] = true; row.Failed {
			t.Errorf("%s: read %s; streamed %s; inspected %s; trained %s", path, row.Read, row.Streamed, row.Inspected, row.Trained)
		}
	}
	for _, layout := range []string{
		open.WellLayout, open.PDEBenchLayout, open.PDEArenaLayout, open.PoseidonLayout, open.TSMLayout, open.FNOLayout, open.APEBenchLayout, open.DescribedLayout,
	} {
		if !seen[layout] {
			t.Errorf("no fixture is in the layout %s", layout)
		}
	}
}
