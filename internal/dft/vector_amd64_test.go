//go:build amd64 && !noasm

package dft

import "testing"

// withoutVectors leaves the plain loops alone for the length of a test.
func withoutVectors(t *testing.T) {
	t.Helper()
	old := hasAVX2
	hasAVX2 = false
	t.Cleanup(func() { hasAVX2 = old })
}
