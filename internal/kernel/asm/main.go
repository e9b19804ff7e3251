// Command asm writes the assembly of internal/kernel: `go generate ./internal/kernel`. It is a module of its own so that users of eddy never inherit avo.
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	part := flag.String("part", "product", "which file to write: product, tables or elementwise")
	flag.Parse()
	ConstraintExpr("!noasm")
	switch *part {
	case "product":
		for _, f := range families {
			f.products()
		}
	case "tables":
		writeTables()
		return
	case "elementwise":
		for _, f := range families[:2] { // single precision
			f.elementwise()
			f.winograd()
			f.hidden()
			f.peak()
		}
	}
	Generate()
}

// A family is one instruction set at one precision.
type family struct {
	name    string // suffix of the generated functions
	rows    int    // largest row count of the product kernels
	halves  []int  // column counts of the product kernels, in half vectors
	dotRows int    // largest row count of the dot-product kernels
	size    int    // bytes of an element
	width   int    // bytes of a vector
	ops
}

var families = []family{
	{"F32AVX512", 12, []int{1, 2, 3, 4}, 6, 4, 64, single},
	{"F32AVX2", 6, []int{1, 2, 3, 4}, 3, 4, 32, single},
	{"F64AVX512", 12, []int{2, 4}, 6, 8, 64, double},
	{"F64AVX2", 6, []int{2, 4}, 3, 8, 32, double},
}

// vector is a new register of the family's width.
func (f family) vector() reg.VecVirtual { return vectorOf(f.width) }

func vectorOf(bytes int) reg.VecVirtual {
	switch bytes {
	case 64:
		return ZMM()
	case 32:
		return YMM()
	}
	return XMM()
}
