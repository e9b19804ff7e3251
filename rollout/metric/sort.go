package metric

import "math"

// sortFloats sorts ascending, by the bits of the values, 11 at a time: many times faster than comparing for the thousands of values that a field has. NaNs go
// to the ends.
func sortFloats(v []float32) {
	const digit = 11
	keys, next := make([]uint32, len(v)), make([]uint32, len(v))
	var counts [3][1 << digit]int
	for i, f := range v {
		k := orderedBits(f)
		keys[i] = k
		for d := range counts {
			counts[d][k>>(d*digit)&(1<<digit-1)]++
		}
	}
	for d := range counts {
		at := 0
		for i, n := range counts[d] {
			counts[d][i] = at
			at += n
		}
		for _, k := range keys {
			to := &counts[d][k>>(d*digit)&(1<<digit-1)]
			next[*to] = k
			*to++
		}
		keys, next = next, keys
	}
	for i, k := range keys {
		v[i] = fromOrderedBits(k)
	}
}

// orderedBits maps a float32 to an integer that is ordered as the values are.
func orderedBits(f float32) uint32 {
	const sign = 1 << 31
	k := math.Float32bits(f)
	if k&sign != 0 {
		return ^k
	}
	return k | sign
}

// fromOrderedBits is the inverse of orderedBits.
func fromOrderedBits(k uint32) float32 {
	const sign = 1 << 31
	if k&sign != 0 {
		return math.Float32frombits(k &^ sign)
	}
	return math.Float32frombits(^k)
}
