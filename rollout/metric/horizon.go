package metric

import "math"

// StepsBelow counts the leading entries of a curve of errors (entry i is i+1 steps after the start) that are at or below a threshold. An entry that is not
// finite is above every threshold. censored tells that the curve never rises above, so the true count may be larger.
func StepsBelow(curve []float64, threshold float64) (steps int, censored bool) {
	for i, v := range curve {
		if !(v <= threshold) || v-v != 0 {
			return i, false
		}
	}
	return len(curve), true
}

// LyapunovTimes is how long a forecast of so many steps of dt is, in Lyapunov times 1/exponent of the dynamics: what makes horizons of different chaotic
// systems comparable (Pathak et al. 2018). A perfect model that starts with a relative error ε reaches an error of order 1 after about ln(1/ε) Lyapunov
// times. NaN unless the exponent is positive.
func LyapunovTimes(steps int, dt, exponent float64) float64 {
	if !(exponent > 0) {
		return math.NaN()
	}
	return float64(steps) * dt * exponent
}

// Horizon is the metric lyapunov_times: how many Lyapunov times of dynamics with the given exponent, in the data's unit of 1/time, pass until vrmse exceeds 0.4, the valid
// prediction time of Pathak et al. (2018). It is not in the catalogue since data files do not tell their exponent. NaN unless the exponent is positive.
func Horizon(exponent float64) Metric {
	steps := validSteps()
	m := steps
	m.Name, m.Unit, m.About = "lyapunov_times", Lyapunov, "Lyapunov times until vrmse exceeds 0.4"
	m.run = func(values int) stepper { return &lyapunovTimes{stepper: steps.run(values), exponent: exponent} }
	return m
}

// lyapunovTimes turns steps to Lyapunov times.
type lyapunovTimes struct {
	stepper
	exponent, dt float64
}

func (l *lyapunovTimes) add(p *Pair) {
	l.dt = p.Truth.plan.spec.Dt
	l.stepper.add(p)
}

func (l *lyapunovTimes) finish(i int) (value float64, undefined bool) {
	n, undefined := l.stepper.finish(i)
	return LyapunovTimes(int(n), l.dt, l.exponent), undefined
}

// validSteps is the number of leading steps whose vrmse is at most 0.4.
func validSteps() Metric {
	m := overSteps(vrmseMetric(), "valid_steps",
		"steps until vrmse exceeds 0.4; times dt over the Lyapunov time, the valid prediction time of Pathak et al.", func(curve []float64, _ []int) float64 {
			n, _ := StepsBelow(curve, 0.4)
			return float64(n)
		})
	m.Origin, m.Unit, m.Better = "eddy", InSteps, Higher
	return m
}

// GrowthRate is the rate at which a curve of relative errors grows, the slope of ln v per unit of time, by least squares over the leading steps up to the
// first error above hi, of those that are at least lo: between rounding and saturation the error of a good model grows at the Lyapunov exponent. NaN with
// fewer than three such steps.
func GrowthRate(curve []float64, dt, lo, hi float64) float64 {
	var n, st, sl, stt, stl float64
	for i, v := range curve {
		if !(v <= hi) {
			break
		}
		if v < lo {
			continue
		}
		t, l := float64(i+1)*dt, math.Log(v)
		n++
		st += t
		sl += l
		stt += t * t
		stl += t * l
	}
	if n < 3 {
		return math.NaN()
	}
	return (n*stl - st*sl) / (n*stt - st*st)
}
