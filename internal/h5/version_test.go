//go:build cgo

package h5

import (
	"bytes"
	"os"
	"slices"
	"testing"
)

func TestHeadersOfVersion2ShowTheVersionsInThem(t *testing.T) {
	data, err := os.ReadFile("testdata/newer.hdf5")
	if err != nil {
		t.Fatal(err)
	}
	at, version, ok := superblock(bytes.NewReader(data))
	if at != 0 || version != 3 || !ok {
		t.Errorf("superblock at %d of version %d, %v", at, version, ok)
	}
	found := map[message]bool{}
	for rest := data; ; {
		i := bytes.Index(rest, []byte("OHDR"))
		if i < 0 {
			break
		}
		for _, m := range parseHeader(rest[i:]) {
			found[m] = true
		}
		rest = rest[i+4:]
	}
	for _, m := range []message{{messageDatatype, 5}, {messageLayout, 5}, {messageLayout, 3}, {messageLinkInfo, 0}} {
		if !found[m] {
			t.Errorf("no message of kind %d and version %d among %v", m.kind, m.version, found)
		}
	}
}

func TestSuperblockIsFoundBehindAUserBlock(t *testing.T) {
	block := append([]byte(signature), 2)
	for _, at := range []int{0, 512, 1024, 4096} {
		got, version, ok := superblock(bytes.NewReader(append(make([]byte, at), block...)))
		if got != int64(at) || version != 2 || !ok {
			t.Errorf("superblock at %d found at %d, version %d, %v", at, got, version, ok)
		}
	}
	for _, data := range [][]byte{nil, []byte(signature), append(make([]byte, 100), block...)} {
		if at, _, ok := superblock(bytes.NewReader(data)); ok {
			t.Errorf("a superblock at %d of %d bytes", at, len(data))
		}
	}
}

// FuzzHeader parses object headers: no panic, and no more messages than there is room for.
func FuzzHeader(f *testing.F) {
	for _, name := range []string{"testdata/newer.hdf5", "testdata/v110.hdf5"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for i := 0; i+256 < len(data) && i < 1<<14; {
			n := bytes.Index(data[i:], []byte("OHDR"))
			if n < 0 {
				break
			}
			i += n
			f.Add(slices.Clone(data[i : i+256]))
			i += 4
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if n := len(parseHeader(data)); n > len(data)/5 {
			t.Errorf("%d messages in %d bytes", n, len(data))
		}
		superblock(bytes.NewReader(data))
	})
}
