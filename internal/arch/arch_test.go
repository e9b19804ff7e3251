package arch

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// root is the folder of the module.
const root = "../.."

// TestImportsKeepToTheFloors parses every Go file that is not a test, whatever its build tags, and judges each of its imports.
func TestImportsKeepToTheFloors(t *testing.T) {
	files := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata" || otherModule(name)) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := path.Dir(rel)
		for _, imp := range f.Imports {
			to, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			inModule := to == module || strings.HasPrefix(to, module+"/")
			if inModule {
				to = path.Join(".", strings.TrimPrefix(to, module))
				if to = strings.TrimPrefix(to, "/"); to == "" {
					to = "."
				}
			}
			if fault := judge(from, to, inModule); fault != "" {
				t.Errorf("%s: %s", rel, fault)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Fatal("no Go files found: the test looks in the wrong folder")
	}
}

// otherModule reports whether a folder is the root of another module (tools, notebooks).
func otherModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// TestEverythingButHDF5BuildsWithoutCgo asks the go command for the dependencies of the libraries that inference needs, with cgo off, and for cgo files among
// them with cgo on.
func TestEverythingButHDF5BuildsWithoutCgo(t *testing.T) {
	for _, lib := range []string{".", "operators", "refiner", "gp", "rollout", "datasets"} {
		if files, _ := filepath.Glob(filepath.Join(root, lib, "*.go")); len(files) == 0 {
			continue
		}
		t.Run(show(lib), func(t *testing.T) {
			for _, p := range goList(t, "0", lib) {
				if p.Error != nil {
					t.Errorf("with CGO_ENABLED=0 %s does not build: %s", p.ImportPath, p.Error.Err)
				}
			}
			for _, p := range goList(t, "1", lib) {
				if !p.Standard && len(p.CgoFiles) > 0 {
					t.Errorf("%s needs %s, which is cgo (%s): only layouts of data files may need a C library", show(lib), p.ImportPath, strings.Join(p.CgoFiles, ", "))
				}
			}
		})
	}
}

type listed struct {
	ImportPath string
	Standard   bool
	CgoFiles   []string
	Error      *struct{ Err string }
}

func goList(t *testing.T, cgo, lib string) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Standard,CgoFiles,Error", "./"+lib)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestJudgeFindsAndExplainsEachKindOfWrongImport(t *testing.T) {
	for _, c := range []struct {
		from, to string
		module   bool
		want     string // part of the message; empty where the import is allowed
	}{
		{"rollout", ".", true, ""},
		{"rollout", "rollout/metric", true, ""},
		{"internal/kernel", ".", true, ""},
		{"internal/kernel", "internal/par", true, ""},
		{"operators/train", "datasets", true, ""},
		{"operators/train", "operators/fno", true, ""},
		{"operators", "operators/train", true, ""},
		{"datasets/well", "internal/h5", true, ""},
		{"datasets/well", "internal/config", true, ""},
		{"datasets/pde", "datasets/ic", true, ""},
		{"datasets/open", "datasets/well", true, ""},
		{"internal/cli", "datasets/open", true, ""},
		{"cmd/eddy", "internal/cli", true, ""},
		{"operators/nn", "gorgonia.org/gorgonia", false, ""},
		{"gp", "internal/kernel", true, ""},
		{"rollout", "datasets", true, "higher floor"},
		{"rollout", "operators", true, "operators is allowed only in"},
		{"datasets", "operators/nn", true, "operators is allowed only in"},
		{"gp", "operators", true, "operators is allowed only in"},
		{"operators/fno", "operators/unet", true, "own floor"},
		{"operators/train", "datasets/well", true, "any datasets.Dataset"},
		{"rollout", "gorgonia.org/tensor", false, "the graph library is a detail of networks"},
		{"operators", "internal/h5", true, "only a layout knows HDF5"},
		{"datasets/well", "gonum.org/v1/hdf5", false, "the binding has traps"},
		{"internal/kernel", "C", false, "CGO_ENABLED=0"},
		{"gp", "gonum.org/v1/plot/plotter", false, "pictures are made in one place"},
		{"rollout", "github.com/spf13/cobra", false, "does not talk to a terminal"},
		{"operators", "github.com/pelletier/go-toml/v2", false, "decoded strictly in one place"},
		{"gp", "math/rand", false, "math/rand/v2"},
		{"attic", ".", true, "has no floor"},
	} {
		got := judge(c.from, c.to, c.module)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s → %s: got %q, want %q", c.from, c.to, got, c.want)
		}
	}
}
