//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

//go:generate go -C asm run . -out ../kernel_amd64.s

// detect also looks at what the operating system saves on a context switch, which x/sys/cpu folds into its flags.
func detect() Level {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return AVX512
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return AVX2
	}
	return Go
}

var tiles32 = map[Level]*tiles[float32]{
	AVX2: {
		vector: 8, rows: []int{6, 4, 2, 1}, dotRows: 3, dots: dots3x4F32AVX2, elemSize: 4,
		product: [13]func(int, *float32, int, int, *float32, int, *float32, int, int){
			1: product1x2F32AVX2, 2: product2x2F32AVX2, 4: product4x2F32AVX2, 6: product6x2F32AVX2,
		},
	},
	AVX512: {
		vector: 16, rows: []int{12, 8, 4, 2, 1}, dotRows: 6, dots: dots6x4F32AVX512, elemSize: 4,
		product: [13]func(int, *float32, int, int, *float32, int, *float32, int, int){
			1: product1x2F32AVX512, 2: product2x2F32AVX512, 4: product4x2F32AVX512, 8: product8x2F32AVX512, 12: product12x2F32AVX512,
		},
	},
}

var tiles64 = map[Level]*tiles[float64]{
	AVX2: {
		vector: 4, rows: []int{6, 4, 2, 1}, dotRows: 3, dots: dots3x4F64AVX2, elemSize: 8,
		product: [13]func(int, *float64, int, int, *float64, int, *float64, int, int){
			1: product1x2F64AVX2, 2: product2x2F64AVX2, 4: product4x2F64AVX2, 6: product6x2F64AVX2,
		},
	},
	AVX512: {
		vector: 8, rows: []int{12, 8, 4, 2, 1}, dotRows: 6, dots: dots6x4F64AVX512, elemSize: 8,
		product: [13]func(int, *float64, int, int, *float64, int, *float64, int, int){
			1: product1x2F64AVX512, 2: product2x2F64AVX512, 4: product4x2F64AVX512, 8: product8x2F64AVX512, 12: product12x2F64AVX512,
		},
	},
}
