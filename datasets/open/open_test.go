//go:build cgo

package open_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/open"
	"github.com/eddy-pde/eddy/datasets/well"
	"github.com/eddy-pde/eddy/internal/h5"
)

const (
	points = 16
	frames = 5
)

// write makes a file of trajectories with two fields, each a row of normal numbers changed by fault.
func write(t *testing.T, path string, trajectories int, seed uint64, fault func(traj int, u []float64)) {
	t.Helper()
	m := datasets.Meta{
		Spec: eddy.Spec{
			Name: "line", Fields: []eddy.Field{{Name: "u"}, {Name: "v"}}, Grid: eddy.PeriodicGrid(1, points), Dt: 0.25, History: 1,
		},
		Trajectories: trajectories, Frames: frames, Attributes: map[string]string{"viscosity": "0.01", "seed": fmt.Sprint(seed)},
	}
	for i := range frames {
		m.T = append(m.T, 0.25*float64(i))
	}
	w := well.NewWriter(path)
	if _, err := w.Begin(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for traj := range trajectories {
		rng := rand.New(rand.NewPCG(seed, uint64(traj)))
		u := make([]float64, frames*2*points)
		for i := range u {
			u[i] = rng.NormFloat64()
		}
		if fault != nil {
			fault(traj, u)
		}
		if err := w.Write(t.Context(), traj, u); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func inspect(t *testing.T, path string) open.Report {
	t.Helper()
	r, err := open.Inspect(t.Context(), path, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLayoutIsRecognisedByContent(t *testing.T) {
	dir := t.TempDir()
	ours := filepath.Join(dir, "data.bin") // the name says nothing
	write(t, ours, 1, 1, nil)
	for path, want := range map[string]string{
		ours:                         "well",
		"../well/testdata/flow.hdf5": "well",
		"../well/testdata/wave.hdf5": "well",
		"../pdebench/testdata/1D_Burgers_Sols_Nu0.01.hdf5":     "pdebench",
		"../pdebench/testdata/2D_DarcyFlow_beta1.0_Train.hdf5": "pdebench",
		"../fnomat/testdata/burgers_data_R10.mat":              "fnomat",
		"../fnomat/testdata/NavierStokes_V1e-3_N5_T3.mat":      "fnomat",
		"../apebench/testdata/1d_phy_burgers_test.npy":         "apebench",
		"../described/testdata/runs.toml":                      "described",
		"../described/testdata/air.toml":                       "described",
		"../described/testdata/air-0.nc":                       "",
		"../well/testdata":                                     "", // files that do not belong together
		"../pdebench/testdata":                                 "",
		"../pdebench/testdata/make.py":                         "",
	} {
		ds, layout, err := open.Open(path)
		if err != nil {
			if want != "" || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", path, err)
			}
			continue
		}
		if layout != want || ds.Len() < 1 {
			t.Errorf("%s has layout %q, want %q", path, layout, want)
		}
		if err := datasets.Closer(ds); err != nil {
			t.Error(err)
		}
	}
}

// Every fixture of every layout is recognised as its own, opens, and gives a report whose ranges are finite.
func TestFixturesOfEveryLayoutAreRecognisedAndInspected(t *testing.T) {
	tried := map[string]int{}
	for _, layout := range []string{"well", "pdebench", "pdearena", "poseidon", "tsm", "fnomat", "apebench", "described"} {
		files, err := filepath.Glob("../" + layout + "/testdata/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			ext := filepath.Ext(path)
			if slices.Contains([]string{".py", ".json", ".yaml"}, ext) || layout == "described" && ext != ".toml" {
				continue
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.IsDir() {
				continue
			}
			r, err := open.Inspect(t.Context(), path, false, nil)
			if err != nil || r.Layout != layout {
				t.Errorf("%s: layout %q, error %v", path, r.Layout, err)
				continue
			}
			if len(r.Ranges) != len(r.Fields) || len(r.Boundaries) == 0 || r.Trajectories == 0 {
				t.Errorf("%s: %+v", path, r)
			}
			tried[layout]++
		}
		if tried[layout] == 0 {
			t.Errorf("no fixture of %s", layout)
		}
	}
}

func TestUnknownLayoutListsItsArraysAndSuggestsADescription(t *testing.T) {
	_, _, err := open.Open("../described/testdata/runs.h5")
	if err == nil {
		t.Fatal("an unknown layout was opened")
	}
	for _, want := range []string{"/runs/seed_00/u [2 4 6 5] float16", "/grid/x [6] float64", "expected The Well's", "eddy inspect --description"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	classic := filepath.Join(t.TempDir(), "old.nc")
	if err := os.WriteFile(classic, []byte("CDF\x01 and more"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := open.Open(classic); err == nil || !strings.Contains(err.Error(), "nccopy -k nc4") {
		t.Errorf("a classic netCDF file gave %v", err)
	}
}

// A description without fields joins files in their own layout and splits them by trajectory, without duplicates.
func TestDescriptionWithoutFieldsSelectsFromAKnownLayout(t *testing.T) {
	dir := t.TempDir()
	repeat := func(traj int, u []float64) {
		rng := rand.New(rand.NewPCG(99, uint64(traj/2))) // each trajectory twice
		for i := range u {
			u[i] = rng.NormFloat64()
		}
	}
	write(t, filepath.Join(dir, "a.hdf5"), 6, 1, repeat)
	write(t, filepath.Join(dir, "b.hdf5"), 4, 2, nil)
	reports := make([]open.Report, 2)
	for i, part := range []string{"train", "test"} {
		path := filepath.Join(dir, part+".toml")
		text := "files = [\"?.hdf5\"]\n[select]\ndistinct = true\nshares = [0.5, 0.0, 0.5]\npart = \"" + part + "\"\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		reports[i] = inspect(t, path)
		if r := reports[i]; r.Layout != "well" || r.Distinct != r.Trajectories || r.Parameters["viscosity"] != [2]float64{0.01, 0.01} || len(r.Problems) > 0 {
			t.Errorf("%+v", r)
		}
		whole, _, err := open.Whole(path)
		if err != nil || whole.Len() != 10 {
			t.Errorf("without the selection: %v, error %v", whole, err)
		}
		if err := datasets.Closer(whole); err != nil {
			t.Error(err)
		}
	}
	if n := reports[0].Trajectories + reports[1].Trajectories; n != 7 { // 3 of a, 4 of b
		t.Errorf("%d trajectories in both parts, want 7", n)
	}
	open.Leakage(reports)
	if len(reports[1].Problems) > 0 {
		t.Errorf("the parts share %v", reports[1].Problems)
	}
}

// As in PDEBench's shallow-water set: hundreds of trajectories of which few are distinct are summed up.
func TestManyDuplicatesAreSummedUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "swe.hdf5")
	write(t, path, 100, 1, func(traj int, u []float64) {
		rng := rand.New(rand.NewPCG(7, uint64(traj%9)))
		for i := range u {
			u[i] = rng.NormFloat64()
		}
	})
	r := inspect(t, path)
	last := r.Problems[len(r.Problems)-1]
	if r.Distinct != 9 || len(r.Problems) != 21 || last.Kind != "duplicate-trajectory" || !strings.Contains(last.Detail, "91 of 100 trajectories occur earlier, 9 are distinct") {
		t.Errorf("%d distinct, %d problems, the last %+v", r.Distinct, len(r.Problems), last)
	}
}

func TestUnevenGridsMissingValuesAndPackedFieldsAreReported(t *testing.T) {
	r := inspect(t, "../described/testdata/air.toml")
	kinds := map[string]string{}
	for _, p := range r.Problems {
		kinds[p.Kind] += p.Where + ": " + p.Detail + "; "
	}
	if got := kinds[open.NonuniformGrid]; !strings.HasPrefix(got, "axis y: points from 1 to 2 apart") {
		t.Errorf("uneven grid: %q", got)
	}
	// One value, its twin in the second file, and there a frame of 30.
	if got := kinds[open.NaN]; !strings.Contains(got, "trajectory 0, frame 1, field temperature: 1 values") || !strings.Contains(got, "trajectory 1, frame 1, field temperature: 31 values") {
		t.Errorf("missing values: %q", got)
	}
	if diff := cmp.Diff([]string{"x periodic", "y not periodic"}, r.Boundaries); diff != "" {
		t.Error(diff)
	}
	if r.Ranges["temperature"] != [2]float64{150, 1672.5} || r.SigmaMin != nil {
		t.Errorf("%+v", r)
	}
}

func TestUnevenGridsOfPDEBenchAreReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "1D_CFD_trans_.hdf5")
	f, err := h5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]struct {
		shape  []int
		values []float64
	}{
		"/tensor":       {[]int{1, 2, 4}, []float64{1, 2, 3, 4, 5, 6, 7, 8}},
		"/x-coordinate": {[]int{4}, []float64{0, 1, 2, 4}},
		"/t-coordinate": {[]int{3}, []float64{0, 1, 2}},
	} {
		d, err := f.CreateDataset(name, h5.Layout{Shape: v.shape, Type: h5.Float64})
		if err != nil {
			t.Fatal(err)
		}
		if err := h5.Write(d, v.values, d.Whole()); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r := inspect(t, path)
	i := slices.IndexFunc(r.Problems, func(p open.Problem) bool { return p.Kind == open.NonuniformGrid })
	if i < 0 || !strings.HasPrefix(r.Problems[i].Detail, "points from 1 to 2 apart") {
		t.Errorf("problems %v", r.Problems)
	}
}

func TestUnknownLayoutNamesWhatItHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.h5")
	f, err := h5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CreateGroup("/particles"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, _, err := open.Open(path); err == nil || !strings.Contains(err.Error(), `"particles"`) || !strings.Contains(err.Error(), path) {
		t.Errorf("an unknown layout gave %v", err)
	}
}

func TestGoodFileHasNoProblemsAndTheSchemaOfInspect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "good.hdf5")
	write(t, path, 3, 1, nil)
	var calls int
	var last, total int64
	r, err := open.Inspect(t.Context(), path, false, func(done, of int64) { calls, last, total = calls+1, done, of })
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(3 * frames * 2 * points * 4); calls == 0 || last != want || total != want {
		t.Errorf("progress ended at %d of %d after %d calls, want %d", last, total, calls, want)
	}
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"file":"` + path + `","layout":"well","trajectories":3,"frames":5,"grid":[16],"dt":0.25,"fields":["u","v"],"parameters":{"viscosity":[0.01,0.01]},"problems":[],` +
		`"boundaries":["x periodic"],"ranges":{"u":[-3.0853772,2.6104221],"v":[-3.0626435,3.1945398]},"distinct":3,"sigma_min":0.03}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEachFaultIsFoundAndPlaced(t *testing.T) {
	row := func(u []float64, frame, field int) []float64 { return u[(frame*2+field)*points:][:points] }
	fill := func(u []float64, v float64) {
		for i := range u {
			u[i] = v
		}
	}
	first := make([]float64, frames*2*points)
	for name, c := range map[string]struct {
		fault func(traj int, u []float64)
		want  open.Problem
	}{
		"nan": {func(traj int, u []float64) {
			if traj == 1 {
				row(u, 2, 1)[3], row(u, 3, 0)[0] = math.NaN(), math.Inf(-1)
			}
		}, open.Problem{Kind: "nan", Where: "trajectory 1, frame 2, field v", Detail: "2 values are NaN or infinite, the first here"}},
		"field of one value": {func(_ int, u []float64) {
			for f := range frames {
				fill(row(u, f, 1), 2.5)
			}
		}, open.Problem{Kind: "constant-field", Where: "field v", Detail: "is 2.5 everywhere"}},
		"field that stands still": {func(_ int, u []float64) {
			for f := range frames {
				copy(row(u, f, 0), row(u, 0, 0))
			}
		}, open.Problem{Kind: "constant-field", Where: "field u", Detail: "does not change in time"}},
		"field of one value in a trajectory": {func(traj int, u []float64) {
			for f := range frames {
				if traj == 2 {
					fill(row(u, f, 0), 1)
				}
			}
		}, open.Problem{Kind: "constant-field", Where: "field u of trajectory 2", Detail: "has one value"}},
		"trajectory twice": {func(traj int, u []float64) {
			if traj == 0 {
				copy(first, u)
			}
			if traj == 2 {
				copy(u, first)
			}
		}, open.Problem{Kind: "duplicate-trajectory", Where: "trajectory 2", Detail: "equals trajectory 0"}},
		"part of a trajectory twice": {func(traj int, u []float64) {
			if traj == 1 {
				copy(first, u)
			}
			if traj == 2 {
				copy(u, first[3*2*points:]) // its frames 3 and 4
			}
		}, open.Problem{Kind: "duplicate-trajectory", Where: "trajectory 2", Detail: "shares 2 of 5 frames with trajectory 1"}},
		"frames never written": {func(traj int, u []float64) {
			if traj == 1 {
				clear(u[3*2*points:])
			}
		}, open.Problem{Kind: "truncated", Where: "trajectory 1 from frame 3 on", Detail: "all values are zero to the end"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.hdf5")
			write(t, path, 3, 1, c.fault)
			if diff := cmp.Diff([]open.Problem{c.want}, inspect(t, path).Problems); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLeakageBetweenFilesIsFound(t *testing.T) {
	dir := t.TempDir()
	train, test, other := filepath.Join(dir, "train.hdf5"), filepath.Join(dir, "test.hdf5"), filepath.Join(dir, "other.hdf5")
	var seen []float64
	write(t, train, 3, 1, func(traj int, u []float64) {
		if traj == 1 {
			seen = slices.Clone(u)
		}
	})
	write(t, test, 3, 2, func(traj int, u []float64) {
		switch traj {
		case 0: // same start, another course: no leakage
			copy(u[:2*points], seen)
		case 2:
			copy(u, seen)
		}
	})
	write(t, other, 1, 3, nil)
	reports := []open.Report{inspect(t, train), inspect(t, other), inspect(t, test)}
	open.Leakage(reports)
	for i, want := range [][]open.Problem{{}, {}, {{Kind: "leakage", Where: "trajectory 2", Detail: "equals trajectory 1 of " + train}}} {
		if diff := cmp.Diff(want, reports[i].Problems); diff != "" {
			t.Errorf("%s: %s", reports[i].File, diff)
		}
	}
}

func TestEveryTrajectoryWithBadValuesIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	write(t, path, 30, 1, func(traj int, u []float64) {
		if traj >= 5 {
			u[2*2*points] = math.NaN() // frame 2, field u
		}
		if traj == 5 {
			u[3*2*points] = math.Inf(1)
		}
	})
	var got []open.Problem
	for _, p := range inspect(t, path).Problems {
		if p.Kind == open.NaN {
			got = append(got, p)
		}
	}
	if len(got) != 21 {
		t.Fatalf("%d problems, expected 20 trajectories and a sum: %v", len(got), got)
	}
	want := []open.Problem{
		{Kind: "nan", Where: "trajectory 5, frame 2, field u", Detail: "2 values are NaN or infinite, the first here"},
		{Kind: "nan", Where: "trajectory 6, frame 2, field u", Detail: "1 values are NaN or infinite, the first here"},
		{Kind: "nan", Where: path, Detail: "25 of 30 trajectories have values that are NaN or infinite"},
	}
	if diff := cmp.Diff(want, []open.Problem{got[0], got[1], got[20]}); diff != "" {
		t.Error(diff)
	}
}

func TestMissingStatisticsAndUnevenTimesAreReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wave.hdf5")
	data, err := os.ReadFile("../well/testdata/wave.hdf5")
	if err != nil {
		t.Fatal(err)
	}
	// The times 0, 0.05, 0.1, 0.15 in float32; the last but one becomes 0.05 + 2⁻⁷.
	times := []byte{0, 0, 0, 0, 0xcd, 0xcc, 0x4c, 0x3d, 0xcd, 0xcc, 0xcc, 0x3d, 0x9a, 0x99, 0x19, 0x3e}
	at := bytes.Index(data, times)
	if at < 0 {
		t.Fatal("the times are not in the file")
	}
	copy(data[at+8:], []byte{0, 0, 0x80, 0x3d})
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	r := inspect(t, path)
	kinds := map[string]string{}
	for _, p := range r.Problems {
		kinds[p.Kind] = p.Where
	}
	if r.Dt != nil || kinds["nonuniform-dt"] != "trajectory 0" || kinds["missing-statistics"] != path {
		t.Errorf("dt %v, problems %v", r.Dt, r.Problems)
	}
	if r := inspect(t, "../pdebench/testdata/1D_Burgers_Sols_Nu0.01.hdf5"); len(r.Problems) > 0 || *r.Dt < 0.00999 || *r.Dt > 0.01001 {
		t.Errorf("PDEBench's file has problems %v", r.Problems)
	}
}

// marker is a value that is found in a file.
const marker = 12345.678

func TestFilesThatCannotBeReadStillHaveAReport(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.hdf5")
	write(t, good, 3, 1, func(_ int, u []float64) { u[5] = marker })
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	damaged := append([]byte(nil), data...)
	at := bytes.Index(damaged, binary.LittleEndian.AppendUint32(nil, math.Float32bits(marker)))
	if at < 0 {
		t.Fatal("the marked value is not in the file")
	}
	damaged[at] ^= 0x55
	for name, c := range map[string]struct{ path, kind string }{
		"truncated": {file("cut.hdf5", data[:len(data)-1000]), "truncated"},
		"foreign":   {file("foreign.hdf5", []byte("a,b\n")), "unreadable"},
		"missing":   {filepath.Join(dir, "none.hdf5"), "unreadable"},
		"damaged":   {file("damaged.hdf5", damaged), "unreadable"},
	} {
		r, err := open.Inspect(t.Context(), c.path, true, nil)
		if err == nil || len(r.Problems) == 0 {
			t.Errorf("%s: error %v, problems %v", name, err, r.Problems)
			continue
		}
		if p := r.Problems[len(r.Problems)-1]; r.File != c.path || p.Kind != c.kind || p.Where != c.path || strings.Contains(p.Detail, "\n") {
			t.Errorf("%s: %+v", name, r)
		}
		if text, err := json.Marshal(r); err != nil || strings.Contains(string(text), "null,\"fields") && name == "damaged" || strings.Contains(string(text), `"problems":null`) {
			t.Errorf("%s: %s, error %v", name, text, err)
		}
	}
}
