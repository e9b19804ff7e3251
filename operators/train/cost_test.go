package train

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestARunKnowsHowLongItsTrainingTook(t *testing.T) {
	dir := t.TempDir()
	ds := toy(1, 3, 5, 16)
	_, r := fit(t, quick(4), dir, ds, ds)
	for _, path := range []string{dir, filepath.Join(dir, ModelFile)} {
		if s, err := TrainingSeconds(path); err != nil || !(s > 0) {
			t.Errorf("%s: %g s, %v (report %+v)", path, s, err, r)
		}
	}
	if _, err := TrainingSeconds(t.TempDir()); err == nil || !strings.Contains(err.Error(), "nobody knows how long") {
		t.Errorf("a folder that is no run: %v", err)
	}
}
