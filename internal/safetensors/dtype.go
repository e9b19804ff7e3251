package safetensors

// Dtype is the type of an array's elements, by the format's own names.
type Dtype string

// The types of the format whose elements are whole bytes.
const (
	Bool   Dtype = "BOOL"
	U8     Dtype = "U8"
	I8     Dtype = "I8"
	F8E5M2 Dtype = "F8_E5M2"
	F8E4M3 Dtype = "F8_E4M3"
	I16    Dtype = "I16"
	U16    Dtype = "U16"
	F16    Dtype = "F16"
	BF16   Dtype = "BF16"
	I32    Dtype = "I32"
	U32    Dtype = "U32"
	F32    Dtype = "F32"
	C64    Dtype = "C64" // pairs of F32: real, imaginary
	F64    Dtype = "F64"
	I64    Dtype = "I64"
	U64    Dtype = "U64"
)

// ranked lists the types in the order in which the reference implementation sorts them, smallest first; it lays arrays out from the last to the first, so that
// wide elements are aligned.
var ranked = []struct {
	Dtype Dtype
	size  int
}{
	{Bool, 1}, {U8, 1}, {I8, 1}, {F8E5M2, 1}, {F8E4M3, 1}, {I16, 2}, {U16, 2}, {F16, 2}, {BF16, 2}, {I32, 4}, {U32, 4}, {F32, 4}, {C64, 8}, {F64, 8}, {I64, 8}, {U64, 8},
}

// rank is the place of a type in that order, −1 for a name that is not a type of the format.
func (d Dtype) rank() int {
	for i, r := range ranked {
		if r.Dtype == d {
			return i
		}
	}
	return -1
}

// Size is the number of bytes of an element, 0 for a name that is not a type of the format.
func (d Dtype) Size() int {
	if i := d.rank(); i >= 0 {
		return ranked[i].size
	}
	return 0
}
