package npy_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy/internal/dense"
	"github.com/eddy-pde/eddy/internal/npy"
)

// file is an .npy file of a version with a header and bytes behind it.
func file(version byte, header string, data []byte) []byte {
	b := append([]byte(npy.Magic), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(append(b, header...), data...)
}

func TestHeadersAreRead(t *testing.T) {
	f4 := dense.Type{Class: dense.Float, Size: 4}
	for _, c := range []struct {
		version byte
		header  string
		want    npy.Header
		err     string
	}{
		{1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }          \n", npy.Header{Shape: []int{3, 4}, Type: f4, Offset: 80}, ""},
		{2, `{"shape":(7,),"fortran_order":True,"descr":">i2"}`, npy.Header{Shape: []int{7}, Fortran: true, Type: dense.Type{Class: dense.Int, Size: 2, Big: true}, Offset: 61}, ""},
		{3, "{'descr': '|b1', 'fortran_order': False, 'shape': ()}", npy.Header{Shape: []int{}, Type: dense.Type{Class: dense.Bool, Size: 1}, Offset: 65}, ""},
		{1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 4L), }", npy.Header{Shape: []int{3, 4}, Type: f4, Offset: 71}, ""},
		{4, "", npy.Header{}, ".npy version 4, expected 1, 2 or 3"},
		{1, "{'descr': '<c8', 'fortran_order': False, 'shape': (3,)}", npy.Header{}, `elements of type "<c8", expected real numbers`},
		{1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}", npy.Header{}, "a structured type"},
		{1, "{'descr': '<f4', 'shape': (3,)}", npy.Header{}, `no key "fortran_order"`},
		{1, "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", npy.Header{}, `key "descr" twice`},
		{1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} + 1", npy.Header{}, "behind the dictionary"},
		{1, "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}", npy.Header{}, "expected an extent"},
		{1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", npy.Header{}, "larger than any file"},
		{1, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", npy.Header{}, "an extent of 99999999999999999999"},
		{1, "{'descr': '<f4", npy.Header{}, "a text without its end"},
		{1, "{'evil': 1}", npy.Header{}, `unknown key "evil"`},
	} {
		got, err := npy.ReadHeader(bytes.NewReader(file(c.version, c.header, nil)))
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: error %v, want %q", c.header, err, c.err)
		}
		if err == nil {
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s: %s", c.header, diff)
			}
		}
	}
}

func TestFilesThatEndEarlyAreTruncated(t *testing.T) {
	whole := file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}", make([]byte, 48))
	for n := range len(whole) {
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := npy.Open(path)
		if err == nil {
			f.Close()
			t.Fatalf("%d of %d bytes are no error", n, len(whole))
		}
		if n > 8 && !strings.Contains(err.Error(), "truncated file") {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// Every type, order and part of an array gives the numbers that NumPy would.
func TestPartsOfArraysOfEveryTypeAreRead(t *testing.T) {
	shape := []int{4, 3, 5}
	for _, c := range []struct {
		descr string
		size  int
		put   func(b []byte, v int)
	}{
		{"<f4", 4, func(b []byte, v int) { binary.LittleEndian.PutUint32(b, math.Float32bits(float32(v))) }},
		{">f4", 4, func(b []byte, v int) { binary.BigEndian.PutUint32(b, math.Float32bits(float32(v))) }},
		{"<f8", 8, func(b []byte, v int) { binary.LittleEndian.PutUint64(b, math.Float64bits(float64(v))) }},
		{">f8", 8, func(b []byte, v int) { binary.BigEndian.PutUint64(b, math.Float64bits(float64(v))) }},
		{"<i2", 2, func(b []byte, v int) { binary.LittleEndian.PutUint16(b, uint16(v)) }},
		{">i8", 8, func(b []byte, v int) { binary.BigEndian.PutUint64(b, uint64(v)) }},
		{"|i1", 1, func(b []byte, v int) { b[0] = byte(v) }},
		{"<u4", 4, func(b []byte, v int) { binary.LittleEndian.PutUint32(b, uint32(v)) }},
	} {
		value := func(i, j, k int) int {
			v := 20*i + 5*j + k
			if c.descr[1] != 'u' {
				v -= 30
			}
			return v
		}
		for _, fortran := range []bool{false, true} {
			data := make([]byte, 60*c.size)
			for i := range 4 {
				for j := range 3 {
					for k := range 5 {
						at := (i*3+j)*5 + k
						if fortran {
							at = i + 4*(j+3*k)
						}
						c.put(data[at*c.size:], value(i, j, k))
					}
				}
			}
			header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (4, 3, 5)}", c.descr, map[bool]string{false: "False", true: "True"}[fortran])
			all := bytes.NewReader(file(1, header, data))
			h, err := npy.ReadHeader(bytes.NewReader(file(1, header, data)))
			if err != nil {
				t.Fatal(err)
			}
			start, count := []int{1, 0, 2}, []int{2, 3, 2}
			order := []int{0, 1, 2}
			if fortran {
				slices.Reverse(start)
				slices.Reverse(count)
				slices.Reverse(order)
			}
			dst, wide := make([]float32, 12), make([]float64, 12)
			if err := dense.Read(h.Array(all), dst, start, count); err != nil {
				t.Fatal(err)
			}
			if err := dense.Read(h.Array(all), wide, start, count); err != nil {
				t.Fatal(err)
			}
			for at := range dst {
				var index [3]int
				left := at
				for a := 2; a >= 0; a-- {
					index[order[a]] = start[a] + left%count[a]
					left /= count[a]
				}
				if want := value(index[0], index[1], index[2]); dst[at] != float32(want) || wide[at] != float64(want) {
					t.Fatalf("%s (Fortran order: %t) of shape %v at %v: %g and %g, want %d", c.descr, fortran, shape, index, dst[at], wide[at], want)
				}
			}
		}
	}
}

// FuzzReadHeader: no bytes make the parser panic or allocate much; what it accepts is consistent and survives being written again.
func FuzzReadHeader(f *testing.F) {
	for _, h := range []string{
		"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n", "{'descr': '|b1', 'fortran_order': True, 'shape': ()}", "{'descr': [('a', '<f4')]}", "{}", "{'shape': (1,",
	} {
		f.Add(file(1, h, nil))
		f.Add(file(2, h, make([]byte, 64)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := npy.ReadHeader(bytes.NewReader(data))
		if err != nil {
			if strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		n, ok := dense.Bytes(h.Shape, h.Type)
		if !ok || h.Type.Validate() != nil || h.Offset > int64(len(data)) {
			t.Fatalf("accepted %+v", h)
		}
		dims := ""
		for _, s := range h.Shape {
			dims += fmt.Sprint(s, ",")
		}
		order := map[bool]string{false: "<", true: ">"}[h.Type.Big]
		text := fmt.Sprintf("{'descr': '%s%c%d', 'fortran_order': %s, 'shape': (%s)}", order, "fiub"[h.Type.Class], h.Type.Size, map[bool]string{false: "False", true: "True"}[h.Fortran], dims)
		again, err := npy.ReadHeader(bytes.NewReader(file(3, text, nil)))
		again.Offset = h.Offset
		if diff := cmp.Diff(h, again); err != nil || diff != "" {
			t.Fatalf("%s: error %v, %s", text, err, diff)
		}
		if n == 0 || n > 1<<16 || len(h.Shape) == 0 {
			return
		}
		a := h.Array(bytes.NewReader(data))
		dst := make([]float32, n/int64(h.Type.Size))
		if err := dense.Read(a, dst, make([]int, len(a.Shape)), a.Shape); (err == nil) != (int64(len(data))-h.Offset >= n) {
			t.Errorf("%d bytes behind the header for %d: %v", int64(len(data))-h.Offset, n, err)
		}
	})
}
