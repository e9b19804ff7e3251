// Package par shares independent pieces of work among a fixed number of goroutines. It never decides how work is cut: callers cut it in a way that does not
// depend on the number of threads, so results do not either.
package par

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

var threads atomic.Int64

// SetThreads limits For to n goroutines; n < 1 restores the default, GOMAXPROCS.
func SetThreads(n int) { threads.Store(int64(max(n, 0))) }

// Threads is the number of goroutines that For uses at most.
func Threads() int {
	if n := int(threads.Load()); n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// For calls f(0) … f(n−1), sharing the calls among at most Threads() goroutines of which the caller is one, and returns when all are done. The order of
// calls is open. Calls may nest. If a call panics, the remaining indices are abandoned and For panics with the first value in the caller's goroutine.
func For(n int, f func(i int)) {
	workers := min(Threads(), n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	j := &job{n: int64(n), f: f, done: make(chan struct{}, 1)}
	j.left.Store(int64(n))
	invite(j, workers-1)
	j.work()
	j.wait()
	if j.failed.Load() {
		panic(j.cause)
	}
}

// job is one call of For. Its indices are handed out one by one; whoever comes late finds none left.
type job struct {
	n      int64
	f      func(i int)
	next   atomic.Int64
	left   atomic.Int64 // indices not yet finished
	done   chan struct{}
	once   sync.Once
	failed atomic.Bool
	cause  any
}

// work takes indices until none is left.
func (j *job) work() {
	defer j.carry()
	for i := j.next.Add(1) - 1; i < j.n; i = j.next.Add(1) - 1 {
		j.f(int(i))
		j.finish(1)
	}
}

// carry keeps a panic for the caller: an error value as it is, so that errors.As still finds its type. It finishes the index that failed and those that
// nobody has taken.
func (j *job) carry() {
	r := recover()
	if r == nil {
		return
	}
	j.once.Do(func() {
		if _, ok := r.(error); !ok {
			r = fmt.Sprint(r)
		}
		j.cause = r
		j.failed.Store(true)
	})
	taken := j.next.Swap(j.n)
	j.finish(1 + max(0, j.n-taken))
}

func (j *job) finish(count int64) {
	if j.left.Add(-count) == 0 {
		j.done <- struct{}{}
	}
}

// wait returns when every index is finished. Pieces are of similar length, so the end is mostly near: it looks for a while before it sleeps, since waking a
// sleeping thread costs as much as a small piece of work.
func (j *job) wait() {
	for range patience() {
		if j.left.Load() == 0 {
			return
		}
	}
	<-j.done
}

// Helpers live as long as the program. An idle one looks for work for some microseconds and then sleeps on the channel.
var (
	invitations = make(chan *job, 256)
	helpers     atomic.Int64
)

// invite asks up to n helpers to join. When the queue is full they are all busy and the caller works alone.
func invite(j *job, n int) {
	for have := helpers.Load(); have < int64(n); have = helpers.Load() {
		if helpers.CompareAndSwap(have, have+1) {
			go help()
		}
	}
	for range n {
		select {
		case invitations <- j:
		default:
			return
		}
	}
}

func help() {
	for {
		next().work()
	}
}

// next is the next invitation.
func next() *job {
	for i := range patience() {
		select {
		case j := <-invitations:
			return j
		default:
		}
		if i%512 == 511 {
			runtime.Gosched() // another goroutine may need this processor
		}
	}
	return <-invitations
}

// patience is how often to look before sleeping: some ten microseconds, or not at all where there are more threads than processors.
func patience() int {
	if Threads() > runtime.NumCPU() || runtime.GOMAXPROCS(0) < Threads() {
		return 0
	}
	return 1 << 13
}
