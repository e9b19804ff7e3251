package h5

import (
	"encoding/binary"
	"math"
)

// format is how a floating-point number lies in a file.
type format int

// Formats, by the numbers of shim.h.
const (
	otherFormat format = iota
	littleEndian
	bigEndian
)

// unpack turns IEEE 754 numbers of 2, 4 or 8 bytes into rows of width values, pitch apart.
func unpack[N Number](dst []N, raw []byte, f format, size, rows, width, pitch int) {
	for r := range rows {
		part, out := raw[r*width*size:][:width*size], dst[r*pitch:][:width]
		switch {
		case size == 2 && f == bigEndian:
			for i := range out {
				out[i] = N(half(binary.BigEndian.Uint16(part[2*i:])))
			}
		case size == 2:
			for i := range out {
				out[i] = N(half(binary.LittleEndian.Uint16(part[2*i:])))
			}
		case size == 4 && f == bigEndian:
			for i := range out {
				out[i] = N(math.Float32frombits(binary.BigEndian.Uint32(part[4*i:])))
			}
		case size == 4:
			for i := range out {
				out[i] = N(math.Float32frombits(binary.LittleEndian.Uint32(part[4*i:])))
			}
		case f == bigEndian:
			for i := range out {
				out[i] = N(math.Float64frombits(binary.BigEndian.Uint64(part[8*i:])))
			}
		default:
			for i := range out {
				out[i] = N(math.Float64frombits(binary.LittleEndian.Uint64(part[8*i:])))
			}
		}
	}
}

// half is the value of the IEEE 754 number of 16 bits: a sign, 5 bits of exponent, 10 of mantissa.
func half(b uint16) float32 {
	sign, exponent, mantissa := uint32(b&0x8000)<<16, uint32(b>>10&0x1f), uint32(b&0x3ff)
	switch exponent {
	case 0: // below the smallest normal number: multiples of 2⁻²⁴
		v := float32(mantissa) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 0x1f: // infinity, or no number
		return math.Float32frombits(sign | 0x7f800000 | mantissa<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | mantissa<<13)
}
