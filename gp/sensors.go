package gp

import (
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy/gp/lin"
)

// sensorUpdate conditions the diagonal posterior on measurements of u at points: an update of rank len(sensors).
type sensorUpdate struct {
	rows  lin.Matrix // sensors × coefficients: eigenfunctions at the sensors
	gain  *lin.LU    // factors of G V Gᵀ + noise
	noise []float64  // standard deviations
	Log   float64    // log evidence of the sensors given the forcing
}

// rowAt is the vector of all eigenfunctions at a point.
func (l *layer) rowAt(x []float64) []float64 {
	var lines [][]float64
	for a := range x {
		lines = append(lines, l.on(a, x[a:a+1]).A)
	}
	return lin.Outer(lines)
}

// condition updates the mean of the layer with sensor values; lift holds the part of u outside the layer at each sensor.
func (l *layer) conditionSensors(s []Sensor, lift []float64) {
	n := len(s)
	u := &sensorUpdate{rows: lin.New(n, len(l.mean)), noise: make([]float64, n)}
	residual := make([]float64, n)
	for i, m := range s {
		copy(u.rows.Row(i), l.rowAt(m.X))
		u.noise[i] = m.Noise
		residual[i] = m.Value - lift[i] - lin.Dot(u.rows.Row(i), l.mean)
	}
	c := lin.MulNT(scaleColumns(u.rows, l.variance), u.rows)
	for i := range n {
		c.A[i*n+i] += u.noise[i] * u.noise[i]
	}
	u.gain = lin.Factor(c)
	w := append([]float64(nil), residual...)
	u.gain.Solve(w)
	u.Log = -0.5 * (lin.Dot(w, residual) + u.gain.LogDet() + float64(n)*math.Log(2*math.Pi))
	l.addGain(l.mean, w, u)
	l.sensors = u
}

// addGain adds V Gᵀ w to x.
func (l *layer) addGain(x, w []float64, u *sensorUpdate) {
	d := make([]float64, len(x))
	u.rows.ApplyT(d, w)
	for i, v := range l.variance {
		x[i] += v * d[i]
	}
}

// condition turns a draw of the diagonal posterior into one that also knows the sensors (Matheron's rule).
func (u *sensorUpdate) condition(l *layer, deviation []float64, rng *rand.Rand) {
	w := make([]float64, u.rows.R)
	u.rows.Apply(w, deviation)
	for i := range w {
		w[i] = -w[i] - u.noise[i]*rng.NormFloat64()
	}
	u.gain.Solve(w)
	l.addGain(deviation, w, u)
}

// reduce takes what the sensors know from the variance on a grid.
func (u *sensorUpdate) reduce(l *layer, variance []float64, grid [][]float64) {
	n := u.rows.R
	cross := lin.New(n, len(variance))
	for i := range n {
		row := make([]float64, len(l.variance))
		for k, v := range l.variance {
			row[k] = v * u.rows.At(i, k)
		}
		copy(cross.Row(i), l.synthesise(row, grid))
	}
	col := make([]float64, n)
	work := make([]float64, n)
	for k := range variance {
		for i := range n {
			col[i] = cross.At(i, k)
		}
		copy(work, col)
		u.gain.Solve(work)
		variance[k] -= lin.Dot(col, work)
	}
}
