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
