package cli

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far something has come: a bar on a terminal, elsewhere a line every few seconds, nothing with --quiet. It is safe for concurrent use.
type progress struct {
	mu       sync.Mutex
	out      io.Writer
	label    string
	unit     string
	total    int
	done     int
	note     string
	began    time.Time
	first    int // done at the beginning, for a resumed piece of work
	lastLine time.Time
	bar      *progressbar.ProgressBar // nil: lines
	silent   bool
}

// lineEvery is how often progress is written where there is no terminal.
const lineEvery = 5 * time.Second

// progress starts showing the work called label, of `total` units, of which `done` are there already.
func (a *app) progress(label, unit string, done, total int) *progress {
	p := &progress{out: a.err, label: label, unit: unit, total: total, done: done, first: done, began: time.Now(), silent: a.quiet}
	p.lastLine = p.began
	if !p.silent && isTerminal(a.err) {
		p.bar = progressbar.NewOptions(
			total,
			progressbar.OptionSetWriter(a.err),
			progressbar.OptionSetDescription(label),
			progressbar.OptionSetItsString(unit),
			progressbar.OptionShowIts(),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionFullWidth(),
			progressbar.OptionClearOnFinish(),
		)
		_ = p.bar.Set(done)
	}
	return p
}

// isTerminal reports whether w is a character device, which a file or a pipe is not.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// begin says that done units were there before the work began: it is a resumed one.
func (p *progress) begin(done int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.first, p.began = done, done, time.Now()
	p.show()
}

// set says that done units are there, with a short remark ("loss 0.012").
func (p *progress) set(done int, note string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.note = done, note
	p.show()
}

// add says that n more units are there.
func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	p.show()
}

// of says that done units of total are there, where the total was not known at the beginning.
func (p *progress) of(done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil && total != p.total {
		p.bar.ChangeMax(total)
	}
	p.done, p.total = done, total
	p.show()
}

func (p *progress) show() {
	switch {
	case p.silent:
	case p.bar != nil:
		if p.note != "" {
			p.bar.Describe(p.label + "  " + p.note)
		}
		_ = p.bar.Set(min(p.done, p.total))
	case time.Since(p.lastLine) >= lineEvery:
		p.lastLine = time.Now()
		fmt.Fprintln(p.out, p.line())
	}
}

// line is such as "train: 120/2000 steps, loss 0.012, 3.4 steps/s, 9m12s left".
func (p *progress) line() string {
	s := fmt.Sprintf("%s: %d/%d %s", p.label, p.done, p.total, p.unit)
	if p.note != "" {
		s += ", " + p.note
	}
	elapsed := time.Since(p.began).Seconds()
	if fresh := p.done - p.first; fresh > 0 && elapsed > 0 {
		rate := float64(fresh) / elapsed
		left := time.Duration(float64(p.total-p.done) / rate * float64(time.Second)).Round(time.Second)
		s += fmt.Sprintf(", %.3g %s/s, %s left", rate, p.unit, max(left, 0))
	}
	return s
}

// close takes the bar off the screen and leaves one line that says what was done.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.silent {
		return
	}
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	s := fmt.Sprintf("%s: %d/%d %s", p.label, p.done, p.total, p.unit)
	if p.note != "" {
		s += ", " + p.note
	}
	fmt.Fprintf(p.out, "%s, %s\n", s, time.Since(p.began).Round(100*time.Millisecond))
	p.silent = true
}

// drop takes the bar off the screen without a last line.
func (p *progress) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil && !p.silent {
		_ = p.bar.Clear()
	}
	p.silent = true
}
