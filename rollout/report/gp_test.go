package report_test

import (
	"html"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy/gp"
	"github.com/eddy-pde/eddy/rollout/report"
)

func field(t *testing.T, s string, dim int) *gp.Expression {
	t.Helper()
	e, err := gp.ParseField(s, dim)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// poisson is Poisson's equation on [0, 1]^dim with u = Π sin(9 x).
func poisson(t *testing.T, dim, points int) *gp.Problem {
	t.Helper()
	u := strings.Join([]string{"sin(9*x)", "sin(9*y)", "sin(9*z)"}[:dim], "*")
	p := &gp.Problem{Exact: field(t, u, dim), Forcing: field(t, []string{"-81*", "-162*", "-243*"}[dim-1]+u, dim)}
	for a := range dim {
		p.Domain, p.Points = append(p.Domain, gp.Interval{Hi: 1}), append(p.Points, points)
		p.Terms = append(p.Terms, gp.Term{Axis: a, Order: 2, Coefficient: gp.Constant(1)})
		for _, s := range []gp.Side{gp.Lo, gp.Hi} {
			p.Boundary = append(p.Boundary, gp.Boundary{Axis: a, Side: s, Kind: gp.Dirichlet, Value: p.Exact})
		}
	}
	return p
}

// gpReport solves and returns the page's text.
func gpReport(t *testing.T, p *gp.Problem, o gp.Options) (string, *gp.Posterior) {
	t.Helper()
	q, err := gp.Solve(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := report.WriteGP(path, p, q); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return html.UnescapeString(string(b)), q
}

func contains(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, s := range parts {
		if !strings.Contains(page, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
}

func TestGPReportShowsEveryQuantityInEveryDimension(t *testing.T) {
	outside := regexp.MustCompile(`(?i)(src|href)="(?:https?:|//|file:)`)
	for dim, parts := range map[int][]string{
		1: {"∂²u/∂x² = f", "Error and standard deviation"},
		2: {"∂²u/∂x² + ∂²u/∂y² = f", "solution, all of the domain", "standard deviation, all of the domain", "error, all of the domain", "residual, all of the domain"},
		3: {"∂²u/∂z²", "solution, z = ", "standard deviation, y = ", "error, x = ", "residual, z = "},
	} {
		page, _ := gpReport(t, poisson(t, dim, 28), gp.Options{})
		contains(t, page, append(parts, "relative L² error against the exact solution", "estimated by the solver", "Spectrum", "angular frequency", "Convergence", "direct: a linear problem", "exact solution")...)
		if m := outside.FindString(page); m != "" {
			t.Errorf("%d axes: the page refers to something outside: %s", dim, m)
		}
		if len(page) > 3<<20 {
			t.Errorf("%d axes: the page has %d bytes", dim, len(page))
		}
	}
}

func TestGPReportWarnsOfAnUnderResolvedSolution(t *testing.T) {
	p := poisson(t, 1, 8)
	p.Exact, p.Forcing = nil, field(t, "-40000*sin(200*x)", 1)
	for i := range p.Boundary {
		p.Boundary[i].Value = field(t, "sin(200*x)", 1)
	}
	page, _ := gpReport(t, p, gp.Options{Solver: gp.Cheb})
	contains(t, page, "This solution is not to be trusted")
	if strings.Contains(page, "against the exact solution") {
		t.Error("the page speaks of an exact solution that is not known")
	}
}

func TestGPReportShowsHowSolversConverge(t *testing.T) {
	p := poisson(t, 1, 40)
	n, err := gp.ParseNonlinearity("u*(u^2 - 1)", 1)
	if err != nil {
		t.Fatal(err)
	}
	p.Nonlinearity = n
	p.Forcing = field(t, "-81*sin(9*x) + sin(9*x)*(sin(9*x)^2 - 1)", 1)
	page, _ := gpReport(t, p, gp.Options{})
	contains(t, page, "Newton's method", "u*(u^2 - 1)")
	page, q := gpReport(t, poisson(t, 1, 40), gp.Options{Solver: gp.GPHM, Components: 6, FreqScale: 3, Iterations: 30})
	contains(t, page, "Lowest loss so far", "evaluations")
	kernels, err := q.Kernels()
	if err != nil || len(kernels) != 1 {
		t.Fatal(kernels, err)
	}
	if i := len(kernels[0].Mu); i != 6 {
		t.Errorf("%d components, expected 6", i)
	}
}

func TestGPReportOfNoisyDataWithAGap(t *testing.T) {
	p := poisson(t, 2, 31)
	rng := rand.New(rand.NewPCG(1, 2))
	d := &gp.Data{Grid: make([][]float64, 2), Values: make([]float64, 31*31)}
	for a := range d.Grid {
		for k := range 31 {
			d.Grid[a] = append(d.Grid[a], float64(k+1)/32)
		}
	}
	if err := p.Forcing.On(d.Values, d.Grid); err != nil {
		t.Fatal(err)
	}
	for i := range d.Values {
		d.Values[i] += 5 * rng.NormFloat64()
	}
	for i := range 40 {
		d.Values[300+i] = math.NaN()
	}
	p.Forcing, p.Data, p.Noise = nil, d, gp.LearnNoise
	page, q := gpReport(t, p, gp.Options{Seed: 1})
	contains(t, page, "The posterior puts the error", "noise on f, learned", "40 of them missing", "residual, at the data", "Pruned")
	if math.Abs(q.Noise-5) > 1 {
		t.Errorf("noise %.2f, expected about 5", q.Noise)
	}
}
