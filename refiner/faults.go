package refiner

import (
	"errors"
	"fmt"
	"strings"
)

// faults collects what is wrong with a Config.
type faults []error

func (f *faults) add(format string, args ...any) {
	*f = append(*f, fmt.Errorf("refiner: "+format, args...))
}

// join adds the faults of a table below, their keys with the table's name in front: "fno: width = 0" becomes "refiner: base.width = 0".
func (f *faults) join(err error, table string) {
	for _, leaf := range leaves(err) {
		f.add("%s.%w", table, unwrapped(leaf))
	}
}

func (f faults) err() error { return errors.Join(f...) }

// leaves are the errors that were joined.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, leaves(e)...)
	}
	return all
}

// unwrapped is an error without the name of its package.
func unwrapped(err error) error {
	if _, text, ok := strings.Cut(err.Error(), ": "); ok {
		return errors.New(strings.TrimPrefix(text, "model."))
	}
	return err
}
