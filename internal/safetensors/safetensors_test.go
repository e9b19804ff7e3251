package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reference is what testdata/make_reference.py wrote.
func reference(tb testing.TB) []byte {
	tb.Helper()
	b, err := os.ReadFile("testdata/reference.safetensors")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestDecodeReadsWhatPythonWrote(t *testing.T) {
	f, err := Decode(reference(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"note": "a<é> \"quoted\"\n"}, f.Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b<ü", "bytes", "empty", "half", "index", "modes", "scalar", "w"}, f.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	for _, c := range []struct {
		name  string
		data  []float32
		shape []int
	}{
		{"w", []float32{0, .25, .5, .75, 1, 1.25}, []int{2, 3}},
		{"modes", []float32{1, 2, 3, -4}, []int{2, 2}},
		{"scalar", []float32{3.5}, []int{}},
		{"empty", []float32{}, []int{0, 4}},
	} {
		data, shape, err := f.Float32(c.name)
		if err != nil || !cmp.Equal(data, c.data) || !cmp.Equal(shape, c.shape) {
			t.Errorf("Float32(%q) = %v, %v, %v; want %v, %v", c.name, data, shape, err, c.data, c.shape)
		}
	}
	if data, err := f.Int64("index"); err != nil || !cmp.Equal(data, []int64{1, -2}) {
		t.Errorf("Int64 = %v, %v", data, err)
	}
	if data, err := f.Float64("b<ü"); err != nil || !cmp.Equal(data, []float64{0.1}) {
		t.Errorf("Float64 = %v, %v", data, err)
	}
	if _, _, err := f.Float32("half"); err == nil || !strings.Contains(err.Error(), "BF16, expected F32") {
		t.Errorf("Float32 of bfloat16: %v", err)
	}
	if _, _, err := f.Float32("nowhere"); err == nil || !strings.Contains(err.Error(), `no tensor "nowhere"`) {
		t.Errorf("Float32 of a missing tensor: %v", err)
	}
}

func TestEncodeGivesTheBytesOfPython(t *testing.T) {
	want := reference(t)
	f, err := Decode(want)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := Encode(&got, f.Metadata, f.Tensors); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got  %q\nwant %q", got.Bytes(), want)
	}
}

// raw is a file with the given header and size bytes of data.
func raw(header string, size int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, size)...)
}

// faults are files that must be refused, with a part of the message.
var faults = []struct {
	name, want string
	file       []byte
}{
	{"nothing", "truncated", nil},
	{"short length", "truncated", []byte{1, 2, 3}},
	{"truncated header", "truncated", raw(`{"a":`, 0)[:10]},
	{"length of another format", "at most 100000000", []byte("\x89HDF\r\n\x1a\n12345678")},
	{"no object", "'{'", raw(`[]`, 0)},
	{"leading space", "'{'", raw(` {}`, 0)},
	{"not UTF-8", "UTF-8", raw("{\"\xff\":1}", 0)},
	{"unfinished", "header", raw(`{"a":{"dtype":"F32"`, 0)},
	{"something after", "closing brace", raw(`{}{}`, 0)},
	{"twice", "twice", raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0)},
	{"metadata twice", "twice", raw(`{"__metadata__":{},"__metadata__":{}}`, 0)},
	{"metadata not text", "expected a string", raw(`{"__metadata__":{"a":1}}`, 0)},
	{"unknown dtype", `unknown dtype "F31"`, raw(`{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}`, 4)},
	{"unknown key", `unknown key "Dtype"`, raw(`{"a":{"Dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4)},
	{"missing key", "are needed", raw(`{"a":{"dtype":"F32","shape":[1]}}`, 4)},
	{"negative extent", "non-negative", raw(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4)},
	{"fraction", "non-negative", raw(`{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, 4)},
	{"text for number", "expected a number", raw(`{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}`, 4)},
	{"three offsets", "3 entries", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, 4)},
	{"wrong length", "a range of 8 bytes", raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4)},
	{"backwards", "a range of 4 bytes", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4)},
	{"gap", "begins at byte 4", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8)},
	{"overlap", "overlap", raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8)},
	{"past the end", "truncated", raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4)},
	{"bytes left over", "the file holds 5", raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 5)},
	{"overflow", "too large", raw(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0)},
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range faults {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode(c.file)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "safetensors: ") {
				t.Errorf("error %q, want one with %q", err, c.want)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	ok := FromUint8("a", []byte{1}, 1)
	for _, c := range []struct {
		want    string
		tensors []Tensor
		meta    map[string]string
	}{
		{"twice", []Tensor{ok, ok}, nil},
		{"reserved", []Tensor{FromUint8(metadataKey, nil, 0)}, nil},
		{"unknown dtype", []Tensor{{Name: "a", Dtype: "X"}}, nil},
		{"has 4 bytes, expected 8", []Tensor{FromFloat32("a", []float32{1}, 2)}, nil},
		{"UTF-8", []Tensor{FromUint8("\xff", nil, 0)}, nil},
		{"UTF-8", nil, map[string]string{"a": "\xff"}},
	} {
		if err := Encode(io.Discard, c.meta, c.tensors); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

func TestWriteThenReadIsTheIdentity(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	meta := map[string]string{"b": "2", "a": "<1>"}
	special := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), math.Float32frombits(0x7fc00123), math.SmallestNonzeroFloat32}
	for range 2 { // the second replaces the first
		if err := Write(path, meta, []Tensor{FromFloat32("x", special, 5), FromFloat64("y", []float64{math.Pi}), FromInt64("z", []int64{math.MinInt64, 7}, 2)}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	x, shape, err := f.Float32("x")
	if err != nil || !cmp.Equal(shape, []int{5}) {
		t.Fatal(shape, err)
	}
	for i := range x {
		if math.Float32bits(x[i]) != math.Float32bits(special[i]) {
			t.Errorf("x[%d] = %x, want %x", i, math.Float32bits(x[i]), math.Float32bits(special[i]))
		}
	}
	if y, err := f.Float64("y"); err != nil || y[0] != math.Pi {
		t.Error(y, err)
	}
	if z, err := f.Int64("z"); err != nil || !cmp.Equal(z, []int64{math.MinInt64, 7}) {
		t.Error(z, err)
	}
	got, err := ReadMetadata(path)
	if err != nil || !cmp.Equal(got, meta) {
		t.Error(got, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAFailedWriteKeepsTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := Write(path, nil, []Tensor{FromUint8("a", []byte{1}, 1)}); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	full := errors.New("no space left on device")
	err := replace(path, func(w io.Writer) error {
		if _, err := w.Write([]byte("half")); err != nil {
			return err
		}
		return full
	})
	if !errors.Is(err, full) {
		t.Fatalf("error %v, want %v", err, full)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the old file changed")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := Write(filepath.Join(t.TempDir(), "nowhere", "m"), nil, nil); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("writing into a missing folder: %v", err)
	}
}

func TestReadMetadataRefusesWhatDecodeRefuses(t *testing.T) {
	for _, c := range faults {
		if strings.Contains(c.want, "byte") || c.want == "overlap" || c.want == "too large" || c.name == "past the end" || c.name == "bytes left over" {
			continue // faults of the arrays, which it does not look at
		}
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadMetadata(path); err == nil || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: error %v, want one that names the file", c.name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(reference(f))
	f.Add(raw(`{}`, 0))
	for _, c := range faults {
		f.Add(c.file)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := Decode(b)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Encode(&out, first.Metadata, first.Tensors); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		second, err := Decode(out.Bytes())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("decode∘encode is not the identity (-want +got):\n%s", diff)
		}
		for _, v := range second.Tensors {
			_, _, _ = v.Float32()
			_, _ = v.Float64()
			_, _ = v.Int64()
		}
	})
}

func BenchmarkWriteFloat32(b *testing.B) {
	data := make([]float32, 1<<20)
	b.SetBytes(4 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if err := Encode(io.Discard, nil, []Tensor{FromFloat32("x", data, len(data))}); err != nil {
			b.Fatal(err)
		}
	}
}
