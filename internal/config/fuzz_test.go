package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy/internal/config"
)

// FuzzDecode: no text makes the decoder panic, every error is one line, and what was decoded survives writing and reading.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got sample
		got.Optim.Level = 1
		if _, err := config.Decode("f.toml", data, &got); err != nil {
			if strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		sameAfterWriting(t, got)
	})
}

// FuzzSet: the same for overrides.
func FuzzSet(f *testing.F) {
	for _, s := range []string{"optim.lr=1e-3", "optim.lr=fast", "model.modes=[4, 8]", "note=x=y", "a..b=1", "=", "optim.level=low", "seed=9", "data.train='a", "model.base.kind=\"unet\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := config.ParseOverride(text)
		var got sample
		got.Optim.Level = 1
		if err == nil {
			_, err = config.Decode("f.toml", nil, &got, o)
		}
		if err != nil {
			if strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		sameAfterWriting(t, got)
	})
}

func sameAfterWriting(t *testing.T, want sample) {
	t.Helper()
	text, err := config.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	var got sample
	if _, err := config.Decode("again.toml", text, &got); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	// An absent list and an empty one are the same file.
	norm := func(s *sample) {
		for _, m := range []*model{&s.Model, s.Model.Base} {
			if m != nil && len(m.Modes) == 0 {
				m.Modes = nil
			}
		}
		if len(s.Terms) == 0 {
			s.Terms = nil
		}
		for i := range s.Terms {
			if len(s.Terms[i].Extra) == 0 {
				s.Terms[i].Extra = nil
			}
		}
	}
	norm(&want)
	norm(&got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-first +again)\n%s\n%s", d, text)
	}
}
