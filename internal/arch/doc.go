// Package arch holds no code: its test reads the imports of every package of the module and enforces the floors of ARCHITECTURE.md, so that a wrong import is a
// failed test with an explanation and not something a reviewer has to notice.
package arch
