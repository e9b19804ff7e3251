//go:build cgo

package h5_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy/internal/h5"
)

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ramp writes a file with one dataset /g/ramp of shape [4, 5, 6] whose element [i, j, k] is 100·i + 10·j + k.
func ramp(t *testing.T, path string, l h5.Layout) {
	t.Helper()
	f := must[*h5.File](t)(h5.Create(path))
	ok(t, f.CreateGroup("/g"))
	l.Shape = []int{4, 5, 6}
	d := must[*h5.Dataset](t)(f.CreateDataset("/g/ramp", l))
	v := make([]float64, 4*5*6)
	for i := range 4 {
		for j := range 5 {
			for k := range 6 {
				v[(i*5+j)*6+k] = float64(100*i + 10*j + k)
			}
		}
	}
	ok(t, h5.Write(d, v, d.Whole()))
	ok(t, f.Close())
}

func TestReadConvertsFromEveryStoredType(t *testing.T) {
	for name, l := range map[string]h5.Layout{
		"float32":      {Type: h5.Float32},
		"float64":      {Type: h5.Float64},
		"int64":        {Type: h5.Type{Class: h5.Int, Size: 8}},
		"chunked":      {Type: h5.Float32, Chunk: []int{1, 5, 6}},
		"compressed":   {Type: h5.Float64, Chunk: []int{2, 2, 6}, Gzip: 4},
		"odd chunking": {Type: h5.Float32, Chunk: []int{3, 2, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.hdf5")
			ramp(t, path, l)
			f := must[*h5.File](t)(h5.Open(path))
			defer f.Close()
			d := must[*h5.Dataset](t)(f.Dataset("/g/ramp"))
			if d.Type != l.Type || !cmp.Equal(d.Shape, []int{4, 5, 6}) {
				t.Errorf("found type %v and shape %v", d.Type, d.Shape)
			}
			slab := h5.Slab{Start: []int{1, 0, 2}, Count: []int{2, 2, 2}, Stride: []int{2, 3, 1}}
			want := []float32{102, 103, 132, 133, 302, 303, 332, 333}
			got := make([]float32, 8)
			ok(t, h5.Read(d, got, slab))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			doubles, ints := make([]float64, 8), make([]int64, 8)
			ok(t, h5.Read(d, doubles, slab))
			ok(t, h5.Read(d, ints, slab))
			for i := range want {
				if doubles[i] != float64(want[i]) || ints[i] != int64(want[i]) {
					t.Errorf("element %d is %g and %d, want %g", i, doubles[i], ints[i], want[i])
				}
			}
			rows := []float32{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1}
			ok(t, h5.ReadRows(d, rows, h5.Slab{Start: []int{1, 0, 2}, Count: []int{2, 2, 2}}, 2, 6))
			if diff := cmp.Diff([]float32{102, 103, 112, 113, -1, -1, 202, 203, 212, 213}, rows); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSelectionsOutsideAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	ramp(t, path, h5.Layout{Type: h5.Float32})
	f := must[*h5.File](t)(h5.Open(path))
	d := must[*h5.Dataset](t)(f.Dataset("/g/ramp"))
	for name, s := range map[string]h5.Slab{
		"past the end":    {Start: []int{3, 0, 0}, Count: []int{2, 1, 1}},
		"negative":        {Start: []int{-1, 0, 0}, Count: []int{1, 1, 1}},
		"stride too wide": {Start: []int{0, 0, 0}, Count: []int{2, 1, 1}, Stride: []int{4, 1, 1}},
		"wrong rank":      {Start: []int{0}, Count: []int{1}},
		"empty":           {Start: []int{0, 0, 0}, Count: []int{0, 1, 1}},
	} {
		if err := h5.Read(d, make([]float32, max(s.Size(), 1)), s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := h5.Read(d, make([]float32, 5), d.Whole()); err == nil {
		t.Error("a buffer that is too small was accepted")
	}
	ok(t, f.Close())
	if err := h5.Read(d, make([]float32, 120), d.Whole()); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("reading from a closed file gave %v", err)
	}
	ok(t, f.Close())
}

func TestAttributesOfEveryTypeRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	values := map[string]any{
		"text": "Strömung ν", "empty text": "", "texts": []string{"x", "", "ζ"}, "no texts": []string{},
		"yes": true, "no": false, "truths": []bool{true, false, true},
		"int": int64(-3), "ints": []int64{1, 2, 1 << 60}, "float": 0.1, "floats": []float64{1e-300, 2.5},
	}
	f := must[*h5.File](t)(h5.Create(path))
	ok(t, f.CreateGroup("/g"))
	for _, at := range []string{"/", "/g"} {
		for name, v := range values {
			ok(t, f.SetAttribute(at, name, v))
		}
	}
	ok(t, f.Close())
	f = must[*h5.File](t)(h5.Open(path))
	defer f.Close()
	for _, at := range []string{"/", "/g"} {
		names := must[[]string](t)(f.Attributes(at))
		got := map[string]any{}
		for _, name := range names {
			got[name] = must[any](t)(f.Attribute(at, name))
		}
		if diff := cmp.Diff(values, got); diff != "" {
			t.Errorf("%s: %s", at, diff)
		}
	}
	if _, err := f.Attribute("/g", "other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing attribute gave %v", err)
	}
	if _, err := f.Attribute("/h", "other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an attribute of a missing object gave %v", err)
	}
}

func TestListNamesGroupsAndDatasets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	ramp(t, path, h5.Layout{Type: h5.Float32})
	f := must[*h5.File](t)(h5.Open(path))
	defer f.Close()
	if diff := cmp.Diff([]h5.Entry{{Name: "g", Kind: h5.Group}}, must[[]h5.Entry](t)(f.List("/"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]h5.Entry{{Name: "ramp", Kind: h5.Data}}, must[[]h5.Entry](t)(f.List("/g"))); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{"/nothing", "/g/ramp", "/nothing/deeper"} {
		if _, err := f.List(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("listing %s gave %v", path, err)
		}
	}
	for _, path := range []string{"/nothing", "/g", "/g/ramp/deeper"} {
		if _, err := f.Dataset(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("opening %s as a dataset gave %v", path, err)
		}
	}
}

func TestFaultyFilesGiveOneLineThatSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.hdf5")
	ramp(t, good, h5.Layout{Type: h5.Float32, Chunk: []int{1, 5, 6}})
	bytes := must[[]byte](t)(os.ReadFile(good))
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		ok(t, os.WriteFile(path, data, 0o644))
		return path
	}
	for name, c := range map[string]struct{ path, want string }{
		"missing":   {filepath.Join(dir, "none.hdf5"), "no such file"},
		"folder":    {dir, "found a folder"},
		"foreign":   {write("foreign.hdf5", []byte("temperature,pressure\n")), "not an HDF5 file"},
		"empty":     {write("empty.hdf5", nil), "not an HDF5 file"},
		"truncated": {write("truncated.hdf5", bytes[:len(bytes)-200]), "truncated file: eof = "},
	} {
		_, err := h5.Open(c.path)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if text := err.Error(); !strings.Contains(text, c.want) || !strings.Contains(text, c.path) || strings.Contains(text, "\n") {
			t.Errorf("%s: %q should be one line with %q and the path", name, text, c.want)
		}
	}
}

func TestFailedCreationSaysWhy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no such folder", "a.hdf5")
	_, err := h5.Create(path)
	if err == nil || !strings.Contains(err.Error(), "No such file or directory") || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
		t.Errorf("creating a file in a folder that is not there gave %v", err)
	}
}

func TestDamagedChunkIsFoundByItsChecksum(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	ramp(t, path, h5.Layout{Type: h5.Float64, Chunk: []int{1, 5, 6}})
	data := must[[]byte](t)(os.ReadFile(path))
	at := bytes.Index(data, []byte{0, 0, 0, 0, 0, 0xd0, 0x72, 0x40}) // 301 in float64
	if at < 0 {
		t.Fatal("the value 301 is not in the file")
	}
	data[at+6] ^= 1
	ok(t, os.WriteFile(path, data, 0o644))
	f := must[*h5.File](t)(h5.Open(path))
	defer f.Close()
	d := must[*h5.Dataset](t)(f.Dataset("/g/ramp"))
	row := h5.Slab{Start: []int{0, 0, 0}, Count: []int{1, 5, 6}}
	ok(t, h5.Read(d, make([]float32, 30), row))
	row.Start[0] = 3
	if err := h5.Read(d, make([]float32, 30), row); err == nil || !strings.Contains(err.Error(), "/g/ramp") || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("reading the damaged chunk gave %v", err)
	}
}

func TestSameContentGivesSameBytesLater(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: sleeps until the clock shows another second")
	}
	dir := t.TempDir()
	write := func(name string) []byte {
		path := filepath.Join(dir, name)
		ramp(t, path, h5.Layout{Type: h5.Float32, Chunk: []int{1, 5, 6}})
		f := must[*h5.File](t)(h5.OpenAppend(path))
		ok(t, f.SetAttribute("/g", "texts", []string{"a", "b"}))
		ok(t, f.Close())
		return must[[]byte](t)(os.ReadFile(path))
	}
	first := write("a")
	time.Sleep(1100 * time.Millisecond) // HDF5 counts seconds
	if !bytes.Equal(first, write("b")) {
		t.Error("two equal files differ")
	}
}

func TestConcurrentReadsSeeTheSameValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	ramp(t, path, h5.Layout{Type: h5.Float32, Chunk: []int{1, 5, 6}})
	f := must[*h5.File](t)(h5.Open(path))
	defer f.Close()
	d := must[*h5.Dataset](t)(f.Dataset("/g/ramp"))
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			got := make([]float32, 30)
			for range 50 {
				if err := h5.Read(d, got, h5.Slab{Start: []int{i % 4, 0, 0}, Count: []int{1, 5, 6}}); err != nil || got[7] != float32(100*(i%4)+11) {
					t.Errorf("reader %d: value %g, error %v", i, got[7], err)
					return
				}
				if _, err := f.Attributes("/g"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

func TestBooleansAreStoredAsH5pyDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	f := must[*h5.File](t)(h5.Create(path))
	d := must[*h5.Dataset](t)(f.CreateDataset("/mask", h5.Layout{Shape: []int{3}, Type: h5.Bool8}))
	ok(t, h5.Write(d, []int8{1, 0, 1}, d.Whole()))
	ok(t, f.Close())
	f = must[*h5.File](t)(h5.Open(path))
	defer f.Close()
	d = must[*h5.Dataset](t)(f.Dataset("/mask"))
	got := make([]int8, 3)
	ok(t, h5.Read(d, got, d.Whole()))
	if d.Type != h5.Bool8 || !cmp.Equal(got, []int8{1, 0, 1}) {
		t.Errorf("type %v, values %v", d.Type, got)
	}
}

func TestVersionIsThatOfTheLibrary(t *testing.T) {
	if v := h5.Version(); !h5.Available || strings.Count(v, ".") != 2 {
		t.Errorf("version %q", v)
	}
}

// noisy is element [i, j] of what testdata/make.py wrote.
func noisy(i, j int) float64 {
	if i%7 == 0 {
		return float64((j*1103515245+12345)%(1<<31)) / (1 << 31)
	}
	return math.RoundToEven(2*math.Sin(float64(i*j))) / 2
}

const noisyRows, noisyColumns = 12, 64

// TestFilesOfH5pyAreRead reads what testdata/make.py wrote: every filter, type and version of structures holds the same values.
func TestFilesOfH5pyAreRead(t *testing.T) {
	const single, half = 6e-8, 5e-4 // half a unit in the last place of numbers below 1
	for _, path := range []string{"testdata/earliest.hdf5", "testdata/v110.hdf5"} {
		f := must[*h5.File](t)(h5.Open(path))
		defer f.Close()
		for name, c := range map[string]struct{ scale, tol float64 }{
			"lzf": {1, single}, "lzf_shuffle": {1, 0}, "gzip": {1, single}, "gzip_shuffle_fletcher32": {1, single}, "fletcher32": {1, 0},
			"resizable": {1, single}, "resizable_twice": {1, single},
			"half": {1, half}, "half_big_endian": {1, half}, "single": {1, single}, "single_big_endian": {1, single}, "double": {1, 0}, "double_big_endian": {1, 0},
			"int16": {0.5, 1}, "int32_big_endian": {0.5, 1},
		} {
			d := must[*h5.Dataset](t)(f.Dataset("/" + name))
			got := make([]float64, noisyRows*noisyColumns)
			ok(t, h5.Read(d, got, d.Whole()))
			for k, v := range got {
				i, j := k/noisyColumns, k%noisyColumns
				if math.Abs(v*c.scale-noisy(i, j)) > c.tol {
					t.Fatalf("%s: %s[%d, %d] = %g, want %g", path, name, i, j, v*c.scale, noisy(i, j))
				}
			}
			// A part of it, strided, in the precision of networks.
			part := make([]float32, 3*16)
			ok(t, h5.Read(d, part, h5.Slab{Start: []int{2, 5}, Count: []int{3, 16}, Stride: []int{4, 3}}))
			for k, v := range part {
				if i, j := 2+k/16*4, 5+k%16*3; math.Abs(float64(v)*c.scale-noisy(i, j)) > max(c.tol, single) {
					t.Fatalf("%s: %s[%d, %d] = %g in a strided part, want %g", path, name, i, j, v, noisy(i, j))
				}
			}
		}
		for name, want := range map[string]any{"latin": "fixed", "flags": []bool{true, false}, "bytes": "bytes"} {
			if got := must[any](t)(f.Attribute("/", name)); !cmp.Equal(got, want) {
				t.Errorf("%s: %s = %#v, want %#v", path, name, got, want)
			}
		}
	}
}

func TestUserBlockIsSkipped(t *testing.T) {
	f := must[*h5.File](t)(h5.Open("testdata/userblock.hdf5"))
	defer f.Close()
	d := must[*h5.Dataset](t)(f.Dataset("/double"))
	got := make([]float64, noisyRows*noisyColumns)
	ok(t, h5.Read(d, got, d.Whole()))
	if v := got[5*noisyColumns+9]; v != noisy(5, 9) {
		t.Errorf("element [5, 9] is %g, want %g", v, noisy(5, 9))
	}
	data := must[[]byte](t)(os.ReadFile("testdata/userblock.hdf5"))
	cut := filepath.Join(t.TempDir(), "cut.mat")
	ok(t, os.WriteFile(cut, data[:len(data)-100], 0o644))
	if _, err := h5.Open(cut); err == nil || !strings.Contains(err.Error(), "truncated file") {
		t.Errorf("a truncated file gave %v", err)
	}
}

// TestNewerFormatIsNamedByItsVersion opens structures of HDF5 2.0 with a library that does not read them.
func TestNewerFormatIsNamedByItsVersion(t *testing.T) {
	if v := h5.Version(); !strings.HasPrefix(v, "1.10.") && !strings.HasPrefix(v, "1.8.") {
		t.Skipf("libhdf5 %s reads the file", v)
	}
	f := must[*h5.File](t)(h5.Open("testdata/newer.hdf5"))
	defer f.Close()
	for _, name := range []string{"/contiguous", "/filtered", "/complex", "/fields/filtered"} {
		k, found := f.Kind(name)
		if !found || k != h5.Data {
			t.Errorf("%s is of kind %v", name, k)
		}
		_, err := f.Dataset(name)
		switch name {
		case "/contiguous":
			ok(t, err)
			continue
		case "/complex":
			name = "its datatype has version 5, of HDF5 2.0"
		default:
			name = "its data layout has version 5, of HDF5 2.0"
		}
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "libhdf5 "+h5.Version()) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the error %v does not say %q", err, name)
		}
	}
	entries := must[[]h5.Entry](t)(f.List("/"))
	want := []h5.Entry{{Name: "complex", Kind: h5.Data}, {Name: "contiguous", Kind: h5.Data}, {Name: "fields", Kind: h5.Group}, {Name: "filtered", Kind: h5.Data}}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Error(diff)
	}
	future := must[[]byte](t)(os.ReadFile("testdata/v110.hdf5"))
	future[8] = 9
	path := filepath.Join(t.TempDir(), "future.hdf5")
	ok(t, os.WriteFile(path, future, 0o644))
	if _, err := h5.Open(path); err == nil || !strings.Contains(err.Error(), "superblock of version 9") {
		t.Errorf("a superblock of the future gave %v", err)
	}
}

func TestFirstMemberIsFoundByItsKind(t *testing.T) {
	f := must[*h5.File](t)(h5.Open("testdata/newer.hdf5"))
	defer f.Close()
	if path, found := f.First("/", h5.Group); path != "/fields" || !found {
		t.Errorf("the first group is %q, %v", path, found)
	}
	if path, found := f.First("/fields", h5.Data); path != "/fields/filtered" || !found {
		t.Errorf("the first dataset is %q, %v", path, found)
	}
	if path, found := f.First("/fields", h5.Group); found {
		t.Errorf("a group %q was found where there is none", path)
	}
}

func TestDatasetsCanBeClosedBeforeTheirFile(t *testing.T) {
	f := must[*h5.File](t)(h5.Open("testdata/v110.hdf5"))
	d := must[*h5.Dataset](t)(f.Dataset("/double"))
	ok(t, d.Close())
	ok(t, d.Close())
	if err := h5.Read(d, make([]float64, noisyRows*noisyColumns), d.Whole()); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("reading from a closed dataset gave %v", err)
	}
	ok(t, f.Close())
	ok(t, d.Close())
}

// TestDamagedHeaderIsAnErrorEveryTime damages the block of an object header that holds an attribute. libhdf5 refuses it once and forgets the attribute from then on.
func TestDamagedHeaderIsAnErrorEveryTime(t *testing.T) {
	data := must[[]byte](t)(os.ReadFile("../../benchmarks/datasets/testdata/well.hdf5"))
	at := bytes.Index(data, []byte("nu\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00speed\x00")) // the value of /scalars@field_names
	if at < 0 {
		t.Fatal("the attribute is not in the file")
	}
	data[at] ^= 1
	path := filepath.Join(t.TempDir(), "damaged.hdf5")
	ok(t, os.WriteFile(path, data, 0o644))
	f := must[*h5.File](t)(h5.Open(path))
	defer f.Close()
	for range 3 {
		if _, found := f.Kind("/scalars"); !found {
			t.Error("the group is gone")
		}
		for what, err := range map[string]error{
			"attribute": second(f.Attribute("/scalars", "field_names")), "attributes": second(f.Attributes("/scalars")),
			"list": second(f.List("/scalars")), "member": second(f.Dataset("/scalars/nu")),
		} {
			if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "checksum") {
				t.Errorf("%s: error %v, expected one of a checksum", what, err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }
