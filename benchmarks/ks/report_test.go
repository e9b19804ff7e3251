package main

import "testing"

// A report from a part of the runs keeps what is known of the others, and a ratio over more seeds than it has.
func TestReportKeepsWhatItDoesNotMeasure(t *testing.T) {
	one := measured{Seed: 1, Curves: curves{Stride: interval, Correlation: [][]float64{{1, 0.9, 0.1}, {1, 0.9, 0.2}}}}
	known := []modelRow{{Name: "a", Seed: 0, OneStep: 5}, {Name: "a", Seed: 1, OneStep: 7}, {Name: "b", Seed: 2}}
	got := rows(experiment{name: "a"}, []measured{one}, known)
	if len(got) != 2 || got[0].Seed != 0 || got[0].OneStep != 5 || got[1].Seed != 1 || got[1].OneStep != 0 {
		t.Errorf("rows %+v, want seed 0 as known and seed 1 as measured", got)
	}
	c := comparison{"ratio", "a", "b"}
	for seeds, want := range map[int]float64{1: 1, 3: 2} {
		q, ok := ratio(c, []measured{one}, []measured{one}, []ratioRow{{Numerator: "a", Denominator: "b", Value: 2, Seeds: seeds}})
		if !ok || q.Value != want {
			t.Errorf("beside a known ratio over %d seeds: %g, want %g", seeds, q.Value, want)
		}
	}
	if _, ok := ratio(c, nil, nil, nil); ok {
		t.Error("a ratio of nothing")
	}
}
