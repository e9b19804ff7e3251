package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy/internal/safetensors"
)

// TrainingSeconds is the wall time that the training of a run has taken, resumed parts included: that of the whole run, also where an earlier checkpoint is the best
// one. path is the folder of a run or a checkpoint in it. A run that started from the weights of another one does not count that one's time.
func TrainingSeconds(path string) (float64, error) {
	dir := path
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		dir = filepath.Dir(path)
	}
	file := filepath.Join(dir, StateFile)
	text, err := safetensors.ReadMetadata(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("train: %s holds no %s, so nobody knows how long the training took", dir, StateFile)
	}
	if err != nil {
		return 0, err
	}
	var s stateRecord
	if err := json.Unmarshal([]byte(text[stateKey]), &s); err != nil {
		return 0, fmt.Errorf("train: %s: %w", file, err)
	}
	return s.Seconds, nil
}
