package arch

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// module is the import path of the module.
const module = "github.com/eddy-pde/eddy"

// floors lists the packages of the house from the lowest floor to the highest, as paths below the module root ("." is package eddy). A package may import only
// packages of lower floors, and of its own floor only where Siblings allows it. A path that ends in "/*" stands for every package below it that is not
// listed by itself.
var floors = []floor{
	{Name: "rules", Packages: []string{"internal/arch"}},
	{Name: "kernels", Packages: []string{"internal/par", "internal/atomicfile", "internal/dense", "internal/kernel", "internal/kernel/*", "internal/dft", "internal/dft/*", "internal/safetensors"}, MayUse: []string{"."}, Siblings: true},
	{Name: "vocabulary", Packages: []string{"."}},
	{Name: "files", Packages: []string{"internal/config", "internal/h5", "internal/npy", "internal/mat5", "internal/gradcheck"}},
	{Name: "metrics", Packages: []string{"rollout/metric"}},
	{Name: "rollout", Packages: []string{"rollout", "rollout/rollouttest"}, Siblings: true},
	{Name: "data sets", Packages: []string{"datasets"}},
	{Name: "initial conditions", Packages: []string{"datasets/ic"}},
	{Name: "reading of layouts", Packages: []string{"datasets/slab"}},
	{Name: "arrays", Packages: []string{"datasets/array"}},
	{Name: "layouts and solvers", Packages: []string{"datasets/*"}},
	{Name: "opening of data sets", Packages: []string{"datasets/open"}},
	{Name: "layers", Packages: []string{"operators/nn", "operators/nn/*"}, Siblings: true},
	{Name: "architectures", Packages: []string{"operators/*"}},
	{Name: "training", Packages: []string{"operators/train", "operators/train/*"}, Siblings: true},
	{Name: "hall of operators", Packages: []string{"operators"}},
	{Name: "refiner and gp", Packages: []string{"refiner", "refiner/*", "gp", "gp/*"}, Siblings: true},
	{Name: "report", Packages: []string{"rollout/report"}},
	{Name: "command line", Packages: []string{"internal/cli"}},
	{Name: "programs", Packages: []string{"cmd/*", "benchmarks", "benchmarks/*", "notebooks", "notebooks/*", "examples/*"}},
}

// floor is one storey of the house.
type floor struct {
	Name     string
	Packages []string
	Siblings bool     // packages of this floor may import one another
	MayUse   []string // packages of higher floors that this one may import all the same
}

// guard says who may import something.
type guard struct {
	What   string                       // for the message
	Match  func(importPath string) bool // the import concerned
	Within []string                     // packages, or "folder/*", that may have it
	Why    string
}

// guards are the rules beside the floors. Import paths of the module itself are given relative to its root.
var guards = []guard{
	{
		What: "Gorgonia", Match: under("gorgonia.org", "go4.org/unsafe"),
		Within: []string{"operators", "operators/*", "refiner", "refiner/*", "internal/gradcheck"},
		Why:    "the graph library is a detail of networks",
	},
	{
		What: "internal/h5", Match: under("internal/h5"),
		Within: []string{"datasets/*"},
		Why:    "only a layout knows HDF5, so that everything else builds without cgo",
	},
	{
		What: "the HDF5 binding", Match: under("gonum.org/v1/hdf5"),
		Within: []string{"internal/h5"},
		Why:    "the binding has traps that internal/h5 keeps from everybody",
	},
	{
		What: "cgo", Match: under("C"),
		Within: []string{"internal/h5"},
		Why:    "a program that infers builds with CGO_ENABLED=0",
	},
	{
		What: "plotting", Match: under("gonum.org/v1/plot"),
		Within: []string{"rollout/report"},
		Why:    "pictures are made in one place",
	},
	{
		What: "the command-line libraries", Match: under("github.com/spf13", "github.com/schollz/progressbar", "golang.org/x/term"),
		Within: []string{"internal/cli"},
		Why:    "a library does not talk to a terminal",
	},
	{
		What: "TOML and YAML", Match: under("github.com/pelletier/go-toml", "go.yaml.in/yaml", "gopkg.in/yaml.v3"),
		Within: []string{"internal/config"},
		Why:    "files are decoded strictly in one place",
	},
	{
		What: "a layout of data files", Match: layout,
		Within: []string{"datasets/*", "internal/cli", "cmd/*", "benchmarks", "benchmarks/*", "notebooks", "notebooks/*", "examples/*"},
		Why:    "training and rollouts take any datasets.Dataset",
	},
	{
		What: "operators", Match: under("operators"),
		Within: []string{"operators", "operators/*", "refiner", "refiner/*", "rollout/report", "internal/cli", "cmd/*", "benchmarks", "benchmarks/*", "notebooks", "notebooks/*", "examples/*"},
		Why:    "rollouts, data sets and Gaussian processes step any Model and know no networks",
	},
	{
		What: "math/rand", Match: func(p string) bool { return p == "math/rand" },
		Within: nil,
		Why:    "use math/rand/v2 and a passed *rand.Rand",
	},
	{
		What: "github.com/pkg/errors", Match: under("github.com/pkg/errors"),
		Within: nil,
		Why:    "the standard library wraps errors with %w",
	},
}

// layout reports whether a path of the module is the reader of one file layout.
func layout(p string) bool {
	return strings.HasPrefix(p, "datasets/") && !slices.Contains([]string{"datasets/pde", "datasets/ic", "datasets/open"}, p) &&
		!strings.HasPrefix(p, "datasets/pde/") && !strings.HasPrefix(p, "datasets/ic/")
}

func under(roots ...string) func(string) bool {
	return func(p string) bool {
		for _, r := range roots {
			if p == r || strings.HasPrefix(p, r+"/") {
				return true
			}
		}
		return false
	}
}

// covers reports how closely a list names package p: 0 not at all, else the length of the entry that does; an entry by name beats any "/*".
func covers(list []string, p string) int {
	best := 0
	for _, entry := range list {
		dir, isTree := strings.CutSuffix(entry, "/*")
		switch {
		case entry == p:
			return 1 << 20
		case isTree && strings.HasPrefix(p, dir+"/"):
			best = max(best, len(dir))
		}
	}
	return best
}

// floorOf is the index in floors of a package of the module, −1 where no floor lists it.
func floorOf(p string) int {
	at, best := -1, 0
	for i, f := range floors {
		if n := covers(f.Packages, p); n > best {
			at, best = i, n
		}
	}
	return at
}

// judge says what is wrong with package from importing to, both relative to the module root where they belong to it; it is empty for an import that is allowed.
func judge(from, to string, inModule bool) string {
	for _, g := range guards {
		if g.Match(to) && covers(g.Within, from) == 0 {
			return fmt.Sprintf("%s imports %s: %s is allowed only in %s, because %s", show(from), to, g.What, allowed(g.Within), g.Why)
		}
	}
	if !inModule {
		return ""
	}
	a, b := floorOf(from), floorOf(to)
	switch {
	case a < 0:
		return fmt.Sprintf("%s has no floor: add it to floors in internal/arch/rules_test.go and to ARCHITECTURE.md", show(from))
	case b < 0:
		return fmt.Sprintf("%s imports %s, which has no floor: add it to floors in internal/arch/rules_test.go and to ARCHITECTURE.md", show(from), to)
	case b < a, covers(floors[a].MayUse, to) > 0, a == b && floors[a].Siblings:
		return ""
	case a == b:
		return fmt.Sprintf("%s imports %s on its own floor (%s): move what both need to a lower floor", show(from), to, floors[a].Name)
	}
	return fmt.Sprintf("%s (%s) imports %s, which is on a higher floor (%s): take a small interface or a value instead", show(from), floors[a].Name, show(to), floors[b].Name)
}

func show(p string) string {
	if p == "." {
		return path.Base(module)
	}
	return p
}

func allowed(within []string) string {
	if len(within) == 0 {
		return "no package"
	}
	return strings.Join(within, ", ")
}
