//go:build !amd64 || noasm

package dft

import "testing"

func withoutVectors(t *testing.T) { t.Helper() }

func withoutWide(t *testing.T) { t.Helper() }
