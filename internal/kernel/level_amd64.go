//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

//go:generate go -C asm run . -part product -pkg kernel -out ../product_amd64.s -stubs ../product_stub_amd64.go
//go:generate sh -c "go -C asm run . -part tables > product_table_amd64.go"
//go:generate go -C asm run . -part elementwise -pkg kernel -out ../elementwise_amd64.s -stubs ../elementwise_stub_amd64.go

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
