package report_test

import (
	"image/color"
	"image/gif"
	"os"
	"path/filepath"
	"testing"

	"github.com/eddy-pde/eddy/rollout/report"
)

// A film has truth, forecast and error side by side at every step, all points of one colour where they have one value.
func TestAFilmShowsTruthForecastAndError(t *testing.T) {
	const n, steps = 8, 5
	ds := newWave(2, steps+1, 1, n, n)
	e := evaluate(t, ds, report.Options{}, report.Contender{Name: "exact", Model: &shift{spec: ds.spec, gain: 1}})
	dir := t.TempDir()
	if err := e.WriteFigures(dir); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, report.FiguresDir, ds.spec.Fields[0].Name+".gif"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	film, err := gif.DecodeAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(film.Image) != steps+1 {
		t.Fatalf("%d frames, want %d", len(film.Image), steps+1)
	}
	const panel, gap = 144, 4 // 18 pixels a point
	if w, h := film.Config.Width, film.Config.Height; w != 3*panel+2*gap || h != panel {
		t.Fatalf("%d×%d pixels, want %d×%d", w, h, 3*panel+2*gap, panel)
	}
	white := color.RGBA{255, 255, 255, 255}
	for k, frame := range film.Image {
		if frame.At(panel+1, panel/2) != white {
			t.Errorf("frame %d: no gap between panels", k)
		}
		for x := range panel {
			truth, forecast := frame.At(x, panel/2), frame.At(panel+gap+x, panel/2)
			if truth != forecast {
				t.Fatalf("frame %d: an exact forecast has colour %v at pixel %d, the truth %v", k, forecast, x, truth)
			}
			if nothing := frame.At(2*(panel+gap)+x, panel/2); k == 0 && nothing != frame.At(2*(panel+gap), 0) {
				t.Fatalf("frame %d: an error of nothing has two colours", k)
			}
		}
		crest, trough := (2+k)%n, (6+k)%n
		if frame.At(18*crest, panel/2) == frame.At(18*trough, panel/2) {
			t.Errorf("frame %d: crest and trough of a wave have one colour", k)
		}
	}
}
