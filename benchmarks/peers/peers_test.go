package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryCaseHasAPeer: peer.py knows networks and convolutions by the names used here, and takes products apart by name.
func TestEveryCaseHasAPeer(t *testing.T) {
	script, err := os.ReadFile("peer.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases() {
		name := strings.TrimSuffix(strings.TrimSuffix(c.name, "-forward"), "-backward")
		if !strings.HasPrefix(name, "gemm-") && !strings.Contains(string(script), `"`+name+`"`) {
			t.Errorf("peer.py has no case %q", name)
		}
	}
}

func TestLinesHaveTheFieldsThatScriptsRead(t *testing.T) {
	data, err := json.Marshal(row{Case: peakShare})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	var names []string
	for k := range fields {
		names = append(names, k)
	}
	slices.Sort(names)
	if d := cmp.Diff([]string{"case", "cpu", "ours_ms", "peer", "peer_ms", "peer_version", "ratio", "runs", "threads"}, names); d != "" {
		t.Error(d)
	}
	if fields["peer"] != nil || fields["peer_ms"] != nil {
		t.Errorf("a row without a peer has %v", fields)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{{[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}, {[]float64{7}, 7}} {
		if got := median(c.x); got != c.want {
			t.Errorf("median(%v) = %v", c.x, got)
		}
	}
}

func TestPictureIsXML(t *testing.T) {
	points := []measured{{1, 2, 8}, {4, 9, 30}, {16, 40, 100}}
	d := xml.NewDecoder(strings.NewReader(string(drawPanels([]panel{{"batch", points}, {"width", points}}))))
	circles := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			circles++
		}
	}
	if circles != 12 {
		t.Errorf("%d points drawn, want 12", circles)
	}
}

// TestStepsRun: every case of eddy's side prepares and runs once on small networks of the same kind.
func TestStepsRun(t *testing.T) {
	for _, n := range []network{{1, []int{16}, 8, []int{7}}, {2, []int{16, 16}, 8, []int{8, 7}}, {1, []int{8, 8, 8}, 4, []int{4, 4, 3}}} {
		for _, prepare := range []func() (func() error, error){n.trainStep, n.inferenceStep} {
			step, err := prepare()
			if err != nil {
				t.Fatal(err)
			}
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
