package kernel

import "unsafe"

// Level names the instruction set that the assembly uses.
type Level uint8

// Instruction sets in rising order. Go is the plain loops.
const (
	Go Level = iota
	AVX2
	AVX512
)

// String is the level's name as `eddy version` prints it.
func (l Level) String() string { return [...]string{"Go", "AVX2", "AVX-512"}[l] }

var level = detect()

// Active is the level in use.
func Active() Level { return level }

// SetLevel restricts the kernels to a level that the processor has and returns the previous one; a higher level than the processor's is lowered. It is for
// tests and measurements and must not be called while kernels run.
func SetLevel(l Level) Level {
	old := level
	level = min(l, detect())
	return old
}

// tilesOf is the kernels for T at the active level, nil for plain Go.
func tilesOf[T Float]() *tiles[T] {
	if level == Go {
		return nil
	}
	if is32[T]() {
		return (*tiles[T])(unsafe.Pointer(tiles32[level]))
	}
	return (*tiles[T])(unsafe.Pointer(tiles64[level]))
}

func is32[T Float]() bool { return unsafe.Sizeof(T(0)) == 4 }

// as32 views a slice of T as float32; only where is32 holds.
func as32[T Float](x []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}
