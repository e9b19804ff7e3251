package h5

import "errors"

// errLZF says that compressed bytes are damaged.
var errLZF = errors.New("damaged LZF data")

// lzf expands the LZF stream in to dst and returns the number of bytes written. LZF (M. A. Lehmann's liblzf, the filter 32000 of h5py) is a sequence of literal runs,
// whose control byte below 32 is the length − 1, and back references: 3 bits of length − 2 (7 continues in the next byte) and 13 bits of distance − 1.
func lzf(dst, in []byte) (int, error) {
	n := 0
	for i := 0; i < len(in); {
		control := int(in[i])
		i++
		if control < 32 {
			run := control + 1
			if i+run > len(in) || n+run > len(dst) {
				return 0, errLZF
			}
			copy(dst[n:], in[i:i+run])
			i, n = i+run, n+run
			continue
		}
		length := control >> 5
		if length == 7 {
			if i == len(in) {
				return 0, errLZF
			}
			length += int(in[i])
			i++
		}
		if i == len(in) {
			return 0, errLZF
		}
		from := n - (control&31<<8 | int(in[i])) - 1
		i++
		length += 2
		if from < 0 || n+length > len(dst) {
			return 0, errLZF
		}
		for k := range length { // byte by byte: a reference may overlap what it makes
			dst[n+k] = dst[from+k]
		}
		n += length
	}
	return n, nil
}
