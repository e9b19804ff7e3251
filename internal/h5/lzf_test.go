package h5

import (
	"bytes"
	"testing"
)

// streams are LZF data with what they stand for, nil where they are damaged; made by hand from the format's description.
var streams = []struct{ in, out []byte }{
	{[]byte{}, []byte{}},
	{[]byte{0, 'a'}, []byte("a")},
	{[]byte{2, 'a', 'b', 'c', 1 << 5, 2}, []byte("abcabc")},                    // a reference of 3 bytes, 3 back
	{[]byte{0, 'x', 7 << 5, 1, 0}, []byte("xxxxxxxxxxx")},                      // of 10 bytes, 1 back: it overlaps itself
	{[]byte{1, 'a', 'b', 1 << 5, 0, 0, 'c'}, []byte("abbbbc")},                 // literals behind a reference
	{[]byte{3, 'a'}, nil},                                                      // a run that is cut off
	{[]byte{0, 'a', 1 << 5}, nil},                                              // a reference without its distance
	{[]byte{0, 'a', 7 << 5}, nil},                                              // without its length
	{[]byte{0, 'a', 1 << 5, 1}, nil},                                           // to before the beginning
	{[]byte{0, 'a', 1<<5 | 31, 255}, nil},                                      // far before it
	{append([]byte{0, 'a'}, bytes.Repeat([]byte{7 << 5, 255, 0}, 99)...), nil}, // more than there is room for
}

func TestLZFExpandsAndRefusesDamage(t *testing.T) {
	for _, s := range streams {
		dst := make([]byte, 4096)
		n, err := lzf(dst, s.in)
		if (err == nil) != (s.out != nil) || err == nil && !bytes.Equal(dst[:n], s.out) {
			t.Errorf("%v became %q, error %v, want %q", s.in, dst[:n], err, s.out)
		}
	}
}

func FuzzLZF(f *testing.F) {
	for _, s := range streams {
		f.Add(s.in, 64)
	}
	f.Fuzz(func(t *testing.T, in []byte, room int) {
		room &= 1<<16 - 1
		dst := make([]byte, room+16)
		for i := range dst {
			dst[i] = 0xa5
		}
		n, err := lzf(dst[:room], in)
		if n < 0 || n > room || err != nil && n != 0 {
			t.Errorf("%d bytes in a room of %d, error %v", n, room, err)
		}
		for _, b := range dst[room:] {
			if b != 0xa5 {
				t.Fatal("written behind the end")
			}
		}
		// All literals: whatever bytes there are come back.
		var plain []byte
		for rest := in; len(rest) > 0; {
			k := min(len(rest), 32)
			plain = append(append(plain, byte(k-1)), rest[:k]...)
			rest = rest[k:]
		}
		back := make([]byte, len(in))
		if n, err := lzf(back, plain); err != nil || !bytes.Equal(back[:n], in) {
			t.Errorf("literals came back as %v, error %v", back[:n], err)
		}
	})
}
