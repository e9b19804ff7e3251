package kernel

import (
	"math/bits"
	"sync"
)

// Buffers are kept by power of two, so that one that is asked for again is never too small and a step at work allocates none.
var pools32, pools64 [bits.UintSize]sync.Pool

func poolOf[T Float](n int) (pool *sync.Pool, size int) {
	class := bits.Len(uint(max(n, 1) - 1))
	if is32[T]() {
		return &pools32[class], 1 << class
	}
	return &pools64[class], 1 << class
}

// borrow is a buffer of n elements of any content, to be given back.
func borrow[T Float](n int) *[]T {
	pool, size := poolOf[T](n)
	p, _ := pool.Get().(*[]T)
	if p == nil {
		x := make([]T, size)
		p = &x
	}
	*p = (*p)[:n]
	return p
}

func giveBack[T Float](p *[]T) {
	pool, _ := poolOf[T](cap(*p))
	pool.Put(p)
}
