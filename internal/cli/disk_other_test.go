//go:build !linux

package cli_test

import "github.com/rogpeppe/go-internal/testscript"

// canMount is false: disks of a chosen size are mounted on Linux only.
func canMount() (bool, error) { return false, nil }

func smallDisk(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("no disk can be mounted here")
}
