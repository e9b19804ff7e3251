// Command asm writes the assembly of internal/kernel: `go generate ./internal/kernel`. It is a module of its own so that users of eddy never inherit avo.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!noasm")
	for _, f := range families {
		for _, rows := range f.rows {
			f.product(rows)
		}
		f.dots(f.dotRows)
	}
	elementwise()
	Generate()
}

// A family is one instruction set at one precision.
type family struct {
	name    string // suffix of the generated functions
	rows    []int  // row counts of the product kernels, largest first
	dotRows int    // row count of the dot-product kernel, whose columns are always 4
	size    int    // bytes of an element
	width   int    // bytes of a vector
	vector  func() reg.VecVirtual
	ops
}

var families = []family{
	{"F32AVX512", []int{12, 8, 4, 2, 1}, 6, 4, 64, func() reg.VecVirtual { return ZMM() }, single},
	{"F32AVX2", []int{6, 4, 2, 1}, 3, 4, 32, func() reg.VecVirtual { return YMM() }, single},
	{"F64AVX512", []int{12, 8, 4, 2, 1}, 6, 8, 64, func() reg.VecVirtual { return ZMM() }, double},
	{"F64AVX2", []int{6, 4, 2, 1}, 3, 8, 32, func() reg.VecVirtual { return YMM() }, double},
}
