package mat5_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy/internal/dense"
	"github.com/eddy-pde/eddy/internal/mat5"
)

// fixtures are files that SciPy wrote, see datasets/fnomat/testdata/make.py.
const fixtures = "../../datasets/fnomat/testdata"

func element(kind uint32, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, kind)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	return append(append(b, data...), make([]byte, -len(data)&7)...)
}

func ints(v ...int32) []byte {
	var b []byte
	for _, n := range v {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// matrix is an array of a class with values of a type.
func matrix(class int32, name string, dims []int32, kind uint32, values []byte) []byte {
	return element(14, slices.Concat(element(6, ints(class, 0)), element(5, ints(dims...)), element(1, []byte(name)), element(kind, values)))
}

func compressed(data []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(data) // to memory
	_ = z.Close()
	out := binary.LittleEndian.AppendUint32(nil, 15)
	return append(binary.LittleEndian.AppendUint32(out, uint32(b.Len())), b.Bytes()...)
}

func file(elements ...[]byte) []byte {
	b := append([]byte("MATLAB 5.0 MAT-file"), bytes.Repeat([]byte{' '}, 97)...)
	b = append(b, make([]byte, 8)...)
	b = append(b, 0, 1, 'I', 'M')
	return append(b, slices.Concat(elements...)...)
}

func parse(data []byte) (*mat5.File, error) {
	return mat5.Parse(bytes.NewReader(data), int64(len(data)))
}

func TestSciPysFilesAreListed(t *testing.T) {
	for name, want := range map[string][]string{
		"burgers_data_R10.mat": {"a", "u"}, "big.mat": {"a", "u"}, "piececonst_compressed.mat": {"coeff", "sol", "Kcoeff", "note: text", "s: structure"},
	} {
		f, err := mat5.Open(filepath.Join(fixtures, name))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range f.Vars {
			text := v.Name
			if v.Kind != "" {
				text += ": " + v.Kind
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSmallElementsAndSmallTypesAreRead(t *testing.T) {
	// A double array [2, 2] whose values MATLAB has stored as bytes in the tag itself: 4 bytes of type 2.
	small := slices.Concat(element(6, ints(6, 0)), element(5, ints(2, 2)), []byte{1, 0, 1, 0, 'q', 0, 0, 0}, []byte{2, 0, 4, 0, 10, 20, 30, 40})
	f, err := parse(file(element(14, small), compressed(element(14, small))))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range f.Vars {
		a := f.Array(v)
		if v.Compressed {
			if a, err = f.Inflated(v); err != nil {
				t.Fatal(err)
			}
		}
		got := make([]float32, 4)
		if err := dense.Read(a, got, []int{0, 0}, []int{2, 2}); err != nil || v.Name != "q" {
			t.Fatal(v, err)
		}
		if diff := cmp.Diff([]float32{10, 20, 30, 40}, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	good := matrix(6, "a", []int32{1, 2}, 9, make([]byte, 16))
	zip := compressed(good)
	zip[8+2] ^= 0xff // the first byte of the deflated data
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"no header":        {[]byte("MATLAB"), "not a MAT-file of version 5"},
		"text":             {bytes.Repeat([]byte("text"), 64), "not a MAT-file of version 5"},
		"tag cut":          {file(good, []byte{1, 2, 3}), "end within the tag"},
		"element cut":      {file(good)[:128+40], "truncated file: 168 bytes"},
		"negative extent":  {file(matrix(6, "a", []int32{-1, 2}, 9, nil)), `"a" has an extent of -1`},
		"too many values":  {file(matrix(6, "a", []int32{1 << 30, 1 << 30, 1 << 30}, 9, make([]byte, 16))), `"a" has extents`},
		"too few values":   {file(matrix(6, "a", []int32{1, 3}, 9, make([]byte, 16))), "and 16 bytes of values"},
		"type of values":   {file(matrix(6, "a", []int32{1, 2}, 99, make([]byte, 16))), "elements of type 99"},
		"one extent":       {file(matrix(6, "a", []int32{1}, 9, make([]byte, 8))), "extents of type 5 and 4 bytes"},
		"not an array":     {file(compressed(element(9, make([]byte, 8)))), "a compressed element of type 9"},
		"compression":      {file(zip), ""},
		"compression, cut": {file(compressed(good)[:20]), "truncated file"},
	} {
		f, err := parse(c.data)
		if err == nil && c.want == "" { // the damage may lie behind what was read
			_, err = f.Inflated(f.Vars[0])
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// FuzzParse: no bytes make the parser panic, hang or allocate much; what it lists can be read or gives an error.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"burgers_data_R10.mat", "big.mat", "piececonst_compressed.mat", "counts.mat"} {
		data, err := os.ReadFile(filepath.Join(fixtures, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	values := make([]byte, 16)
	binary.LittleEndian.PutUint64(values, math.Float64bits(3))
	f.Add(file(matrix(6, "a", []int32{1, 2}, 9, values), compressed(matrix(7, "bb", []int32{2, 2}, 7, values))))
	f.Add(file(matrix(2, "s", []int32{1, 1}, 9, values)))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parse(data)
		if err != nil {
			return
		}
		for _, v := range m.Vars {
			n, ok := dense.Bytes(v.Dims, v.Type)
			if v.Kind != "" {
				continue
			}
			if !ok || n != v.Bytes() {
				t.Fatalf("accepted %+v", v)
			}
			if n == 0 || n > 1<<16 {
				continue
			}
			a := m.Array(v)
			if v.Compressed {
				if a, err = m.Inflated(v); err != nil {
					continue
				}
			}
			dst := make([]float32, n/int64(v.Type.Size))
			if err := dense.Read(a, dst, make([]int, len(a.Shape)), a.Shape); err != nil {
				t.Fatalf("%+v: %v", v, err)
			}
		}
	})
}
