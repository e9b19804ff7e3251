package par

import "sync"

// Pool keeps values that workers use one at a time, scratch memory for instance. Unlike a sync.Pool it never drops any, so that a steady loop allocates nothing. The
// zero value is empty; it is safe for concurrent use.
type Pool[T any] struct {
	mu   sync.Mutex
	free []T
}

// Take is a value that was put back, or else a new one.
func (p *Pool[T]) Take(fresh func() T) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return fresh()
	}
	v := p.free[n-1]
	p.free = p.free[:n-1]
	return v
}

// Put gives a value back.
func (p *Pool[T]) Put(v T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, v)
}
