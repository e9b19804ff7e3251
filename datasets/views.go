package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/eddy-pde/eddy"
)

// Parametric is a Dataset that knows more scalars of the equation than its Spec names: those that are the same everywhere are not handed over as conditions
// unless they are asked for.
type Parametric interface {
	Dataset
	// Parameters gives the least and the greatest value of every known scalar.
	Parameters() map[string][2]float64
	// WithParams is the same data with exactly these scalars as Spec.Params, in this order; a name that is not known is an error.
	WithParams(names ...string) (Dataset, error)
}

// Parameters gives the least and the greatest value of every scalar of the equation that a data set knows: those of a [Parametric] one, else those of its Spec.
func Parameters(ds Dataset) map[string][2]float64 {
	if p, ok := ds.(interface{ Parameters() map[string][2]float64 }); ok {
		return p.Parameters()
	}
	known := map[string][2]float64{}
	for _, p := range ds.Spec().Params {
		known[p.Name] = [2]float64{p.Value, p.Value}
	}
	return known
}

// ScalarRanges gives the least and the greatest value of every scalar that all files of a data set know: what a layout answers to Parameters. Each map holds the values of one file by name.
func ScalarRanges(files []map[string][]float64) map[string][2]float64 {
	ranges := map[string][2]float64{}
	for name := range files[0] {
		var all []float64
		for _, f := range files {
			v, ok := f[name]
			if !ok {
				all = nil
				break
			}
			all = append(all, v...)
		}
		if len(all) > 0 {
			ranges[name] = [2]float64{slices.Min(all), slices.Max(all)}
		}
	}
	return ranges
}

// Times are the times of a trajectory's frames as the file gives them, nil where the data set does not say. A data set says it by a method of that name.
func Times(ds Dataset, traj int) []float64 {
	if t, ok := ds.(interface{ Times(traj int) []float64 }); ok {
		return t.Times(traj)
	}
	return nil
}

// Spacing is the least and the greatest distance of neighbours in x, which needs two values, and whether they are the same: up to a thousandth, and what storing x
// in float32 rounds off.
func Spacing(x []float64) (low, high float64, even bool) {
	const (
		uneven   = 1e-3
		rounding = 0x1p-23
	)
	mean := (x[len(x)-1] - x[0]) / float64(len(x)-1)
	low, high = math.Inf(1), math.Inf(-1)
	for i := 1; i < len(x); i++ {
		low, high = min(low, x[i]-x[i-1]), max(high, x[i]-x[i-1])
	}
	slack := mean*uneven + rounding*max(math.Abs(x[0]), math.Abs(x[len(x)-1]))
	return low, high, mean > 0 && low >= mean-slack && high <= mean+slack
}

// UnevenTimesError says that the frames of a data set do not follow one another by one time step, as models take them to do.
type UnevenTimesError struct {
	Trajectory int     // the first one of which it is true
	Low, High  float64 // least and greatest step
}

// Error is one line: which trajectory, and from where to where its steps go.
func (e *UnevenTimesError) Error() string {
	return fmt.Sprintf("trajectory %d: time steps from %.6g to %.6g", e.Trajectory, e.Low, e.High)
}

// CheckTimes returns an *UnevenTimesError where the file gives times that are not evenly spaced.
func CheckTimes(ds Dataset) error {
	if ds.Spec().Steady {
		return nil
	}
	var last []float64
	for traj := range ds.Len() {
		t := Times(ds, traj)
		if len(t) < 2 || slices.Equal(t, last) {
			continue
		}
		last = t
		if low, high, even := Spacing(t); !even {
			return &UnevenTimesError{traj, low, high}
		}
	}
	return nil
}

// Coordinates are those of the points along an axis of Spec.Grid as the file gives them, nil where the data set does not say. A Grid is uniform; coordinates show
// where the file's is not. A data set gives them by a method of that name.
func Coordinates(ds Dataset, axis int) []float64 {
	if g, ok := ds.(interface{ Coordinates(axis int) []float64 }); ok {
		return g.Coordinates(axis)
	}
	return nil
}

// Attributes are what the file says of how it was made, nil where the data set does not say. A data set says it by a method of that name, such as that of package well.
func Attributes(ds Dataset) (map[string]string, error) {
	if a, ok := ds.(interface {
		Attributes() (map[string]string, error)
	}); ok {
		return a.Attributes()
	}
	return nil, nil
}

// Closer closes a data set that holds files open; any other is left alone.
func Closer(ds Dataset) error {
	if c, ok := ds.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// CheckRead returns an error, or panics with a *eddy.ShapeError for a wrong shape of dst, unless frames frame … frame+T−1 of a trajectory exist, T being the first
// extent of dst. Implementations of Dataset begin Read with it.
func CheckRead(ds Dataset, dst *eddy.Tensor, traj, frame int) error {
	eddy.MustShape("datasets.Read", "destination", dst.Shape, append([]int{-1}, ds.Spec().FrameShape()...))
	if traj < 0 || traj >= ds.Len() {
		return fmt.Errorf("datasets: trajectory %d, expected 0 … %d", traj, ds.Len()-1)
	}
	if n := ds.Frames(traj); frame < 0 || frame+dst.Shape[0] > n {
		return fmt.Errorf("datasets: frames %d … %d of trajectory %d, which has %d", frame, frame+dst.Shape[0]-1, traj, n)
	}
	return nil
}

// Strided is every stride-th frame of a data set: Spec.Dt is multiplied, frame 0 stays. It is Conditioned where ds is. Stride 1 returns ds.
func Strided(ds Dataset, stride int) (Dataset, error) {
	if stride < 1 {
		return nil, fmt.Errorf("datasets: stride %d, expected at least 1", stride)
	}
	if stride == 1 {
		return ds, nil
	}
	if ds.Spec().Steady {
		return nil, fmt.Errorf("datasets: stride %d for steady data, which has no time", stride)
	}
	for traj := range ds.Len() {
		if n := ds.Frames(traj); n <= stride {
			return nil, fmt.Errorf("datasets: stride %d leaves a single frame of trajectory %d, which has %d", stride, traj, n)
		}
	}
	return strided{View{ds}, stride}, nil
}

// View passes everything on to another data set: what that one knows beyond [Dataset] too. A data set that changes some of it embeds a View.
type View struct{ Dataset }

// Condition hands over what the data set below has.
func (v View) Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	var c *eddy.Tensor
	if cond != nil {
		c = eddy.FromSlice(cond, len(cond))
	}
	return ReadCondition(ctx, v.Dataset, static, c, traj)
}

// Close closes the data set below.
func (v View) Close() error { return Closer(v.Dataset) }

// Parameters are those that the data set below knows.
func (v View) Parameters() map[string][2]float64 { return Parameters(v.Dataset) }

// Attributes are those of the data set below.
func (v View) Attributes() (map[string]string, error) { return Attributes(v.Dataset) }

// Times are those of the data set below.
func (v View) Times(traj int) []float64 { return Times(v.Dataset, traj) }

// Coordinates are those of the data set below.
func (v View) Coordinates(axis int) []float64 { return Coordinates(v.Dataset, axis) }

type strided struct {
	View
	stride int
}

func (s strided) Spec() eddy.Spec {
	spec := s.Dataset.Spec()
	spec.Dt *= float64(s.stride)
	return spec
}

func (s strided) Frames(traj int) int { return (s.Dataset.Frames(traj)-1)/s.stride + 1 }

func (s strided) Times(traj int) []float64 {
	t := s.View.Times(traj)
	var kept []float64
	for i := 0; i < len(t); i += s.stride {
		kept = append(kept, t[i])
	}
	return kept
}

func (s strided) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if err := CheckRead(s, dst, traj, frame); err != nil {
		return err
	}
	for i := range dst.Shape[0] {
		if err := s.Dataset.Read(ctx, dst.Rows(i, i+1), traj, (frame+i)*s.stride); err != nil {
			return err
		}
	}
	return nil
}

// Memory is a batch of trajectories as a data set, one trajectory a row. The frames are shared, not copied.
func Memory(tr eddy.Trajectory) Dataset {
	eddy.MustShape("datasets.Memory", "frames", tr.Frames.Shape, append([]int{-1, -1}, tr.Spec.FrameShape()...))
	return memory{tr}
}

type memory struct{ tr eddy.Trajectory }

func (m memory) Spec() eddy.Spec { return m.tr.Spec }

func (m memory) Len() int { return m.tr.Frames.Shape[0] }

func (m memory) Frames(int) int { return m.tr.Frames.Shape[1] }

func (m memory) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if err := CheckRead(m, dst, traj, frame); err != nil {
		return err
	}
	dst.CopyFrom(m.tr.Frames.Row(traj).Rows(frame, frame+dst.Shape[0]))
	return ctx.Err()
}

// Concat is several data sets one behind the other. They must agree in fields, static fields, parameters, grid and time step; the Spec is the first one's.
func Concat(sets ...Dataset) (Dataset, error) {
	if len(sets) == 0 {
		return nil, errors.New("datasets: no data sets to join")
	}
	c := concat{sets: sets}
	spec := sets[0].Spec()
	for i, ds := range sets {
		if err := spec.CheckData(ds.Spec()); err != nil {
			return nil, fmt.Errorf("datasets: data set %d differs from the first: %w", i, err)
		}
		if a, b := spec.Grid.Shape(), ds.Spec().Grid.Shape(); !eddy.SameShape(a, b) {
			return nil, fmt.Errorf("datasets: data set %d has grid %v, the first %v", i, b, a)
		}
		c.numbers.Append(ds.Len())
	}
	if len(sets) == 1 {
		return sets[0], nil
	}
	return c, nil
}

type concat struct {
	sets    []Dataset
	numbers Numbering // of trajectories in sets
}

func (c concat) at(traj int) (Dataset, int) {
	set, i := c.numbers.Find(traj)
	return c.sets[set], i
}

func (c concat) Spec() eddy.Spec { return c.sets[0].Spec() }

func (c concat) Len() int { return c.numbers.Len() }

func (c concat) Frames(traj int) int {
	ds, i := c.at(traj)
	return ds.Frames(i)
}

func (c concat) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if err := CheckRead(c, dst, traj, frame); err != nil {
		return err
	}
	ds, i := c.at(traj)
	return ds.Read(ctx, dst, i, frame)
}

func (c concat) Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	ds, i := c.at(traj)
	return View{ds}.Condition(ctx, static, cond, i)
}

func (c concat) Times(traj int) []float64 {
	ds, i := c.at(traj)
	return Times(ds, i)
}

func (c concat) Coordinates(axis int) []float64 { return Coordinates(c.sets[0], axis) }

func (c concat) Parameters() map[string][2]float64 {
	all := Parameters(c.sets[0])
	for _, ds := range c.sets[1:] {
		other := Parameters(ds)
		for name, r := range all {
			q, ok := other[name]
			if all[name] = [2]float64{min(r[0], q[0]), max(r[1], q[1])}; !ok {
				delete(all, name)
			}
		}
	}
	return all
}

// Attributes are those that all data sets agree in.
func (c concat) Attributes() (map[string]string, error) {
	all, err := Attributes(c.sets[0])
	if err != nil {
		return nil, err
	}
	all = maps.Clone(all)
	for _, ds := range c.sets[1:] {
		other, err := Attributes(ds)
		if err != nil {
			return nil, err
		}
		maps.DeleteFunc(all, func(name, value string) bool { return other[name] != value })
	}
	return all, nil
}

func (c concat) Close() error {
	var errs []error
	for _, ds := range c.sets {
		errs = append(errs, Closer(ds))
	}
	return errors.Join(errs...)
}

// Subset is some trajectories of a data set, in the order given.
func Subset(ds Dataset, trajectories []int) (Dataset, error) {
	for _, traj := range trajectories {
		if traj < 0 || traj >= ds.Len() {
			return nil, fmt.Errorf("datasets: trajectory %d, expected 0 … %d", traj, ds.Len()-1)
		}
	}
	return subset{View{ds}, trajectories}, nil
}

type subset struct {
	View
	trajectories []int
}

func (s subset) Len() int { return len(s.trajectories) }

func (s subset) Frames(traj int) int { return s.Dataset.Frames(s.trajectories[traj]) }

func (s subset) Times(traj int) []float64 { return s.View.Times(s.trajectories[traj]) }

func (s subset) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if err := CheckRead(s, dst, traj, frame); err != nil {
		return err
	}
	return s.Dataset.Read(ctx, dst, s.trajectories[traj], frame)
}

func (s subset) Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	return s.View.Condition(ctx, static, cond, s.trajectories[traj])
}

// Split deals whole trajectories to parts in proportion to shares, such as 0.8, 0.1, 0.1; what rounding leaves goes to the first. The deal depends on the number
// of trajectories, the shares and the seed alone; within a part, trajectories keep their order.
func Split(ds Dataset, seed uint64, shares ...float64) ([]Dataset, error) {
	sum := 0.0
	for _, s := range shares {
		if !(s >= 0) {
			return nil, fmt.Errorf("datasets: shares %v, expected numbers that are not negative", shares)
		}
		sum += s
	}
	if !(sum > 0) {
		return nil, fmt.Errorf("datasets: shares %v, expected a positive sum", shares)
	}
	order := rand.New(rand.NewPCG(seed, 0)).Perm(ds.Len())
	parts := make([]Dataset, len(shares))
	rest := order
	for i := len(shares) - 1; i >= 0; i-- {
		n := len(rest)
		if i > 0 {
			n = min(int(float64(len(order))*shares[i]/sum+1e-9), len(rest))
		}
		mine := append([]int(nil), rest[len(rest)-n:]...)
		rest = rest[:len(rest)-n]
		sort.Ints(mine)
		parts[i] = subset{View{ds}, mine}
	}
	return parts, nil
}
