package plan

// Spread is how much of the true variance a plan's samples have when the network is perfect and what is sampled is Gaussian: the variance of the output over variance,
// for a mode of the given variance in units of what is refined. A calibrated sampler has 1; a plan that starts from a level with signal is started as if it had none.
//
// With a Gaussian target the best prediction of the clean state is linear in x, so every plan is linear in the noise it draws, and its output's variance follows exactly
// from the coefficients: no sampling is involved.
//
// PDE-Refiner's sampler with K = 3 and SigmaMin² = 4e-7 keeps a quarter of the variance of the modes between 1e-6 and 1e-2, and less than a hundredth where next to nothing
// is predictable: its samples differ less than they should even if the network makes no error.
func Spread(p Plan, variance float64) float64 {
	n := len(p.Steps)
	// Row vectors over the independent noises: that of the start and that of each step.
	x := make([]float64, n+1)
	x[0] = p.Steps[0].From.Sigma
	predict := func(x []float64, s Step) prediction[float64] {
		a, sigma := s.From.Alpha, s.From.Sigma
		gain := a * variance / (a*a*variance + sigma*sigma)
		m := prediction[float64]{make([]float64, n+1), make([]float64, n+1)}
		for j, v := range x {
			m.data[j] = gain * v
			m.noise[j] = (v - a*m.data[j]) / sigma
		}
		return m
	}
	made := make([]prediction[float64], n)
	for i, s := range p.Steps {
		if made[i].data == nil {
			made[i] = predict(x, s)
		}
		update := func(w []float64) []float64 {
			next := make([]float64, n+1)
			addScaled(next, x, s.A)
			for k, m := range s.Of {
				addScaled(next, made[m].of(s.Prediction), w[k])
			}
			next[i+1] += s.Noise
			return next
		}
		next := update(s.W)
		if c := s.Correct; c != nil {
			made[i+1] = predict(next, p.Steps[i+1])
			next = update(c.W)
			addScaled(next, made[i+1].of(s.Prediction), c.New)
		}
		x = next
	}
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	return sum / variance
}
