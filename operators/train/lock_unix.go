//go:build unix

package train

import (
	"errors"
	"os"
	"syscall"
)

// lock marks an open file as in use until it is closed or the process ends; inUse tells that somebody else holds it.
func lock(f *os.File) (inUse bool) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return errors.Is(err, syscall.EWOULDBLOCK) // a file system without locks protects nobody, and must not keep anybody from training
}
