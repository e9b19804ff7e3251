//go:build amd64 && !noasm

package kernel

// The declarations of kernel_amd64.s, written by the generator in asm/; see there for what each computes.

//go:noescape
func product12x2F32AVX512(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, add int)

//go:noescape
func product8x2F32AVX512(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, add int)

//go:noescape
func product4x2F32AVX512(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, add int)

//go:noescape
func product2x2F32AVX512(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, add int)

//go:noescape
func product1x2F32AVX512(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, add int)

//go:noescape
func dots6x4F32AVX512(vectors int, a *float32, lda int, b *float32, ldb int, out *float32)

//go:noescape
func product6x2F32AVX2(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, add int)

//go:noescape
func product4x2F32AVX2(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, add int)

//go:noescape
func product2x2F32AVX2(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, add int)

//go:noescape
func product1x2F32AVX2(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, add int)

//go:noescape
func dots3x4F32AVX2(vectors int, a *float32, lda int, b *float32, ldb int, out *float32)

//go:noescape
func product12x2F64AVX512(k int, a *float64, rs, cs int, b *float64, ldb int, c *float64, ldc int, add int)

//go:noescape
func product8x2F64AVX512(k int, a *float64, rs, cs int, b *float64, ldb int, c *float64, ldc int, add int)

//go:noescape
func product4x2F64AVX512(k int, a *float64, rs, cs int, b *float64, ldb int, c *float64, ldc int, add int)

//go:noescape
func product2x2F64AVX512(k int, a *float64, rs, cs int, b *float64, ldb int, c *float64, ldc int, add int)

//go:noescape
func product1x2F64AVX512(k int, a *float64, rs, cs int, b *float64, ldb int, c *float64, ldc int, add int)

//go:noescape
func dots6x4F64AVX512(vectors int, a *float64, lda int, b *float64, ldb int, out *float64)

//go:noescape
func product6x2F64AVX2(k int, a *float64, rs, cs int, b *float64, ldb int, c *float64, ldc int, add int)

//go:noescape
func product4x2F64AVX2(k int, a *float64, rs, cs int, b *float64, ldb int, c *float64, ldc int, add int)

//go:noescape
func product2x2F64AVX2(k int, a *float64, rs, cs int, b *float64, ldb int, c *float64, ldc int, add int)

//go:noescape
func product1x2F64AVX2(k int, a *float64, rs, cs int, b *float64, ldb int, c *float64, ldc int, add int)

//go:noescape
func dots3x4F64AVX2(vectors int, a *float64, lda int, b *float64, ldb int, out *float64)
