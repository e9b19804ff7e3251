package pde

// tsm are the settings of the flow of TSM and PDE-Refiner on 64² cells: a state every 0.0070125, after 40 units of time.
func tsm(solve string) map[string]string {
	return map[string]string{"grid": "64x64", "solve": solve, "dt": "0.007012483601762931", "warmup": "5704"}
}

// cellPresets are the data sets whose equations are solved on cells and faces.
var cellPresets = []Benchmark{
	{
		Name: "tsm/kolmogorov-64", Equation: "ns-staggered",
		Doc:      "Kolmogorov flow at Re 1000 of TSM and PDE-Refiner, computed on 2048² cells as published: days for each trajectory",
		Settings: tsm("2048x2048"), Train: Size{128, 11408}, Test: Size{16, 2852},
	},
	{
		Name: "tsm/kolmogorov-64-dns512", Equation: "ns-staggered",
		Doc:      "the same flow computed on 512² cells, where the published set has 2048²: an hour or two for each trajectory",
		Settings: tsm("512x512"), Train: Size{128, 11408}, Test: Size{16, 2852},
	},
	{
		Name: "tsm/kolmogorov-64-dns64", Equation: "ns-staggered",
		Doc:      "the same flow computed on the 64² cells of its states, the coarse solver of the paper's tables",
		Settings: tsm("64x64"), Train: Size{128, 11408}, Test: Size{16, 2852},
	},
}
