package par

import "testing"

func TestPoolHandsEachValueToOneWorkerAndMakesNoMoreThanNeeded(t *testing.T) {
	const workers = 8
	var pool Pool[*int]
	made := 0
	For(1000, func(int) {
		v := pool.Take(func() *int { made++; return new(int) }) // made is guarded by the pool
		if *v++; *v != 1 {
			t.Error("two workers hold the same value")
		}
		*v--
		pool.Put(v)
	})
	if made < 1 || made > max(workers, 2*Threads()) {
		t.Errorf("%d values were made for %d threads", made, Threads())
	}
}

func TestPoolAllocatesNothingOnceItHasValues(t *testing.T) {
	var pool Pool[[]float64]
	pool.Put(make([]float64, 3))
	if n := testing.AllocsPerRun(100, func() { pool.Put(pool.Take(func() []float64 { return nil })) }); n != 0 {
		t.Errorf("%g allocations a time, expected none", n)
	}
}
