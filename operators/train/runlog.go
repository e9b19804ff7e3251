package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// metricsHeader names the columns of metrics.csv. Nothing in it depends on the clock: a resumed run leaves the same file as an uninterrupted one.
const metricsHeader = "step,epoch,lr,loss,grad_norm,one_step_nrmse,rollout_nrmse\n"

// runLog appends to metrics.csv and log.jsonl of a run. A nil *runLog writes nothing.
type runLog struct {
	metrics, events *os.File
}

// openRunLog opens the files of a run, which stay locked until close, and takes away what was written after the given step; a fresh run keeps nothing. A file that
// is not there is started anew.
func openRunLog(dir string, keep func(step int) bool) (l *runLog, err error) {
	l = &runLog{}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	path := filepath.Join(dir, LogFile)
	if l.events, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return l, fmt.Errorf("train: %w", err)
	}
	if lock(l.events) {
		return l, fmt.Errorf("train: %s is in use: another process trains this run", path)
	}
	if l.metrics, err = os.OpenFile(filepath.Join(dir, MetricsFile), os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return l, fmt.Errorf("train: %w", err)
	}
	if _, err := cut(l.events, eventStep, keep); err != nil {
		return l, err
	}
	rows, err := cut(l.metrics, metricsStep, keep)
	if err == nil && rows == 0 {
		_, err = l.metrics.WriteString(metricsHeader)
	}
	return l, err
}

// none keeps no step, upTo those until a step.
func none(int) bool { return false }

func upTo(last int) func(int) bool { return func(step int) bool { return step <= last } }

// cut places a file behind the leading lines whose step is kept and returns their length. A line without a step, such as one that a crash left half written,
// is not kept.
func cut(f *os.File, stepOf func(line []byte) (int, bool), keep func(step int) bool) (length int64, err error) {
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil { // the end, or half a line
			break
		}
		if step, ok := stepOf(line); !ok || !keep(step) {
			break
		}
		length += int64(len(line))
	}
	if err = f.Truncate(length); err == nil {
		_, err = f.Seek(length, io.SeekStart)
	}
	if err != nil {
		return 0, fmt.Errorf("train: %w", err)
	}
	return length, nil
}

// metricsStep is the step of a row of metrics.csv; the header counts as step 0.
func metricsStep(line []byte) (int, bool) {
	if string(line) == metricsHeader {
		return 0, true
	}
	first, _, ok := bytes.Cut(line, []byte{','})
	if !ok {
		return 0, false
	}
	step, err := strconv.Atoi(string(first))
	return step, err == nil
}

// eventStep is the step of a line of log.jsonl.
func eventStep(line []byte) (int, bool) {
	var e struct {
		Step *int `json:"step"`
	}
	if json.Unmarshal(line, &e) != nil || e.Step == nil {
		return 0, false
	}
	return *e.Step, true
}

// stepResult is what a step leaves for the record.
type stepResult struct {
	Step  int     `json:"step"`
	Epoch int     `json:"epoch"`
	LR    float64 `json:"lr"`
	Loss  float64 `json:"loss"`
	Norm  float64 `json:"grad_norm"` // before clipping
}

// row appends one step to metrics.csv; v is nil where the step was not validated.
func (l *runLog) row(s stepResult, v *Validation) error {
	if l == nil {
		return nil
	}
	b := strconv.AppendInt(nil, int64(s.Step), 10)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(s.Epoch), 10)
	for _, x := range []float64{s.LR, s.Loss, s.Norm} {
		b = append(b, ',')
		b = strconv.AppendFloat(b, x, 'g', 8, 64)
	}
	if v == nil {
		b = append(b, ",,"...)
	} else {
		for _, x := range []Score{v.OneStep, v.Rollout} {
			b = strconv.AppendFloat(append(b, ','), float64(x), 'g', 8, 64)
		}
	}
	if _, err := l.metrics.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// event is a line of log.jsonl.
type event struct {
	Step       int         `json:"step"`
	Event      string      `json:"event"`
	Seconds    float64     `json:"seconds"` // of training so far, resumed runs included
	Time       string      `json:"time"`    // wall clock
	File       string      `json:"file,omitempty"`
	Text       string      `json:"text,omitempty"`
	Validation *Validation `json:"validation,omitempty"`
}

func (l *runLog) event(e event) error {
	if l == nil {
		return nil
	}
	b, err := json.Marshal(e)
	if err == nil {
		_, err = l.events.Write(append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("train: %s: %w", LogFile, err)
	}
	return nil
}

// sync makes what was appended last through a loss of power: a state must never be ahead of its rows.
func (l *runLog) sync() error {
	if l == nil {
		return nil
	}
	if err := errors.Join(l.metrics.Sync(), l.events.Sync()); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

func (l *runLog) close() error {
	if l == nil {
		return nil
	}
	var err error
	for _, f := range []*os.File{l.metrics, l.events} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}
