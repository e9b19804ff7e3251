package pde

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// spectralPresets are the data sets whose equations the spectral solver steps, and Darcy's.
var spectralPresets = slices.Concat(pdebenchPresets(), apebenchPresets(), pdearenaPresets(), fnoPresets(), poseidonPresets())

// text writes a number as a setting.
func text(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// decimal writes a number with a decimal point, as PDEBench's file names do.
func decimal(x float64) string {
	if x == math.Trunc(x) {
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return text(x)
}

// pdebenchPresets are sets of PDEBench (Takamoto et al. 2022), those of its list of files (pdebench_data_urls.csv): 10,000 trajectories, of which a tenth is the test set.
func pdebenchPresets() []Benchmark {
	const states, tested = 9000, 1000
	var all []Benchmark
	for _, beta := range []float64{0.1, 0.2, 0.4, 0.7, 1, 2, 4, 7} {
		all = append(all, Benchmark{
			Name: "pdebench/advection-beta" + text(beta), Equation: "advection",
			Doc:      fmt.Sprintf("1D_Advection_Sols_beta%.1f; exact here, of second order there; waves are periodic (see ic.PDEBench)", beta),
			Settings: map[string]string{"grid": "1024", "solve": "3072", "length": "1", "dt": "0.01", "speed": text(beta), "initial": lawPDEBench},
			Train:    Size{states, 200}, Test: Size{tested, 200},
		})
	}
	for _, nu := range []float64{0.001, 0.002, 0.004, 0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 1, 2, 4} {
		// The spectrum of a front of height 3 and viscosity ν has fallen by 1e-6 at the frequency that n = 3.2/ν points keep.
		viscosity, solve := nu/math.Pi, 1024
		for float64(solve) < 3.2/viscosity {
			solve += 1024
		}
		all = append(all, Benchmark{
			Name: "pdebench/burgers-nu" + text(nu), Equation: "burgers",
			Doc: fmt.Sprintf("1D_Burgers_Sols_Nu%s: the viscosity is %g/π; fronts are resolved here, on %d points", decimal(nu), nu, solve),
			Settings: map[string]string{
				"grid": "1024", "solve": strconv.Itoa(solve), "length": "1", "dt": "0.01", "viscosity": text(viscosity), "initial": lawPDEBench, "max_speed": "2",
			},
			Train: Size{states, 200}, Test: Size{tested, 200},
		})
	}
	for _, nu := range []float64{0.5, 1, 2, 5} {
		for _, rho := range []float64{1, 2, 5, 10} {
			all = append(all, Benchmark{
				Name: fmt.Sprintf("pdebench/reacdiff-nu%g-rho%g", nu, rho), Equation: "fisher",
				Doc:      fmt.Sprintf("ReacDiff_Nu%.1f_Rho%.1f: Fisher's equation, states in [0, 1]", nu, rho),
				Settings: map[string]string{"grid": "1024", "length": "1", "dt": "0.01", "viscosity": text(nu), "rate": text(rho), "initial": lawPDEBench},
				Train:    Size{states, 100}, Test: Size{tested, 100},
			})
		}
	}
	for _, beta := range []float64{0.01, 0.1, 1, 10, 100} {
		all = append(all, Benchmark{
			Name: "pdebench/darcy-beta" + text(beta), Equation: "darcy",
			Doc:      fmt.Sprintf("2D_DarcyFlow_beta%s: the solution scales with β; solved to 1e-12, not by relaxation; threshold at the law's mean, not the batch's", decimal(beta)),
			Settings: map[string]string{"grid": "128x128", "law": lawPDEBench, "low": "0.1", "high": "1", "beta": text(beta), "mean": arithmetic},
			Train:    Size{states, 1}, Test: Size{tested, 1},
		})
	}
	return append(all, Benchmark{
		Name: "pdebench/diff-react", Equation: "fitzhugh-nagumo",
		Doc:      "2D_diff-react_NA_NA: FitzHugh–Nagumo on [−1, 1]² with zero flux, from white noise in each of 128² cells",
		Settings: map[string]string{"grid": "128x128", "solve": "256x256", "length": "2", "dt": "0.05", "diffusion_u": "0.001", "diffusion_v": "0.005", "k": "0.005", "boundary": zeroFlux},
		Train:    Size{900, 100}, Test: Size{100, 100},
	})
}

// apebenchPresets are scenarios of APEBench (Koehler et al. 2024) on 160 points. Its difficulties γ, δ give coefficients on the unit interval with unit time steps:
// α_j = γ_j/(160^j 2^{j−1}) for the j-th derivative, β = δ_1/160 for convection. Signs are those of the equations' docs.
func apebenchPresets() []Benchmark {
	train, test := Size{50, 50}, Size{30, 200}
	gamma := func(g float64, j int) string {
		return text(g / (math.Pow(160, float64(j)) * math.Pow(2, float64(j-1))))
	}
	scenario := func(name, equation, doc string, settings map[string]string) Benchmark {
		s := map[string]string{"grid": "160", "length": "1", "dt": "1", "initial": lawFourier, "highest": "5", "amplitude": "1"}
		maps.Copy(s, settings)
		return Benchmark{Name: "apebench/" + name, Equation: equation, Doc: doc, Settings: s, Train: train, Test: test}
	}
	all := []Benchmark{
		scenario("diff-adv", "advection", "diff_adv: advection by 4 points a step (γ1 = −4)", map[string]string{"speed": "0.025"}),
		scenario("diff-diff", "advection", "diff_diff: diffusion (γ2 = 4)", map[string]string{"speed": "0", "viscosity": gamma(4, 2)}),
		scenario("diff-burgers-sc", "burgers", "diff_burgers_sc: γ2 = 1.5, δ1 = −1.5; ETDRK4 here, ETDRK2 there",
			map[string]string{"viscosity": gamma(1.5, 2), "convection": "0.009375", "max_speed": "1"}),
		scenario("diff-kdv", "kdv", "diff_kdv: γ3 = −14, γ4 = −9, δ1 = −2; exponax steps it at first order (real coefficients), this at fourth",
			map[string]string{"dispersion": gamma(14, 3), "viscosity": gamma(9, 4), "convection": "0.0125", "max_speed": "0.0125"}),
		// γ2 = −1.2 and γ4 = −15 are ν = 1 on length √8192 with dt = 0.192; δ2 = −6 says that the state is a tenth of φ.
		scenario("diff-ks", "ks", "diff_ks: γ2 = −1.2, γ4 = −15, δ2 = −6, flame front; length 90.5 and dt = 0.192 in KS units, states ten times APEBench's",
			map[string]string{"length": text(math.Sqrt(8192)), "dt": "0.192", "form": combustion, "warmup": "500", "amplitude": "10"}),
		scenario("diff-fisher", "fisher", "diff_fisher: γ0 = 0.02, γ2 = 0.2, δ0 = −0.02; states in [0, 1]", map[string]string{"rate": "0.02", "viscosity": gamma(0.2, 2)}),
		scenario("phy-burgers-sc", "burgers", "phy_burgers_sc: ν = 3e-4, convection 0.125, dt = 0.1", map[string]string{"dt": "0.1", "viscosity": "0.0003", "convection": "0.125", "max_speed": "1"}),
		scenario("phy-kdv", "kdv", "phy_kdv: length 50, hyperviscosity 0.125, dt = 0.1", map[string]string{"length": "50", "dt": "0.1", "viscosity": "0.125", "max_speed": "6"}),
		scenario("phy-ks", "ks", "phy_ks: flame front on length 60, dt = 0.1, 500 steps of warm-up", map[string]string{"length": "60", "dt": "0.1", "form": combustion, "warmup": "500"}),
	}
	flow := func(name, doc string, settings map[string]string) Benchmark {
		return Benchmark{Name: "apebench/" + name, Equation: "kolmogorov", Doc: doc, Settings: settings, Train: train, Test: test}
	}
	return append(
		all,
		flow("phy-decay-turb", "phy_decay_turb in 2-D: ν = 1e-4 on the unit square, vorticity from a truncated series of magnitude 1", map[string]string{
			"grid": "160x160", "length": "1", "dt": "0.1", "viscosity": "0.0001", "drag": "0", "amplitude": "0", "warmup": "0", "initial": lawFourier, "peak": "5",
			"initial_speed": "1", "max_speed": "0.2",
		}),
		flow("phy-kolm-flow", "phy_kolm_flow in 2-D: ν = 0.01, drag 0.1, 4 waves of force, 500 steps of warm-up", map[string]string{
			"grid": "160x160", "dt": "0.1", "viscosity": "0.01", "drag": "0.1", "wavenumber": "4", "warmup": "500", "initial": lawFourier, "peak": "5", "initial_speed": "1",
		}),
	)
}

// pdearenaPresets are the Kuramoto–Sivashinsky sets of PDE-Refiner: each trajectory has a length and a dt of its own, 360 frames are dropped. Its Radau solver with
// tolerance 1e-9 does not dealias; the frequencies that it has beyond ours hold nothing above that.
func pdearenaPresets() []Benchmark {
	settings := func(viscosity string) map[string]string {
		return map[string]string{
			"grid": "256", "solve": "384", "length": "57.6..70.4", "dt": text(90./499) + ".." + text(110./499), "viscosity": viscosity, "warmup": "360", "initial": lawSines,
			"waves": "10", "amplitude": "0.5", "highest": "2",
		}
	}
	return []Benchmark{
		{
			Name: "pdearena/ks-fixed", Equation: "ks", Doc: "KS_{train,valid,test}_fixed_viscosity: ν = 1; dt and length of each trajectory are parameters (there dt and dx = length/256)", Settings: settings("1"),
			Train: Size{2048, 139}, Test: Size{128, 639},
		},
		{
			Name: "pdearena/ks-conditional", Equation: "ks", Doc: "KS_{train,valid,test}_conditional_viscosity: dt, length and ν of each trajectory are parameters (there dt, dx = length/256, v)",
			Settings: settings("0.5..1.5"), Train: Size{4096, 139}, Valid: Size{256, 1139}, Test: Size{512, 1139},
		},
	}
}

// fnoPresets are the sets of the FNO paper (Li et al. 2021), in the sizes that it trains and tests with.
func fnoPresets() []Benchmark {
	all := []Benchmark{
		{
			Name: "fno/burgers", Equation: "burgers", Doc: "burgers_data_R10: ν = 0.1, the states at times 0 and 1, with the law's random mean",
			Settings: map[string]string{"grid": "8192", "solve": "2048", "length": "1", "viscosity": "0.1", "dt": "1", "mean": "1"},
			Train:    Size{1000, 1}, Test: Size{200, 1},
		},
		{
			Name: "fno/darcy", Equation: "darcy", Doc: "piececonst_r421_N1024: a ∈ {3, 12}, 421² nodes",
			Settings: map[string]string{"grid": "421x421"}, Train: Size{1024, 1}, Test: Size{1024, 1},
		},
	}
	for _, s := range []struct {
		name      string
		viscosity float64
		steps     int
	}{{"v1e-3", 1e-3, 50}, {"v1e-4", 1e-4, 30}, {"v1e-5", 1e-5, 20}} {
		all = append(all, Benchmark{
			Name: "fno/ns-" + s.name, Equation: "ns-fno", Doc: fmt.Sprintf("NavierStokes_V%s: 64² of 256² points, with the σ of the authors' script (see ic.Matern)", s.name[1:]),
			Settings: map[string]string{
				"grid": "64x64", "solve": "256x256", "viscosity": text(s.viscosity), "dt": "1", "sigma": text(math.Sqrt2 * math.Pow(7, 1.5)), "max_speed": "1",
			},
			Train: Size{1000, s.steps}, Test: Size{200, s.steps},
		})
	}
	return all
}

// poseidonPresets are sets of Poseidon's PDEgym whose equations are here.
func poseidonPresets() []Benchmark {
	return []Benchmark{{
		Name: "poseidon/ace", Equation: "allen-cahn", Doc: "ACE: u_t = Δu − ε²u(u² − 1), ε = 220, to time 2e-4; the initial law is eddy's own",
		Settings: map[string]string{"grid": "128x128", "length": "1", "dt": "1e-05", "viscosity": "1", "rate": "48400", "scale": "0.03"},
		Train:    Size{14700, 20}, Valid: Size{60, 20}, Test: Size{240, 20},
	}}
}
