package dense_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy/internal/dense"
)

// Selections with holes, whole ones and single elements of an array larger than what is read at once agree with the array in memory.
func TestSelectionsAgreeWithMemory(t *testing.T) {
	shape := []int{5, 37, 3, 600} // 4 bytes each: 1.3 MB
	var all []float32
	var data []byte
	rng := rand.New(rand.NewPCG(1, 1))
	for range 5 * 37 * 3 * 600 {
		v := rng.Float32()
		all, data = append(all, v), binary.BigEndian.AppendUint32(data, math.Float32bits(v))
	}
	a := dense.Array{File: bytes.NewReader(append(make([]byte, 7), data...)), Offset: 7, Shape: shape, Type: dense.Type{Class: dense.Float, Size: 4, Big: true}}
	for pass := range 60 {
		start, count := make([]int, 4), make([]int, 4)
		size := 1
		for i, n := range shape {
			count[i] = 1 + rng.IntN(n)
			if pass%4 == i {
				count[i] = n
			}
			start[i] = rng.IntN(n - count[i] + 1)
			size *= count[i]
		}
		if pass == 0 {
			copy(count, shape)
			clear(start)
			size = len(all)
		}
		dst := make([]float32, size)
		if err := dense.Read(a, dst, start, count); err != nil {
			t.Fatal(err)
		}
		for at, v := range dst {
			left, place := at, 0
			step := 1
			for i := 3; i >= 0; i-- {
				place += (start[i] + left%count[i]) * step
				left /= count[i]
				step *= shape[i]
			}
			if v != all[place] {
				t.Fatalf("%v from %v: element %d is %g, want %g", count, start, at, v, all[place])
			}
		}
	}
}

func TestSelectionsOutsideAreRefused(t *testing.T) {
	a := dense.Array{File: bytes.NewReader(make([]byte, 24)), Shape: []int{2, 3}, Type: dense.Type{Class: dense.Float, Size: 4}}
	for _, c := range [][2][]int{{{0, 0}, {3, 1}}, {{-1, 0}, {1, 1}}, {{0}, {1}}, {{0, 0}, {0, 1}}, {{1, 3}, {1, 1}}, {{math.MaxInt, 0}, {1, 1}}} {
		if err := dense.Read(a, make([]float64, 1), c[0], c[1]); err == nil {
			t.Errorf("%v from %v is no error", c[1], c[0])
		}
	}
	if err := dense.Read(a, make([]float64, 5), []int{0, 0}, []int{2, 3}); err == nil {
		t.Error("a destination that is too small is no error")
	}
	a.File = bytes.NewReader(make([]byte, 23))
	if err := dense.Read(a, make([]float64, 6), []int{0, 0}, []int{2, 3}); err == nil {
		t.Error("a file that is too short is no error")
	}
}

// All 65,536 halves agree with their definition.
func TestHalvesAreTheirDefinition(t *testing.T) {
	for h := range 1 << 16 {
		sign, e, m := 1-2*(h>>15), h>>10&31, h&1023
		want := math.Ldexp(float64(sign)*float64(1024+m), e-25)
		switch {
		case e == 0:
			want = math.Ldexp(float64(sign)*float64(m), -24)
		case e == 31 && m == 0:
			want = math.Inf(sign)
		case e == 31:
			want = math.NaN()
		}
		if got := float64(dense.Half(uint16(h))); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("%#04x is %g, want %g", h, got, want)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	a := dense.Array{File: bytes.NewReader(make([]byte, 4<<22)), Shape: []int{64, 256, 256}, Type: dense.Type{Class: dense.Float, Size: 4}}
	for name, count := range map[string][]int{"whole": {64, 256, 256}, "scattered": {64, 256, 1}} {
		dst := make([]float32, count[0]*count[1]*count[2])
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(4 * len(dst)))
			b.ReportAllocs()
			for b.Loop() {
				if err := dense.Read(a, dst, []int{0, 0, 0}, count); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
