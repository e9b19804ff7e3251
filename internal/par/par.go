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
// calls is open. If a call panics, the remaining indices are abandoned and For panics with the first value in the caller's goroutine.
func For(n int, f func(i int)) {
	workers := min(Threads(), n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	p := pool{n: int64(n), f: f}
	p.wg.Add(workers - 1)
	for range workers - 1 {
		go p.helper()
	}
	p.work()
	p.wg.Wait()
	if p.failed.Load() {
		panic(p.cause)
	}
}

type pool struct {
	n      int64
	next   atomic.Int64
	f      func(i int)
	wg     sync.WaitGroup
	once   sync.Once
	failed atomic.Bool
	cause  any
}

func (p *pool) helper() {
	defer p.wg.Done()
	p.work()
}

// work takes indices until none is left. A panic is kept for the caller: an error value as it is, so that errors.As still finds its type.
func (p *pool) work() {
	defer func() {
		if r := recover(); r != nil {
			p.once.Do(func() {
				if _, ok := r.(error); !ok {
					r = fmt.Sprint(r)
				}
				p.cause = r
				p.failed.Store(true)
			})
			p.next.Store(p.n)
		}
	}()
	for i := p.next.Add(1) - 1; i < p.n; i = p.next.Add(1) - 1 {
		p.f(int(i))
	}
}
