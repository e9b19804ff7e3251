//go:build amd64 && !noasm

package dft

import "testing"

// withoutVectors leaves the plain loops alone for the length of a test.
func withoutVectors(t *testing.T) {
	t.Helper()
	old, oldWide := hasAVX2, hasAVX512
	hasAVX2, hasAVX512 = false, false
	t.Cleanup(func() { hasAVX2, hasAVX512 = old, oldWide })
}

// withoutWide leaves the wide functions out for the length of a test.
func withoutWide(t *testing.T) {
	t.Helper()
	old := hasAVX512
	hasAVX512 = false
	t.Cleanup(func() { hasAVX512 = old })
}
