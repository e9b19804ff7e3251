package kernel

import "sync"

var pool32, pool64 sync.Pool

func poolOf[T Float]() *sync.Pool {
	if is32[T]() {
		return &pool32
	}
	return &pool64
}

// borrow is a buffer of n elements of any content, to be given back.
func borrow[T Float](n int) *[]T {
	p, _ := poolOf[T]().Get().(*[]T)
	if p == nil {
		p = new([]T)
	}
	if cap(*p) < n {
		*p = make([]T, n+n/4)
	}
	*p = (*p)[:n]
	return p
}

func giveBack[T Float](p *[]T) { poolOf[T]().Put(p) }
