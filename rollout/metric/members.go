package metric

import (
	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// eachEnsemble calls f for every trajectory and field of members [B, M, C, X…] and truth [B, C, X…], with the field of every member and the true one; index i
// of the B·C calls is row-major. Calls run in parallel.
func eachEnsemble(op string, members, truth *eddy.Tensor, f func(i int, p [][]float32, y []float32)) {
	if len(truth.Shape) < 2 {
		panic(&eddy.ShapeError{Op: op, What: "truth", Got: truth.Shape, Hint: "expected a batch of states [B, C, X…]"})
	}
	want := append([]int{truth.Shape[0], -1}, truth.Shape[1:]...)
	eddy.MustShape(op, "members", members.Shape, want)
	fields, points := truth.Shape[1], eddy.Size(truth.Shape[2:])
	par.For(truth.Shape[0]*fields, func(i int) {
		f(i, memberFields(members, i), truth.Data[i*points:(i+1)*points])
	})
}

// memberFields are the M fields of members [B, M, C, X…] that belong to trajectory and field i of B·C.
func memberFields(members *eddy.Tensor, i int) [][]float32 {
	m, fields, points := members.Shape[1], members.Shape[2], eddy.Size(members.Shape[3:])
	b, c := i/fields, i%fields
	p := make([][]float32, m)
	for k := range p {
		from := ((b*m+k)*fields + c) * points
		p[k] = members.Data[from : from+points]
	}
	return p
}

// eachMembers is eachEnsemble without a truth.
func eachMembers(op string, members *eddy.Tensor, f func(i int, p [][]float32)) {
	if len(members.Shape) < 3 {
		panic(&eddy.ShapeError{Op: op, What: "members", Got: members.Shape, Hint: "expected a batch of ensembles [B, M, C, X…]"})
	}
	par.For(members.Shape[0]*members.Shape[2], func(i int) { f(i, memberFields(members, i)) })
}

// EnsembleMean writes the mean over members [B, M, C, X…] to dst [B, C, X…].
func EnsembleMean(dst, members *eddy.Tensor) {
	eachEnsemble("metric.EnsembleMean", members, dst, func(_ int, p [][]float32, out []float32) {
		for x := range out {
			s := 0.0
			for _, u := range p {
				s += float64(u[x])
			}
			out[x] = float32(s / float64(len(p)))
		}
	})
}
