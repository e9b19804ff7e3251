package pde

// tsm are the settings of the flow of TSM and PDE-Refiner on 64² cells: a state every 0.0070125, after 40 units of time.
func tsm(solve string) map[string]string {
	return map[string]string{"grid": "64x64", "solve": solve, "dt": "0.007012483601762931", "warmup": "5704"}
}

// cellPresets are the data sets whose equations are solved on cells and faces.
var cellPresets = []Benchmark{
	{
		Name: "tsm/kolmogorov-64", Equation: "ns-staggered",
		Doc:      "Kolmogorov flow at Re 1000 of TSM and PDE-Refiner, computed on 2048² cells as published: a day or more for each trajectory",
		Settings: tsm("2048x2048"), Train: Size{128, 11408}, Test: Size{16, 2852},
	},
	{
		Name: "tsm/kolmogorov-64-dns512", Equation: "ns-staggered",
		Doc:      "the same flow computed on 512² cells, where the published set has 2048²: some 20 minutes for each trajectory",
		Settings: tsm("512x512"), Train: Size{128, 11408}, Test: Size{16, 2852},
	},
	{
		Name: "tsm/kolmogorov-64-dns64", Equation: "ns-staggered",
		Doc:      "the same flow computed on the 64² cells of its states, the coarse solver of the paper's tables",
		Settings: tsm("64x64"), Train: Size{128, 11408}, Test: Size{16, 2852},
	},
	{
		Name: "pdearena/smoke", Equation: "smoke", Doc: "PDEArena's NavierStokes2D: every fourth state of steps of 1.5, from the eighth on (theirs: the ninth), velocities on upper faces",
		Settings: map[string]string{"dt": "6", "substeps": "4", "warmup": "2"}, Train: Size{5200, 13}, Valid: Size{1300, 13}, Test: Size{1300, 13},
	},
	{
		Name: "pdearena/smoke-conditional", Equation: "smoke", Doc: "PDEArena's conditional NavierStokes2D: buoyancy from 0.2 to 0.5, drawn for each trajectory (theirs: for 32)",
		Settings: map[string]string{"buoyancy": "0.2..0.5"}, Train: Size{6656, 55}, Valid: Size{1664, 55}, Test: Size{1664, 55},
	},
	{
		Name: "pdebench/swe-radial-dam-break", Equation: "swe-dam-break",
		Doc:   "PDEBench's 2D_rdb: at most 81 different trajectories, of which the published files show the depth alone",
		Train: Size{900, 100}, Test: Size{100, 100},
	},
	{
		Name: "pdebench/cfd-1d-rand-eta0.01-periodic", Equation: "cfd-1d", Doc: "PDEBench's 1D_CFD_Rand with η = ζ = 0.01",
		Train: Size{9000, 100}, Test: Size{1000, 100},
	},
	{
		Name: "pdebench/cfd-1d-rand-eta0.1-periodic", Equation: "cfd-1d", Doc: "PDEBench's 1D_CFD_Rand with η = ζ = 0.1",
		Settings: map[string]string{"eta": "0.1", "zeta": "0.1"}, Train: Size{9000, 100}, Test: Size{1000, 100},
	},
	{
		Name: "pdebench/cfd-1d-rand-inviscid-periodic", Equation: "cfd-1d", Doc: "PDEBench's 1D_CFD_Rand with η = ζ = 1e-8, here 0",
		Settings: map[string]string{"eta": "0", "zeta": "0"}, Train: Size{9000, 100}, Test: Size{1000, 100},
	},
	{
		Name: "pdebench/cfd-1d-rand-inviscid-outflow", Equation: "cfd-1d", Doc: "PDEBench's 1D_CFD_Rand with open sides (trans) and η = ζ = 1e-8, here 0",
		Settings: map[string]string{"eta": "0", "zeta": "0", "boundary": "outflow"}, Train: Size{9000, 100}, Test: Size{1000, 100},
	},
	{
		Name: "pdebench/cfd-1d-shock-inviscid-outflow", Equation: "cfd-1d", Doc: "PDEBench's 1D_CFD_Shock with open sides (trans) and η = ζ = 1e-8, here 0",
		Settings: map[string]string{"eta": "0", "zeta": "0", "boundary": "outflow", "law": "shock", "dt": "0.005"},
		Train:    Size{9000, 80}, Test: Size{1000, 80},
	},
	plane("rand-m0.1-eta0.01", "2D_CFD_Rand with Mach number 0.1 and η = ζ = 0.01", "random", "0.1", "0.01", "128x128", 9000, 1000),
	plane("rand-m0.1-eta0.1", "2D_CFD_Rand with Mach number 0.1 and η = ζ = 0.1", "random", "0.1", "0.1", "128x128", 9000, 1000),
	plane("rand-m1.0-eta0.01", "2D_CFD_Rand with Mach number 1 and η = ζ = 0.01", "random", "1", "0.01", "128x128", 9000, 1000),
	plane("rand-m1.0-eta0.1", "2D_CFD_Rand with Mach number 1 and η = ζ = 0.1", "random", "1", "0.1", "128x128", 9000, 1000),
	plane("rand-m0.1-inviscid", "2D_CFD_Rand on 512² cells with Mach number 0.1 and η = ζ = 1e-8, here 0", "random", "0.1", "0", "512x512", 900, 100),
	plane("rand-m1.0-inviscid", "2D_CFD_Rand on 512² cells with Mach number 1 and η = ζ = 1e-8, here 0", "random", "1", "0", "512x512", 900, 100),
	plane("turb-m0.1-inviscid", "2D_CFD_Turb on 512² cells with Mach number 0.1 and η = ζ = 1e-8, here 0", "turbulence", "0.1", "0", "512x512", 900, 100),
	plane("turb-m1.0-inviscid", "2D_CFD_Turb on 512² cells with Mach number 1 and η = ζ = 1e-8, here 0", "turbulence", "1", "0", "512x512", 900, 100),
}

// plane is a preset of PDEBench's 2-D compressible sets.
func plane(name, doc, law, mach, viscosity, grid string, train, test int) Benchmark {
	return Benchmark{
		Name: "pdebench/cfd-2d-" + name, Equation: "cfd-2d", Doc: "PDEBench's " + doc,
		Settings: map[string]string{"grid": grid, "law": law, "mach": mach, "eta": viscosity, "zeta": viscosity},
		Train:    Size{train, 20}, Test: Size{test, 20},
	}
}
