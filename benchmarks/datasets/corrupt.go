package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/open"
	"github.com/eddy-pde/eddy/internal/cli"
)

func init() { parts = append(parts, part{"corrupt", corrupting}) }

// Files that are damaged. In the first list checksums cover every byte that matters: damage is an error, or does no harm.
var (
	checked   = []string{"benchmarks/datasets/testdata/well.hdf5", "benchmarks/datasets/testdata/pdebench.h5"}
	unchecked = []string{
		"datasets/well/testdata/wave.hdf5", "datasets/well/testdata/flow.hdf5", "datasets/well/testdata/sphere.hdf5",
		"datasets/pdebench/testdata/2D_diff-react_NA_NA.h5", "datasets/pdebench/testdata/ns_incom_inhom_2d_512-0.h5",
		"datasets/pdebench/testdata/1D_CFD_Shock_Eta1.e-8_Zeta1.e-8_trans_Train.hdf5", "datasets/pdearena/testdata/KS_test_conditional_viscosity.h5",
		"datasets/poseidon/testdata/CE-RP.nc", "datasets/poseidon/testdata/Helmholtz.h5", "datasets/tsm/testdata/kolmogorov.hdf5-0000",
	}
)

// Outcomes of a damaged file.
const (
	outcomeError   = "error"   // one line says what is wrong
	outcomeCorrect = "correct" // the data are those of the undamaged file
	outcomeWrong   = "wrong"   // the data differ and nothing says so
	outcomeCaught  = "caught"  // libhdf5 crashed in the child process, or did not come back, and eddy says so
	outcomeCrash   = "crash"   // eddy itself crashed, or said something else than one line
	outcomeHang    = "hang"
)

// outcomes in the order of the table.
var outcomes = []string{outcomeError, outcomeCorrect, outcomeWrong, outcomeCaught, outcomeCrash, outcomeHang}

// hanging is how long a command may take: longer than eddy waits for its child process.
const hanging = 3 * time.Minute

// damaged is one damaged file and what became of it.
type damaged struct {
	File    string `json:"file"`
	Seed    uint64 `json:"seed"`
	Damage  string `json:"damage"`
	Checked bool   `json:"checked"` // checksums cover the file
	Outcome string `json:"outcome"`
	Said    string `json:"said,omitempty"`
}

// corrupting damages files at random places, half of them covered by checksums, and opens each by the command eddy inspect.
func corrupting(ctx context.Context, args []string) (string, any, error) {
	flags := flag.NewFlagSet("corrupt", flag.ContinueOnError)
	files := flags.Int("files", 200, "damaged files")
	seed := flags.Uint64("seed", 1, "where and how they are damaged")
	root := flags.String("root", ".", "folder of the source tree")
	if err := flags.Parse(args); err != nil {
		return "", nil, err
	}
	all, err := corrupt(ctx, *root, *files, *seed)
	if err != nil {
		return "", nil, err
	}
	return corruptTable(all), all, nil
}

func corrupt(ctx context.Context, root string, files int, seed uint64) ([]damaged, error) {
	dir, err := os.MkdirTemp("", "eddy-corrupt")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	want := map[string]string{} // the content of undamaged files
	var all []damaged
	for i := range files {
		d := damaged{Seed: seed + uint64(i), Checked: i%2 == 0}
		list := unchecked
		if d.Checked {
			list = checked
		}
		d.File = list[i/2%len(list)]
		source := filepath.Join(root, d.File)
		if _, ok := want[d.File]; !ok {
			said, err := child(ctx, "content", source)
			if err != nil {
				return nil, fmt.Errorf("%s, undamaged: %w: %s", d.File, err, said.err)
			}
			want[d.File] = said.out
		}
		data, err := os.ReadFile(source)
		if err != nil {
			return nil, err
		}
		data, d.Damage = damage(data, rand.New(rand.NewPCG(d.Seed, 0)))
		path := filepath.Join(dir, filepath.Base(d.File))
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return nil, err
		}
		d.Outcome, d.Said = judge(ctx, path, want[d.File])
		all = append(all, d)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// damage changes some bytes and says which.
func damage(data []byte, rng *rand.Rand) ([]byte, string) {
	at := rng.IntN(len(data))
	n := min(1+rng.IntN(64), len(data)-at)
	switch rng.IntN(5) {
	case 0:
		bit := rng.IntN(8)
		data[at] ^= 1 << bit
		return data, fmt.Sprintf("bit %d of byte %d", bit, at)
	case 1:
		data[at] = byte(rng.Uint32())
		return data, fmt.Sprintf("byte %d", at)
	case 2:
		for i := range n {
			data[at+i] = byte(rng.Uint32())
		}
		return data, fmt.Sprintf("%d random bytes from %d", n, at)
	case 3:
		clear(data[at : at+n])
		return data, fmt.Sprintf("%d zeros from %d", n, at)
	}
	return data[:at], fmt.Sprintf("cut to %d of %d bytes", at, len(data))
}

// judge looks at a damaged file by eddy inspect and, where that finds nothing unreadable, compares all data with what they were.
func judge(ctx context.Context, path, want string) (outcome, said string) {
	s, err := child(ctx, "eddy", "inspect", "--quiet", path)
	line := strings.TrimSpace(s.err)
	exit := new(exec.ExitError)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return outcomeHang, "eddy inspect"
	case errors.As(err, &exit) && exit.ExitCode() == 1 && (strings.Contains(line, "crashes the HDF5 library") || strings.Contains(line, "takes the HDF5 library more than")):
		return outcomeCaught, line
	case errors.As(err, &exit) && exit.ExitCode() == 1 && strings.HasPrefix(line, "eddy: ") && !strings.Contains(line, "\n") && !strings.Contains(line, "internal error"):
		return outcomeError, line
	case err != nil:
		return outcomeCrash, fmt.Sprintf("%v: %s", err, line)
	}
	switch s, err = child(ctx, "content", path); {
	case errors.Is(err, context.DeadlineExceeded):
		return outcomeHang, "reading everything"
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return outcomeError, strings.TrimSpace(s.err)
	case err != nil:
		return outcomeCrash, fmt.Sprintf("%v: %s", err, s.err)
	case s.out == want:
		return outcomeCorrect, ""
	}
	return outcomeWrong, ""
}

// childKey is the environment variable by which this program knows that it is a child of itself, and which.
const childKey = "EDDY_DATASETS_CHILD"

// streams is what a child wrote.
type streams struct{ out, err string }

// child runs this program as another.
func child(ctx context.Context, role string, args ...string) (streams, error) {
	self, err := os.Executable()
	if err != nil {
		return streams{}, err
	}
	limited, cancel := context.WithTimeout(ctx, hanging)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(limited, self, args...)
	cmd.Env = append(os.Environ(), childKey+"="+role)
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	if limited.Err() != nil {
		err = limited.Err()
	}
	return streams{out.String(), said.String()}, err
}

// asChild plays the role that the environment names: the command eddy, or a reader of everything in a file. ok is false where it names none.
func asChild() (code int, ok bool) {
	switch os.Getenv(childKey) {
	case "eddy":
		self, err := os.Executable()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 3, true
		}
		return cli.RunWithContext(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, cli.WithSelf(self)), true
	case "content":
		text, err := content(context.Background(), os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1, true
		}
		fmt.Println(text)
		return 0, true
	}
	return 0, false
}

// content is a hash of the description, the times, all frames and all conditions of a data set.
func content(ctx context.Context, path string) (string, error) {
	ds, _, err := open.Open(path)
	if err != nil {
		return "", err
	}
	defer datasets.Closer(ds) //nolint:errcheck // only read
	h, spec := sha256.New(), ds.Spec()
	text, err := json.Marshal(spec)
	if err != nil {
		return "", err
	}
	h.Write(text)
	write := func(v any) error { return binary.Write(h, binary.LittleEndian, v) }
	frame := eddy.NewTensor(append([]int{1}, spec.FrameShape()...)...)
	for traj := range ds.Len() {
		for f := range ds.Frames(traj) {
			if err := ds.Read(ctx, frame, traj, f); err != nil {
				return "", err
			}
			if err := write(frame.Data); err != nil {
				return "", err
			}
		}
		if timed, ok := ds.(interface{ Times(traj int) []float64 }); ok {
			if err := write(timed.Times(traj)); err != nil {
				return "", err
			}
		}
		if err := conditions(ctx, h, ds, traj); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// conditions writes the static fields and parameters of a trajectory.
func conditions(ctx context.Context, to io.Writer, ds datasets.Dataset, traj int) error {
	spec := ds.Spec()
	var static, cond *eddy.Tensor
	if n := len(spec.Statics); n > 0 {
		static = eddy.NewTensor(append([]int{n}, spec.Grid.Shape()...)...)
	}
	if n := len(spec.Params); n > 0 {
		cond = eddy.NewTensor(n)
	}
	if err := datasets.ReadCondition(ctx, ds, static, cond, traj); err != nil {
		return err
	}
	for _, t := range []*eddy.Tensor{static, cond} {
		if t == nil {
			continue
		}
		if err := binary.Write(to, binary.LittleEndian, t.Data); err != nil {
			return err
		}
	}
	return nil
}

func corruptTable(all []damaged) string {
	var b strings.Builder
	b.WriteString("| files | error | correct data | wrong data, unnoticed | crash or endless loop inside libhdf5, caught | crash of eddy | hang |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, covered := range []bool{true, false} {
		count, n := map[string]int{}, 0
		for _, d := range all {
			if d.Checked == covered {
				count[d.Outcome]++
				n++
			}
		}
		what := "of several layouts, superblock 0, 2 and 3, few checksums"
		if covered {
			what = "superblock 3 and fletcher32"
		}
		fmt.Fprintf(&b, "| %d, %s |", n, what)
		for _, o := range outcomes {
			fmt.Fprintf(&b, " %d |", count[o])
		}
		b.WriteString("\n")
	}
	return b.String()
}
