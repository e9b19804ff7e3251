package h5

import (
	"encoding/binary"
	"math"
	"testing"
)

func TestHalvesHaveTheirValue(t *testing.T) {
	for bits, want := range map[uint16]float64{
		0: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0400: math.Ldexp(1, -14), 0x03ff: math.Ldexp(1023, -24), 0x0001: math.Ldexp(1, -24), 0x8001: -math.Ldexp(1, -24),
		0x3555: 0.333251953125, 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1),
	} {
		if got := float64(half(bits)); got != want {
			t.Errorf("%#04x is %g, want %g", bits, got, want)
		}
	}
	if v := half(0x7e00); v == v {
		t.Errorf("NaN is %g", v)
	}
	if v := half(0x8000); v != 0 || !math.Signbit(float64(v)) {
		t.Errorf("−0 is %g", v)
	}
}

func TestUnpackingLeavesWhatLiesBetweenRows(t *testing.T) {
	values := []float64{1, -2.5, math.Inf(-1), 65504}
	for _, size := range []int{2, 4, 8} {
		for f, order := range map[format]binary.AppendByteOrder{littleEndian: binary.LittleEndian, bigEndian: binary.BigEndian} {
			var raw []byte
			for i, v := range values {
				switch size {
				case 2:
					raw = order.AppendUint16(raw, []uint16{0x3c00, 0xc100, 0xfc00, 0x7bff}[i])
				case 4:
					raw = order.AppendUint32(raw, math.Float32bits(float32(v)))
				case 8:
					raw = order.AppendUint64(raw, math.Float64bits(v))
				}
			}
			dst := []float32{7, 7, 7, 7, 7}
			unpack(dst, raw, f, size, 2, 2, 3)
			for i, want := range []float32{1, -2.5, 7, float32(math.Inf(-1)), 65504} {
				if dst[i] != want {
					t.Errorf("%d bytes, order %d: %v", size, f, dst)
					break
				}
			}
		}
	}
}
