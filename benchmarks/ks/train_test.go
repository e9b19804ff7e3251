package main

import (
	"slices"
	"testing"
)

// What an experiment starts from or uses is trained with it.
func TestJobsHoldWhatTheyNeed(t *testing.T) {
	for name, want := range map[string][]string{
		"unrolled": {"mse-half-0", "unrolled-0"},
		"recipe":   {"mse-fast-0", "mse-fast-1", "mse-fast-2"},
		"ensemble": {"member-0", "member-1", "member-2"},
	} {
		list, err := named([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, j := range jobs(list) {
			got = append(got, j.name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: trains %v, want %v", name, got, want)
		}
	}
}
