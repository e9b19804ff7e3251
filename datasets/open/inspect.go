package open

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
)

// Kinds of problems.
const (
	NaN                 = "nan"                  // values that are NaN or infinite
	ConstantField       = "constant-field"       // a field that has one value everywhere, or does not change in time
	DuplicateTrajectory = "duplicate-trajectory" // a trajectory of which all or some frames occur in an earlier one of the same file
	Leak                = "leakage"              // the same with one of another file
	NonuniformDt        = "nonuniform-dt"        // times that are not evenly spaced
	Truncated           = "truncated"            // a file that ends too early, or trajectories whose last frames were never written
	NonuniformGrid      = "nonuniform-grid"      // coordinates along an axis that are not evenly spaced
	MissingStatistics   = "missing-statistics"   // The Well's layout without its stats.yaml
	Unreadable          = "unreadable"           // what cannot be opened or read
)

// Problem is something wrong with a file.
type Problem struct {
	Kind   string `json:"kind"`
	Where  string `json:"where"`  // the place inside the file, or its name where all of it is meant
	Detail string `json:"detail"` // one line
}

// Report describes a file, or a folder of files that are one data set.
type Report struct {
	File         string                `json:"file"`
	Layout       string                `json:"layout"` // "" where it could not be recognised
	Trajectories int                   `json:"trajectories"`
	Frames       int                   `json:"frames"` // of the longest trajectory
	Grid         []int                 `json:"grid"`
	Dt           *float64              `json:"dt"` // nil for steady data, single frames and uneven times
	Fields       []string              `json:"fields"`
	Parameters   map[string][2]float64 `json:"parameters"` // least and greatest value
	Problems     []Problem             `json:"problems"`
	Boundaries   []string              `json:"boundaries"` // such as "x periodic", "y wall (velocity)"
	Ranges       map[string][2]float64 `json:"ranges"`     // least and greatest finite value of each field
	Distinct     int                   `json:"distinct"`   // trajectories that equal no earlier one, of those that were scanned
	SigmaMin     *float64              `json:"sigma_min"`  // datasets.SuggestSigmaMin; nil where it has nothing to say

	prints [][]uint64 // [trajectory][frame], hashes; 0 for a frame that does not count
	steady bool
}

// scanLimit is how many bytes of values Inspect reads without full.
const scanLimit = 20e9

// most is how many problems of a kind are listed one by one.
const most = 20

// Blank is the report of a file of which nothing is known.
func Blank(path string) Report {
	return Report{
		File: path, Grid: []int{}, Fields: []string{}, Parameters: map[string][2]float64{}, Problems: []Problem{}, Boundaries: []string{},
		Ranges: map[string][2]float64{},
	}
}

// Inspect describes a file and looks for faults in its values, reading up to 20 GB of them, or all with full. Memory stays at a few megabytes and 8 bytes a frame.
// progress, which may be nil, is told the bytes read and to be read. Where the file cannot be read the error says why, and the Report holds what is known.
func Inspect(ctx context.Context, path string, full bool, progress func(done, total int64)) (Report, error) {
	r := Blank(path)
	ds, layout, err := Open(path)
	r.Layout = layout
	if err != nil {
		kind := Unreadable
		if strings.Contains(err.Error(), "truncated file") {
			kind = Truncated
		}
		r.add(kind, path, err.Error())
		return r, err
	}
	defer func() { _ = datasets.Closer(ds) }() // it was only read
	r.describe(ds)
	r.checkTimes(ds)
	r.checkGrid(ds)
	if layout == WellLayout && filepath.Ext(path) != Description {
		r.checkStatistics(path)
	}
	limit := int64(scanLimit)
	if full {
		limit = math.MaxInt64
	}
	s := newScan(&r, ds, limit, progress)
	if err := s.run(ctx); err != nil {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		r.add(Unreadable, path, err.Error())
		return r, err
	}
	if len(s.bad) > 0 {
		return r, nil // the spectrum of what is not finite says nothing
	}
	sigma, err := datasets.SuggestSigmaMin(ctx, ds)
	if err != nil {
		return r, err
	}
	if sigma > 0 {
		r.SigmaMin = &sigma
	}
	return r, nil
}

func (r *Report) add(kind, where, detail string) {
	r.Problems = append(r.Problems, Problem{kind, where, strings.Join(strings.Fields(detail), " ")})
}

func (r *Report) describe(ds datasets.Dataset) {
	spec := ds.Spec()
	r.Trajectories, r.steady = ds.Len(), spec.Steady
	for traj := range ds.Len() {
		r.Frames = max(r.Frames, ds.Frames(traj))
	}
	r.Grid, r.Fields = spec.Grid.Shape(), spec.FieldNames()
	if !spec.Steady && r.Frames > 1 {
		dt := spec.Dt
		r.Dt = &dt
	}
	r.Parameters = datasets.Parameters(ds)
	for _, a := range spec.Grid.Axes {
		kind := "not periodic"
		switch {
		case a.Periodic:
			kind = "periodic"
		case a.Wall:
			kind = "wall"
		}
		r.Boundaries = append(r.Boundaries, a.Name+" "+kind)
	}
	if w, ok := ds.(*well.Dataset); ok && len(w.Boundaries()) > 0 {
		r.Boundaries = nil
		for _, b := range w.Boundaries() {
			r.Boundaries = append(r.Boundaries, b.String())
		}
	}
}

// checkTimes looks at the times of every trajectory that has its own.
func (r *Report) checkTimes(ds datasets.Dataset) {
	if r.Dt == nil {
		return
	}
	if uneven := new(datasets.UnevenTimesError); errors.As(datasets.CheckTimes(ds), &uneven) {
		r.add(NonuniformDt, fmt.Sprintf("trajectory %d", uneven.Trajectory), fmt.Sprintf("time steps from %.6g to %.6g", uneven.Low, uneven.High))
		r.Dt = nil
	}
}

// checkGrid looks at the coordinates of every axis whose file gives them.
func (r *Report) checkGrid(ds datasets.Dataset) {
	for i, a := range ds.Spec().Grid.Axes {
		x := datasets.Coordinates(ds, i)
		if len(x) < 3 {
			continue
		}
		if lo, hi, even := datasets.Spacing(x); !even {
			r.add(NonuniformGrid, "axis "+a.Name, fmt.Sprintf("points from %.6g to %.6g apart; eddy takes them to be evenly spaced", lo, hi))
		}
	}
}

func (r *Report) checkStatistics(path string) {
	files, err := well.Files(path)
	if err != nil {
		return // opening has succeeded, so the folder has just changed
	}
	for _, f := range files {
		if well.StatisticsPath(f) == "" {
			r.add(MissingStatistics, f, "no stats.yaml beside it; eddy does not need it, The Well's tools leave data without it as they are")
		}
	}
}

// scan is one pass over the values of a data set.
type scan struct {
	r        *Report
	ds       datasets.Dataset
	spec     eddy.Spec
	progress func(done, total int64)
	limit    int64
	done     int64
	total    int64

	bad     []badValues  // by trajectory
	range32 [][2]float32 // per field
	moves   []bool       // per field: it changes in time
	still   [][]int      // per field: trajectories in which it is constant
	unwrote []string     // trajectories whose last frames are zero
}

func newScan(r *Report, ds datasets.Dataset, limit int64, progress func(done, total int64)) *scan {
	s := &scan{r: r, ds: ds, spec: ds.Spec(), limit: limit, progress: progress}
	if progress == nil {
		s.progress = func(_, _ int64) {}
	}
	for traj := range ds.Len() {
		s.total += int64(ds.Frames(traj)) * s.frameBytes()
	}
	s.total = min(s.total, limit)
	for range s.spec.Fields {
		s.range32 = append(s.range32, [2]float32{float32(math.Inf(1)), float32(math.Inf(-1))})
	}
	s.moves, s.still = make([]bool, len(s.spec.Fields)), make([][]int, len(s.spec.Fields))
	return s
}

func (s *scan) frameBytes() int64 { return 4 * int64(eddy.Size(s.spec.FrameShape())) }

// errEnough ends a scan at its limit.
var errEnough = errors.New("enough")

func (s *scan) run(ctx context.Context) error {
	var t *track
	err := datasets.Blocks(ctx, s.ds, func(traj, frame int, frames *eddy.Tensor) error {
		if t == nil || t.traj != traj {
			s.finish(t)
			if s.done >= s.limit {
				return errEnough
			}
			t = newTrack(traj, len(s.spec.Fields))
		}
		for i := range frames.Shape[0] {
			if frame > 0 && i == 0 {
				continue // blocks overlap by a frame
			}
			var before []float32
			if i > 0 {
				before = frames.Row(i - 1).Data
			}
			s.frame(t, frame+i, frames.Row(i).Data, before)
			s.done += s.frameBytes()
		}
		s.progress(min(s.done, s.total), s.total)
		return ctx.Err()
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	if err == nil {
		s.finish(t)
	}
	if err := s.statics(ctx); err != nil {
		return err
	}
	s.conclude()
	return nil
}

// track is what is known of one trajectory.
type track struct {
	traj    int
	prints  []uint64
	range32 [][2]float32
	zeros   int // frames at the end that are zero in all fields
}

func newTrack(traj, fields int) *track {
	t := &track{traj: traj, range32: make([][2]float32, fields)}
	for i := range t.range32 {
		t.range32[i] = [2]float32{float32(math.Inf(1)), float32(math.Inf(-1))}
	}
	return t
}

// seed is one for the whole process, so that hashes of different files compare.
var seed = maphash.MakeSeed()

func (s *scan) frame(t *track, frame int, u, before []float32) {
	points := len(u) / len(s.spec.Fields)
	constant, zero := true, true
	for c := range s.spec.Fields {
		part := u[c*points : (c+1)*points]
		lo, hi, bad := extremes(part)
		if bad > 0 {
			s.notFinite(t.traj, bad, fmt.Sprintf("frame %d, field %s", frame, s.spec.Fields[c].Name))
		}
		constant = constant && lo == hi
		zero = zero && lo == 0 && hi == 0 && bad == 0
		t.range32[c] = [2]float32{min(t.range32[c][0], lo), max(t.range32[c][1], hi)}
		if before != nil && !s.moves[c] {
			s.moves[c] = !slices.Equal(part, before[c*points:(c+1)*points])
		}
	}
	if t.zeros++; !zero {
		t.zeros = 0
	}
	hash := uint64(0) // a constant frame, such as a fluid at rest, says nothing
	if !constant {
		hash = maphash.Bytes(seed, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(u))), 4*len(u))) | 1
	}
	t.prints = append(t.prints, hash)
}

// badValues are those of a trajectory that are not finite.
type badValues struct {
	traj, count int
	first       string // its place
}

// notFinite counts such values of a trajectory.
func (s *scan) notFinite(traj, count int, where string) {
	if n := len(s.bad); n == 0 || s.bad[n-1].traj != traj {
		s.bad = append(s.bad, badValues{traj: traj, first: fmt.Sprintf("trajectory %d, %s", traj, where)})
	}
	s.bad[len(s.bad)-1].count += count
}

// extremes are the least and greatest finite values, +Inf and −Inf where there are none, and the number of others.
func extremes(u []float32) (lo, hi float32, bad int) {
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range u {
		if v-v != 0 {
			bad++
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi, bad
}

// finish takes a trajectory into the totals.
func (s *scan) finish(t *track) {
	if t == nil {
		return
	}
	s.r.prints = append(s.r.prints, t.prints)
	for c, r := range t.range32 {
		s.range32[c] = [2]float32{min(s.range32[c][0], r[0]), max(s.range32[c][1], r[1])}
		if r[0] == r[1] {
			s.still[c] = append(s.still[c], t.traj)
		}
	}
	if n := len(t.prints); t.zeros > 0 && t.zeros < n && !s.spec.Steady {
		s.unwrote = append(s.unwrote, fmt.Sprintf("trajectory %d from frame %d on", t.traj, n-t.zeros))
	}
}

// statics looks for values that are not finite in static fields.
func (s *scan) statics(ctx context.Context) error {
	if len(s.spec.Statics) == 0 {
		return nil
	}
	static := eddy.NewTensor(append([]int{len(s.spec.Statics)}, s.spec.Grid.Shape()...)...)
	var cond *eddy.Tensor
	if n := len(s.spec.Params); n > 0 {
		cond = eddy.NewTensor(n)
	}
	for traj := range s.r.prints {
		if err := datasets.ReadCondition(ctx, s.ds, static, cond, traj); err != nil {
			return err
		}
		for f, field := range s.spec.Statics {
			if _, _, bad := extremes(static.Row(f).Data); bad > 0 {
				s.notFinite(traj, bad, "static field "+field.Name)
			}
		}
	}
	return nil
}

func (s *scan) conclude() {
	for _, b := range s.bad[:min(len(s.bad), most)] {
		s.r.add(NaN, b.first, fmt.Sprintf("%d values are NaN or infinite, the first here", b.count))
	}
	if n := len(s.bad); n > most {
		s.r.add(NaN, s.r.File, fmt.Sprintf("%d of %d trajectories have values that are NaN or infinite", n, len(s.r.prints)))
	}
	for c, field := range s.spec.Fields {
		where := "field " + field.Name
		if r := s.range32[c]; r[0] <= r[1] {
			s.r.Ranges[field.Name] = [2]float64{shortest(r[0]), shortest(r[1])}
		}
		switch r := s.range32[c]; {
		case r[0] == r[1]:
			s.r.add(ConstantField, where, fmt.Sprintf("is %g everywhere", r[0]))
		case !s.moves[c] && s.r.Frames > 1:
			s.r.add(ConstantField, where, "does not change in time")
		case len(s.still[c]) > 0:
			s.r.add(ConstantField, fmt.Sprintf("%s of %s", where, numbers(s.still[c])), "has one value")
		}
	}
	if n := len(s.unwrote); n > 0 {
		detail := "all values are zero to the end"
		if n > most {
			detail += fmt.Sprintf(", in %d more trajectories too", n-most)
		}
		s.r.add(Truncated, strings.Join(s.unwrote[:min(n, most)], "; "), detail)
	}
	s.duplicates()
}

// duplicates lists trajectories that occur earlier, and says how many there are in all where they are many.
func (s *scan) duplicates() {
	s.r.Distinct = len(s.r.prints)
	found := overlaps([]*Report{s.r})
	for i, o := range found {
		if o.whole(s.r) {
			s.r.Distinct--
		}
		if i < most {
			s.r.add(DuplicateTrajectory, fmt.Sprintf("trajectory %d", o.traj), o.text(s.r, fmt.Sprintf("trajectory %d", o.of)))
		}
	}
	if n := len(found); n > most {
		s.r.add(DuplicateTrajectory, s.r.File, fmt.Sprintf("%d of %d trajectories occur earlier, %d are distinct: a description with distinct = true drops the others (eddy inspect --description)",
			n, len(s.r.prints), s.r.Distinct))
	}
}

// shortest is a float32 as the decimal number that was meant.
func shortest(v float32) float64 {
	x, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	if err != nil {
		return float64(v)
	}
	return x
}

// numbers is "trajectory 3" or "trajectories 3, 5, 8".
func numbers(list []int) string {
	if len(list) == 1 {
		return fmt.Sprintf("trajectory %d", list[0])
	}
	var parts []string
	for _, n := range list[:min(len(list), most)] {
		parts = append(parts, strconv.Itoa(n))
	}
	if len(list) > most {
		parts = append(parts, fmt.Sprintf("… (%d)", len(list)))
	}
	return "trajectories " + strings.Join(parts, ", ")
}

// Leakage compares the trajectories of several files, which Inspect has described in this process, and adds a problem to the later file of a pair for every
// trajectory that shares frames with one of an earlier file. First frames that agree do not count by themselves: runs of different equations may start alike.
func Leakage(reports []Report) {
	list := make([]*Report, len(reports))
	for i := range reports {
		list[i] = &reports[i]
	}
	for i, r := range list {
		count := 0
		for _, o := range overlaps(list[:i+1]) {
			if o.report != i || o.ofReport == i {
				continue
			}
			if count++; count <= most {
				r.add(Leak, fmt.Sprintf("trajectory %d", o.traj), o.text(r, fmt.Sprintf("trajectory %d of %s", o.of, list[o.ofReport].File)))
			}
		}
		if count > most {
			r.add(Leak, r.File, fmt.Sprintf("%d trajectories in all occur in other files", count))
		}
	}
}

// overlap says that a trajectory shares frames with an earlier one.
type overlap struct {
	report, traj, ofReport, of int
	shared                     int
}

func (o overlap) text(r *Report, of string) string {
	if !o.whole(r) {
		return fmt.Sprintf("shares %d of %d frames with %s", o.shared, len(r.prints[o.traj]), of)
	}
	return "equals " + of
}

// whole reports whether all frames that say something are shared.
func (o overlap) whole(r *Report) bool {
	n := 0
	for _, hash := range r.prints[o.traj] {
		if hash != 0 {
			n++
		}
	}
	return o.shared == n
}

// overlaps finds, for every trajectory, the earlier trajectory with which it shares most frames.
func overlaps(reports []*Report) []overlap {
	type place struct{ report, traj, frame int }
	type agreement struct{ frames, starts int } // starts: first frame with first frame
	seen := map[uint64]place{}
	var found []overlap
	for i, r := range reports {
		for traj, prints := range r.prints {
			shared := map[[2]int]agreement{}
			for frame, hash := range prints {
				if hash == 0 {
					continue
				}
				at, ok := seen[hash]
				if !ok {
					seen[hash] = place{i, traj, frame}
					continue
				}
				if at.report == i && at.traj == traj {
					continue // a steady state within the trajectory
				}
				a := shared[[2]int{at.report, at.traj}]
				a.frames++
				if frame == 0 && at.frame == 0 && len(prints) > 1 && !r.steady {
					a.starts++
				}
				shared[[2]int{at.report, at.traj}] = a
			}
			best := overlap{report: i, traj: traj}
			for key, a := range shared {
				earlier := key[0] < best.ofReport || key[0] == best.ofReport && key[1] < best.of
				if a.frames > a.starts && (a.frames > best.shared || a.frames == best.shared && earlier) {
					best.ofReport, best.of, best.shared = key[0], key[1], a.frames
				}
			}
			if best.shared > 0 {
				found = append(found, best)
			}
		}
	}
	return found
}
