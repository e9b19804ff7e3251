package described

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy/datasets/array"
)

// FuzzDecode: no text makes the decoder panic, every error is one line, and a description that is accepted can be opened or says why not.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "example.toml") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("files = \"clock.h5\"\n[select]\nshares = [1, 0]\npart = \"valid\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Decode("testdata/fuzz.toml", []byte(text))
		oneLine(t, err)
		if err != nil || !d.Complete() {
			return
		}
		for _, name := range d.Files { // not what happens to lie elsewhere on this machine
			if filepath.IsAbs(name) || strings.Contains(name, "..") {
				return
			}
		}
		ds, err := d.Open()
		oneLine(t, err)
		if err != nil {
			return
		}
		_, err = d.Chosen(t.Context(), ds)
		oneLine(t, err)
		if err := ds.Close(); err != nil {
			t.Error(err)
		}
	})
}

func oneLine(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.ContainsRune(err.Error(), '\n') {
		t.Errorf("an error of several lines: %q", err)
	}
}

// flat is an array in memory.
type flat []float32

func (a flat) Shape() []int { return []int{len(a)} }

func (a flat) Type() string { return "float32" }

func (a flat) Read(dst []float32, start, _ []int) error {
	copy(dst, a[start[0]:])
	return nil
}

func (a flat) Read64(dst []float64, start, _ []int) error {
	for i := range dst {
		dst[i] = float64(a[start[0]+i])
	}
	return nil
}

// attribute is a value of any type that an attribute may have, made of bytes.
func attribute(kind byte, data []byte) any {
	var floats []float64
	var ints []int64
	for ; len(data) >= 8; data = data[8:] {
		u := binary.LittleEndian.Uint64(data)
		floats, ints = append(floats, math.Float64frombits(u)), append(ints, int64(u))
	}
	switch kind % 8 {
	case 0:
		return nil
	case 1:
		return string(data)
	case 2:
		return []string{string(data)}
	case 3:
		return len(data) > 3
	case 4:
		return floats
	case 5:
		return ints
	case 6:
		return append(floats, 1.5)[0]
	}
	return append(ints, 7)[0]
}

// FuzzAttributes: whatever the types and values of a netCDF variable's attributes, they are refused or give, in both precisions, NaN for missing values and
// scale · stored + offset for the others.
func FuzzAttributes(f *testing.F) {
	eight := func(v float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)) }
	f.Add(byte(6), eight(0.5), byte(6), eight(100), byte(7), []byte{3, 0, 0, 0, 0, 0, 0, 0}, byte(0), float32(3))
	f.Add(byte(4), eight(0.5), byte(0), []byte(nil), byte(4), eight(math.NaN()), byte(1), float32(1))
	f.Add(byte(1), []byte("one"), byte(2), []byte("K"), byte(3), []byte("true"), byte(6), float32(-2))
	f.Add(byte(6), eight(0), byte(0), []byte(nil), byte(0), []byte(nil), byte(0), float32(0))
	f.Fuzz(func(t *testing.T, k0 byte, scale []byte, k1 byte, offset []byte, k2 byte, fill []byte, k3 byte, stored float32) {
		attributes := map[string]any{
			"scale_factor": attribute(k0, scale), "add_offset": attribute(k1, offset), "_FillValue": attribute(k2, fill), "missing_value": attribute(k3, fill),
			"units": attribute(k0, offset), fromNetCDF: attribute(k3, nil),
		}
		get := func(name string) any { return attributes[name] }
		if len(unit(get)) > 64 {
			t.Error("a unit longer than a label")
		}
		a, err := unpack(flat{stored, stored}, get)
		oneLine(t, err)
		if err != nil {
			return
		}
		one, wide := make([]float32, 2), make([]float64, 2)
		if err := a.Read(one, []int{0}, []int{2}); err != nil {
			t.Fatal(err)
		}
		if err := a.Read64(wide, []int{0}, []int{2}); err != nil {
			t.Fatal(err)
		}
		p := packing{scale: 1}
		if q, ok := a.(packed); ok {
			p = q.packing
		}
		missing := stored != stored
		for _, m := range p.missing {
			missing = missing || float32(m) == stored
		}
		want := float32(float64(stored)*p.scale + p.offset)
		if missing != (one[1] != one[1]) && want == want || !missing && one[1] != want && want == want {
			t.Errorf("%g by %+v is %g, want %g (missing: %t)", stored, p, one[1], want, missing)
		}
		if float32(wide[1]) != one[1] && wide[1] == wide[1] && !missing {
			t.Errorf("%g by %+v is %g and %g", stored, p, wide[1], one[1])
		}
	})
}

var _ array.Array = flat(nil)
