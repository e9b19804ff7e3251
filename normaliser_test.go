package eddy

import (
	"math"
	"testing"
)

func TestNormaliserMapsFieldByFieldAndBack(t *testing.T) {
	n := Normaliser{Kind: "zscore", Shift: []float64{1, -2}, Scale: []float64{2, 0.5}}
	src := []float32{1, 3, -2, -1, 5, -1, 0, -4} // two states of two fields on two points
	want := []float32{0, 1, 0, 2, 2, -1, 4, -4}
	dst := make([]float32, len(src))
	n.Apply(dst, src, 2)
	for i, w := range want {
		if dst[i] != w {
			t.Fatalf("normalised to %v, expected %v", dst, want)
		}
	}
	n.Invert(dst, dst, 2) // in place
	for i, w := range src {
		if dst[i] != w {
			t.Fatalf("mapped back to %v, expected %v", dst, src)
		}
	}
}

func TestNormaliserRefusesScalesThatDoNotInvert(t *testing.T) {
	for _, c := range []struct {
		scale []float64
		ok    bool
	}{
		{[]float64{1, 2}, true},
		{[]float64{1}, false},
		{[]float64{1, 0}, false},
		{[]float64{1, -1}, false},
		{[]float64{1, math.NaN()}, false},
		{[]float64{1, math.Inf(1)}, false},
	} {
		err := Normaliser{Shift: make([]float64, len(c.scale)), Scale: c.scale}.Validate(2)
		if (err == nil) != c.ok {
			t.Errorf("scale %v: error %v", c.scale, err)
		}
	}
	if err := NoNormaliser(3).Validate(3); err != nil {
		t.Error(err)
	}
}

// A field normalised by its logarithm maps back to what it was, over ten orders of magnitude, and is positive whatever the network says.
func TestLogarithmicFieldsMapBackAndStayPositive(t *testing.T) {
	n := Normaliser{Kind: "zscore", Shift: []float64{math.Log(10), 1}, Scale: []float64{math.Log(10), 2}, Log: []bool{true, false}}
	if err := n.Validate(2); err != nil {
		t.Fatal(err)
	}
	src := []float32{1e-6, 10, 1e4, 3, 5, -1} // a state of two fields on three points
	want := []float32{-7, 0, 3, 1, 2, -1}
	dst := make([]float32, len(src))
	n.Apply(dst, src, 3)
	const tol = 1e-6
	for i, w := range want {
		if math.Abs(float64(dst[i]-w)) > tol {
			t.Errorf("normalised to %v, expected %v", dst, want)
		}
	}
	n.Invert(dst, dst, 3)
	for i, w := range src {
		if math.Abs(float64(dst[i]-w)) > tol*math.Abs(float64(w)) {
			t.Errorf("mapped back to %v, expected %v", dst, src)
		}
	}
	n.Invert(dst, []float32{-40, 0, 8, 0, 0, 0}, 3)
	if !(dst[0] >= 0) || !(dst[2] > 0) {
		t.Errorf("a logarithmic field became %v", dst[:3])
	}
	n.Apply(dst, []float32{-1, 0, 1, 0, 0, 0}, 3)
	if dst[0] == dst[0] || !math.IsInf(float64(dst[1]), -1) {
		t.Errorf("values that are not positive became %v", dst[:2])
	}
	n.Log = []bool{true}
	if n.Validate(2) == nil {
		t.Error("a log of one entry for two channels is valid")
	}
}
