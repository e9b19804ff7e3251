//go:build unix

package main

import "syscall"

// cpuTimed is timed in processor time of all threads of this process.
func cpuTimed(step func() error, k int) (float64, error) {
	start, err := cpuMS()
	if err != nil {
		return 0, err
	}
	for range k {
		if err := step(); err != nil {
			return 0, err
		}
	}
	end, err := cpuMS()
	return (end - start) / float64(k), err
}

func cpuMS() (float64, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / msecond, err
}
