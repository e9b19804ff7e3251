package pde

// spectralPresets are the data sets whose equations the spectral solver steps.
var spectralPresets = []Benchmark{
	{
		Name: "fno/burgers", Doc: "Burgers of the FNO paper, ν = 0.1: the state at time 0 and at time 1; zero mean unless mean=1", Equation: "burgers",
		Settings: map[string]string{"grid": "8192", "viscosity": "0.1", "dt": "1", "mean": "1", "max_speed": "4"},
		Train:    Size{1000, 1}, Test: Size{200, 1},
	},
}
