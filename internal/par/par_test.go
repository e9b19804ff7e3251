package par

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
)

func TestForCallsEveryIndexOnce(t *testing.T) {
	defer SetThreads(0)
	for _, threads := range []int{1, 2, 5} {
		SetThreads(threads)
		for _, n := range []int{0, 1, 2, 7, 1000} {
			calls := make([]atomic.Int32, n)
			For(n, func(i int) { calls[i].Add(1) })
			for i := range calls {
				if c := calls[i].Load(); c != 1 {
					t.Errorf("%d threads: index %d of %d called %d times", threads, i, n, c)
				}
			}
		}
	}
}

func TestForCarriesAPanicToItsCaller(t *testing.T) {
	defer SetThreads(0)
	sentinel := errors.New("broken")
	for _, threads := range []int{1, 4} {
		SetThreads(threads)
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !errors.Is(err, sentinel) {
					t.Errorf("%d threads: recovered %v, want the error itself", threads, err)
				}
			}()
			For(100, func(i int) {
				if i == 50 {
					panic(sentinel)
				}
			})
		}()
	}
}

func TestThreadsDefaultsToGOMAXPROCS(t *testing.T) {
	defer SetThreads(0)
	SetThreads(3)
	if Threads() != 3 {
		t.Errorf("Threads() = %d after SetThreads(3)", Threads())
	}
	SetThreads(-1)
	if Threads() != runtime.GOMAXPROCS(0) {
		t.Errorf("Threads() = %d, want GOMAXPROCS", Threads())
	}
}

func BenchmarkFor(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		For(2, func(int) {})
	}
}

func ExampleFor() {
	squares := make([]int, 5)
	For(len(squares), func(i int) { squares[i] = i * i })
	fmt.Println(squares)
	// Output: [0 1 4 9 16]
}
