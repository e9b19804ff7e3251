package well

import (
	"encoding/json"
	"os"
	"time"
)

// RecordEvery sets the time between two records of progress.
func (w *Writer) RecordEvery(d time.Duration) { w.every = d }

// Recorded is the number of trajectories that the record of progress counts.
func (w *Writer) Recorded() int {
	var p progress
	data, err := os.ReadFile(w.record())
	if err != nil || json.Unmarshal(data, &p) != nil {
		return -1
	}
	return p.Done
}

// Abandon lets go of the file without recording anything, as a process that is killed does.
func (w *Writer) Abandon() { w.h.Close() }
