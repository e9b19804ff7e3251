//go:build cgo

package well_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
	"github.com/eddy-pde/eddy/internal/config"
)

// flow is a 2-D data set with every kind of content: a scalar, a vector whose components are not neighbours, half a vector, a tensor, a static field, a parameter.
func flow(trajectories, frames int) datasets.Meta {
	spec := eddy.Spec{
		Name: "flow",
		Fields: []eddy.Field{
			{Name: "velocity_y", Unit: "m/s", Of: "velocity", Index: []int{1}},
			{Name: "density", Unit: "kg/m³", At: eddy.Cell},
			{Name: "velocity_x", Unit: "m/s", Of: "velocity", Index: []int{0}},
			{Name: "half_x", Of: "half", Index: []int{0}},
			{Name: "d_xx", Of: "d", Index: []int{0, 0}},
			{Name: "d_xy", Of: "d", Index: []int{0, 1}},
			{Name: "d_yx", Of: "d", Index: []int{1, 0}},
			{Name: "d_yy", Of: "d", Index: []int{1, 1}},
		},
		Statics: []eddy.Field{{Name: "height", Unit: "m"}},
		Params:  []eddy.Param{{Name: "viscosity", Unit: "m²/s", Value: 0.5}},
		Grid:    eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: 6, Origin: -1, Length: 2 * math.Pi, Periodic: true}, {Name: "y", Points: 5, Length: 1}}},
		Dt:      0.1, History: 1,
	}
	m := datasets.Meta{
		Spec: spec, Trajectories: trajectories, Frames: frames,
		Attributes: map[string]string{"pde": "flow", "gravity": "9.81", "seed": "18446744073709551615", "grid": "6x5", "order": "4"},
	}
	for i := range frames {
		m.T = append(m.T, float64(i)*spec.Dt)
	}
	return m
}

// scalarOnly is a 1-D data set of one field.
func scalarOnly(trajectories, frames, points int) datasets.Meta {
	m := datasets.Meta{
		Spec: eddy.Spec{
			Name: "line", Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, points), Dt: 0.25, History: 1,
		},
		Trajectories: trajectories, Frames: frames, Attributes: map[string]string{"viscosity": "0.01", "seed": "7", "split": "train"},
	}
	for i := range frames {
		m.T = append(m.T, float64(i)*0.25)
	}
	return m
}

// values are the frames of a trajectory: normal numbers that depend on its number.
func values(m datasets.Meta, traj int) []float64 {
	rng := rand.New(rand.NewPCG(1, uint64(traj)))
	v := make([]float64, m.Frames*eddy.Size(m.Spec.FrameShape()))
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

func condition(m datasets.Meta, traj int) (static, cond []float64) {
	for i := range len(m.Spec.Statics) * m.Spec.Grid.Points() {
		static = append(static, float64(1000*traj+i))
	}
	for i := range m.Spec.Params {
		cond = append(cond, float64(traj)+0.5*float64(i))
	}
	return static, cond
}

func write(t *testing.T, path string, m datasets.Meta) {
	t.Helper()
	w := well.NewWriter(path)
	done, err := w.Begin(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	for traj := done; traj < m.Trajectories; traj++ {
		if len(m.Spec.Statics)+len(m.Spec.Params) > 0 {
			static, cond := condition(m, traj)
			if err := w.WriteCondition(t.Context(), traj, static, cond); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Write(t.Context(), traj, values(m, traj)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, path string) *well.Dataset {
	t.Helper()
	ds, err := well.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ds.Close() })
	return ds
}

func TestWrittenFileIsReadBackWhole(t *testing.T) {
	for _, wide := range []bool{false, true} {
		m := flow(3, 7)
		m.Float64 = wide
		path := filepath.Join(t.TempDir(), "flow.hdf5")
		write(t, path, m)
		ds := opened(t, path)
		if diff := cmp.Diff(m.Spec, zeroValues(ds.Spec()), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("the specification changed: %s", diff)
		}
		if ds.Len() != 3 || ds.Frames(2) != 7 || !cmp.Equal(ds.Times(1), m.T) {
			t.Errorf("%d trajectories of %d frames at %v", ds.Len(), ds.Frames(2), ds.Times(1))
		}
		for traj := range 3 {
			want := values(m, traj)
			size := eddy.Size(m.Spec.FrameShape())
			for _, span := range [][2]int{{0, 7}, {2, 3}, {6, 1}} {
				got := eddy.NewTensor(append([]int{span[1]}, m.Spec.FrameShape()...)...)
				if err := ds.Read(t.Context(), got, traj, span[0]); err != nil {
					t.Fatal(err)
				}
				for i, v := range got.Data {
					if v != float32(want[span[0]*size+i]) {
						t.Fatalf("trajectory %d, frames %v, value %d: %g, want %g", traj, span, i, v, want[span[0]*size+i])
					}
				}
			}
			static, cond := eddy.NewTensor(1, 6, 5), make([]float32, 1)
			if err := ds.Condition(t.Context(), static, cond, traj); err != nil {
				t.Fatal(err)
			}
			s, c := condition(m, traj)
			for i := range s {
				if static.Data[i] != float32(s[i]) {
					t.Fatalf("static value %d of trajectory %d is %g, want %g", i, traj, static.Data[i], s[i])
				}
			}
			if cond[0] != float32(c[0]) {
				t.Errorf("parameter of trajectory %d is %g, want %g", traj, cond[0], c[0])
			}
		}
		attributes, err := ds.Attributes()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m.Attributes, attributes); diff != "" {
			t.Errorf("the attributes changed: %s", diff)
		}
	}
}

// zeroValues gives the parameter back the value it was written with: on reading, Value is that of the first trajectory.
func zeroValues(s eddy.Spec) eddy.Spec {
	s.Params = append([]eddy.Param(nil), s.Params...)
	for i := range s.Params {
		s.Params[i].Value = 0.5
	}
	return s
}

func TestParametersThatDoNotVaryConditionOnlyWhenAskedFor(t *testing.T) {
	dir := t.TempDir()
	for i, nu := range []string{"0.01", "0.03"} {
		m := scalarOnly(2, 3, 8)
		m.Attributes["viscosity"] = nu
		m.Attributes["split"] = "test"
		write(t, filepath.Join(dir, string(rune('a'+i))+".hdf5"), m)
	}
	one := opened(t, filepath.Join(dir, "a.hdf5"))
	if p := one.Spec().Params; len(p) != 0 {
		t.Errorf("a file of one viscosity has parameters %v", p)
	}
	if diff := cmp.Diff(map[string][2]float64{"viscosity": {0.01, 0.01}}, one.Parameters()); diff != "" {
		t.Error(diff)
	}
	asked, err := one.WithParams("viscosity")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]eddy.Param{{Name: "viscosity", Value: 0.01}}, asked.Spec().Params); diff != "" {
		t.Error(diff)
	}
	if _, err := one.WithParams("mach"); err == nil || !strings.Contains(err.Error(), `"viscosity"`) {
		t.Errorf("an unknown parameter gave %v", err)
	}
	both := opened(t, dir)
	if both.Len() != 4 {
		t.Errorf("the folder has %d trajectories, want 4", both.Len())
	}
	cond := make([]float32, len(both.Spec().Params))
	if len(cond) != 1 {
		t.Fatalf("files of two viscosities have parameters %v", both.Spec().Params)
	}
	for traj, want := range []float32{0.01, 0.01, 0.03, 0.03} {
		if err := both.Condition(t.Context(), nil, cond, traj); err != nil || cond[0] != want {
			t.Errorf("trajectory %d has viscosity %g, error %v", traj, cond[0], err)
		}
	}
}

func TestFilesOfAFolderMustAgree(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.hdf5"), scalarOnly(1, 3, 8))
	write(t, filepath.Join(dir, "b.hdf5"), scalarOnly(1, 3, 16))
	if _, err := well.Open(dir); err == nil || !strings.Contains(err.Error(), "b.hdf5 differs") || !strings.Contains(err.Error(), "grid") {
		t.Errorf("different grids gave %v", err)
	}
	if _, err := well.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), ".hdf5") {
		t.Errorf("an empty folder gave %v", err)
	}
}

func TestSameContentGivesSameBytesHoweverItWasWritten(t *testing.T) {
	dir := t.TempDir()
	m := flow(5, 4)
	whole := filepath.Join(dir, "whole.hdf5")
	write(t, whole, m)
	if !testing.Short() {
		time.Sleep(1100 * time.Millisecond) // HDF5 stores times in seconds, where it stores them
	}
	// The other file loses its process twice: once behind a record of progress, once with two trajectories that no record counts.
	broken := filepath.Join(dir, "broken.hdf5")
	for _, until := range []int{2, 4, 5} {
		w := well.NewWriter(broken)
		w.RecordEvery(0)
		done, err := w.Begin(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		for traj := done; traj < until; traj++ {
			if until == 4 {
				w.RecordEvery(time.Hour)
			}
			static, cond := condition(m, traj)
			if err := errors.Join(w.WriteCondition(t.Context(), traj, static, cond), w.Write(t.Context(), traj, values(m, traj))); err != nil {
				t.Fatal(err)
			}
		}
		if until == 5 {
			if err := w.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			break
		}
		if want := until; until == 2 && w.Recorded() != want || until == 4 && w.Recorded() != 2 {
			t.Fatalf("%d trajectories are recorded", w.Recorded())
		}
		w.Abandon()
		if _, err := os.Stat(broken); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("an unfinished file has its final name: %v", err)
		}
	}
	a, errA := os.ReadFile(whole)
	b, errB := os.ReadFile(broken)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("the files differ: %d and %d bytes, errors %v, %v", len(a), len(b), errA, errB)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 4 { // two files and their statistics
		t.Errorf("left behind: %v, error %v", left, err)
	}
	if bytes.Contains(a, []byte(dir)) {
		t.Error("the file holds the path at which it was made")
	}
}

// TestMain lets two tests run this program as the process that is killed, or meets a full disk.
func TestMain(m *testing.M) {
	if path := os.Getenv("EDDY_TEST_FULL"); path != "" {
		signal.Ignore(syscall.SIGXFSZ) // so that writing behind the limit fails as on a full disk
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100 << 10, Max: 100 << 10}); err != nil {
			fmt.Println("skip:", err)
			os.Exit(0)
		}
		_, err := well.NewWriter(path).Begin(context.Background(), flow(40, 4))
		fmt.Println(err)
		os.Exit(0)
	}
	if path := os.Getenv("EDDY_TEST_WRITE"); path != "" {
		w, d := well.NewWriter(path), flow(40, 4)
		w.RecordEvery(5 * time.Millisecond)
		done, err := w.Begin(context.Background(), d)
		for traj := done; traj < d.Trajectories && err == nil; traj++ {
			static, cond := condition(d, traj)
			err = errors.Join(w.WriteCondition(context.Background(), traj, static, cond), w.Write(context.Background(), traj, values(d, traj)))
			fmt.Println(traj)
			time.Sleep(2 * time.Millisecond)
		}
		if err == nil {
			err = w.Close(context.Background())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestKilledWriterGivesTheSameBytes(t *testing.T) {
	dir := t.TempDir()
	whole, killed := filepath.Join(dir, "whole.hdf5"), filepath.Join(dir, "killed.hdf5")
	write(t, whole, flow(40, 4))
	resumed := 0
	for _, after := range []int{1, 12, 25, 1000} { // lines read before the blow
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "EDDY_TEST_WRITE="+killed)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines, first := bufio.NewScanner(out), -1
		for range after {
			if !lines.Scan() {
				break
			}
			if first < 0 {
				if first, err = strconv.Atoi(lines.Text()); err != nil {
					t.Fatal(err)
				}
				resumed += min(first, 1)
			}
		}
		if after < 1000 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		if err := child.Wait(); after == 1000 && err != nil {
			t.Fatal(err)
		}
	}
	if resumed == 0 {
		t.Error("no run went on with what another had recorded")
	}
	a, errA := os.ReadFile(whole)
	b, errB := os.ReadFile(killed)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("the files differ: %d and %d bytes, errors %v, %v", len(a), len(b), errA, errB)
	}
}

func TestFullDiskIsMetAtOnceAndLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "EDDY_TEST_FULL="+path)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if strings.HasPrefix(string(out), "skip:") {
		t.Skip(string(out))
	}
	if strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), "File too large") || !strings.Contains(string(out), "a.hdf5") {
		t.Errorf("a full disk gave %q, expected one line with the system's reason", out)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

func TestResumingWithOtherParametersIsRefusedByName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	m := scalarOnly(3, 4, 8)
	w := well.NewWriter(path)
	if _, err := w.Begin(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), 0, values(m, 0)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(t.Context()); err == nil || !strings.Contains(err.Error(), "1 of 3") {
		t.Errorf("closing an unfinished file gave %v", err)
	}
	check := func() {
		t.Helper()
		for key, change := range map[string]func(m *datasets.Meta){
			"viscosity":    func(m *datasets.Meta) { m.Attributes["viscosity"] = "0.02" },
			"seed":         func(m *datasets.Meta) { m.Attributes["seed"] = "8" },
			"extra":        func(m *datasets.Meta) { m.Attributes["extra"] = "1" },
			"split":        func(m *datasets.Meta) { delete(m.Attributes, "split") },
			"trajectories": func(m *datasets.Meta) { m.Trajectories = 4 },
			"frames":       func(m *datasets.Meta) { m.Frames, m.T = 3, m.T[:3] },
			"float64":      func(m *datasets.Meta) { m.Float64 = true },
			"grid":         func(m *datasets.Meta) { m.Spec.Grid.Axes[0].Points = 16 },
			"fields":       func(m *datasets.Meta) { m.Spec.Fields = []eddy.Field{{Name: "v"}} },
			"dt":           func(m *datasets.Meta) { m.Spec.Dt = 0.125 },
			"times":        func(m *datasets.Meta) { m.T = []float64{1, 1.25, 1.5, 1.75} },
		} {
			other := scalarOnly(3, 4, 8)
			change(&other)
			if _, err := well.NewWriter(path).Begin(t.Context(), other); err == nil || !strings.Contains(err.Error(), key) {
				t.Errorf("another %s gave %v", key, err)
			}
		}
	}
	check()
	write(t, path, m) // goes on
	check()
	again := well.NewWriter(path)
	if done, err := again.Begin(t.Context(), m); err != nil || done != 3 {
		t.Errorf("a finished file has %d trajectories to go on with, error %v", done, err)
	}
	if err := again.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestInterruptedWriterKeepsSilent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hdf5")
	ctx, cancel := context.WithCancel(t.Context())
	w := well.NewWriter(path)
	m := scalarOnly(3, 4, 8)
	if _, err := w.Begin(ctx, m); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := w.Write(ctx, 0, values(m, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("writing after an interruption gave %v", err)
	}
	if err := w.Close(ctx); err != nil {
		t.Errorf("closing after an interruption gave %v", err)
	}
	if err := well.Discard(path); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

func TestWriterRefusesWhatTheLayoutCannotHold(t *testing.T) {
	for name, change := range map[string]func(m *datasets.Meta){
		"no fields":         func(m *datasets.Meta) { m.Spec.Fields = nil },
		"a slash":           func(m *datasets.Meta) { m.Spec.Fields[0].Name = "a/b" },
		"same name twice":   func(m *datasets.Meta) { m.Spec.Fields = append(m.Spec.Fields, m.Spec.Fields[0]) },
		"no trajectories":   func(m *datasets.Meta) { m.Trajectories = 0 },
		"times missing":     func(m *datasets.Meta) { m.T = m.T[:1] },
		"no axes":           func(m *datasets.Meta) { m.Spec.Grid = eddy.Grid{} },
		"reserved name":     func(m *datasets.Meta) { m.Attributes["n_trajectories"] = "1" },
		"unnamed parameter": func(m *datasets.Meta) { m.Spec.Params = []eddy.Param{{}} },
	} {
		path := filepath.Join(t.TempDir(), "a.hdf5")
		m := scalarOnly(2, 3, 8)
		change(&m)
		if _, err := well.NewWriter(path).Begin(t.Context(), m); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s gave %v", name, err)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
			t.Errorf("%s left %v behind", name, left)
		}
	}
	m := flow(2, 3)
	w := well.NewWriter(filepath.Join(t.TempDir(), "a.hdf5"))
	if err := w.Write(t.Context(), 0, values(m, 0)); err == nil {
		t.Error("writing before Begin is no error")
	}
	if _, err := w.Begin(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	defer w.Abandon()
	for name, err := range map[string]error{
		"wrong size":        w.Write(t.Context(), 0, values(m, 0)[1:]),
		"out of order":      w.Write(t.Context(), 1, values(m, 1)),
		"no static field":   w.Write(t.Context(), 0, values(m, 0)),
		"too few constants": w.WriteCondition(t.Context(), 0, nil, []float64{1}),
	} {
		if err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}

func TestStatisticsStandBesideTheFile(t *testing.T) {
	dir := t.TempDir()
	m := flow(3, 7)
	path := filepath.Join(dir, "train.hdf5")
	write(t, path, m)
	var stats map[string]any
	if err := config.ReadYAML(filepath.Join(dir, "stats.yaml"), &stats); err != nil {
		t.Fatal(err)
	}
	// Truth from all values at once.
	size, points := eddy.Size(m.Spec.FrameShape()), m.Spec.Grid.Points()
	moments := func(channel int, delta bool) (mean, std, rms float64) {
		var all []float64
		for traj := range m.Trajectories {
			v := values(m, traj)
			for f := range m.Frames {
				for i := range points {
					at := f*size + channel*points + i
					u := float64(float32(v[at]))
					if delta {
						if f == 0 {
							continue
						}
						u = float64(float32(v[at]) - float32(v[at-size]))
					}
					all = append(all, u)
				}
			}
		}
		for _, u := range all {
			mean += u / float64(len(all))
			rms += u * u / float64(len(all))
		}
		for _, u := range all {
			std += (u - mean) * (u - mean) / float64(len(all))
		}
		return mean, math.Sqrt(std), math.Sqrt(rms)
	}
	near := cmpopts.EquateApprox(0, 1e-12)
	get := func(key, field string) any { return stats[key].(map[string]any)[field] }
	for _, delta := range []bool{false, true} {
		suffix := map[bool]string{false: "", true: "_delta"}[delta]
		mean, std, rms := moments(1, delta)
		if diff := cmp.Diff([]any{mean, std, rms}, []any{get("mean"+suffix, "density"), get("std"+suffix, "density"), get("rms"+suffix, "density")}, near); diff != "" {
			t.Error(diff)
		}
		_, x, _ := moments(2, delta)
		_, y, _ := moments(0, delta)
		if diff := cmp.Diff([]any{x, y}, get("std"+suffix, "velocity"), near); diff != "" {
			t.Errorf("velocity: %s", diff)
		}
	}
	_, xy, _ := moments(5, false)
	if diff := cmp.Diff(xy, get("std", "d").([]any)[0].([]any)[1], near); diff != "" {
		t.Errorf("d_xy: %s", diff)
	}
}

func TestStatisticsOfOtherFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"train", "valid", "test", "other"} {
		m := scalarOnly(1, 3, 8)
		if m.Attributes["split"] = name; name == "other" {
			delete(m.Attributes, "split")
		}
		write(t, filepath.Join(dir, name+".hdf5"), m)
	}
	for name, want := range map[string]string{"train": "stats.yaml", "valid": "valid.stats.yaml", "test": "test.stats.yaml", "other": "other.stats.yaml"} {
		if got := well.StatisticsPath(filepath.Join(dir, name+".hdf5")); filepath.Base(got) != want {
			t.Errorf("%s has its statistics in %s, want %s", name, got, want)
		}
	}
	if got := well.StatisticsPath(filepath.Join(t.TempDir(), "x.hdf5")); got != "" {
		t.Errorf("statistics of a file without any: %s", got)
	}
}

func TestFaultyFilesGiveOneLine(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.hdf5")
	write(t, good, scalarOnly(2, 3, 64))
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
	for name, c := range map[string]struct{ path, want string }{
		"missing":   {filepath.Join(dir, "none.hdf5"), "no such file"},
		"truncated": {file("truncated.hdf5", data[:len(data)/2]), "truncated"},
		"foreign":   {file("foreign.hdf5", []byte("x,y\n1,2\n")), "not an HDF5 file"},
	} {
		_, err := well.Open(c.path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s gave %v", name, err)
		}
	}
	ds := opened(t, good)
	frame := eddy.NewTensor(2, 1, 64)
	for _, at := range [][2]int{{-1, 0}, {2, 0}, {0, 2}, {0, -1}} {
		if err := ds.Read(t.Context(), frame, at[0], at[1]); err == nil {
			t.Errorf("reading frames %d and %d of trajectory %d is no error", at[1], at[1]+1, at[0])
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ds.Read(ctx, frame, 0, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("reading after an interruption gave %v", err)
	}
}

func TestConcurrentReadsAgree(t *testing.T) {
	m := flow(4, 9)
	path := filepath.Join(t.TempDir(), "flow.hdf5")
	write(t, path, m)
	ds := opened(t, path)
	size := eddy.Size(m.Spec.FrameShape())
	var wait sync.WaitGroup
	for g := range 6 {
		wait.Go(func() {
			rng := rand.New(rand.NewPCG(3, uint64(g)))
			for range 30 {
				n := 1 + rng.IntN(3)
				traj, frame := rng.IntN(4), rng.IntN(9-n+1)
				dst := eddy.NewTensor(append([]int{n}, m.Spec.FrameShape()...)...)
				if err := ds.Read(context.Background(), dst, traj, frame); err != nil {
					t.Error(err)
					return
				}
				want := values(m, traj)[frame*size:]
				for i, v := range dst.Data {
					if v != float32(want[i]) {
						t.Errorf("reader %d: value %d is %g, want %g", g, i, v, want[i])
						return
					}
				}
			}
		})
	}
	wait.Wait()
}

var update = flag.Bool("update", false, "write the golden file anew")

// TestGoldenFileOfOursIsStillRead reads a file that an earlier version wrote; testdata/check.py reads the same file with h5py.
func TestGoldenFileOfOursIsStillRead(t *testing.T) {
	const path = "testdata/flow.hdf5"
	m := flow(2, 3)
	if *update {
		for _, p := range []string{path, "testdata/stats.yaml"} {
			if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		write(t, path, m)
	}
	ds := opened(t, path)
	if diff := cmp.Diff(m.Spec, zeroValues(ds.Spec())); diff != "" {
		t.Error(diff)
	}
	dst := eddy.NewTensor(append([]int{3}, m.Spec.FrameShape()...)...)
	for traj := range 2 {
		if err := ds.Read(t.Context(), dst, traj, 0); err != nil {
			t.Fatal(err)
		}
		for i, v := range values(m, traj) {
			if dst.Data[i] != float32(v) {
				t.Fatalf("trajectory %d, value %d: %g, want %g", traj, i, dst.Data[i], v)
			}
		}
	}
	if well.StatisticsPath(path) != "testdata/stats.yaml" {
		t.Errorf("statistics in %q", well.StatisticsPath(path))
	}
}
