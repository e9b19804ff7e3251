package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// checkArchitecture returns every key in which the network of a run that is to be resumed differs from the one of its record. Weights of the same shapes do not tell:
// activations, or the noise levels of a refiner, have none. A key that the record does not have is one of a later version, and means its default there.
func (r Run) checkArchitecture(made Meta) error {
	if r.Kind != "" && r.Kind != made.Kind {
		return fmt.Errorf("train: model.kind = %q, but the run was started with %q: use the old value or start a new run", r.Kind, made.Kind)
	}
	if r.Architecture == nil {
		return nil
	}
	var now, then map[string]any
	if err := errors.Join(json.Unmarshal(r.Architecture, &now), json.Unmarshal(made.Config, &then)); err != nil {
		return fmt.Errorf("train: model config: %w", err)
	}
	var f faults
	f.compare("model", now, then)
	return errors.Join(f...)
}

// compare adds the keys of a table that differ from what they were, the tables in it included.
func (f *faults) compare(table string, now, then map[string]any) {
	for _, key := range sortedKeys(then) {
		name := table + "." + key
		a, isTable := now[key].(map[string]any)
		b, wasTable := then[key].(map[string]any)
		switch value, ok := now[key]; {
		case !ok:
			f.add("%s is missing, but the run was started with %v: use the old value or start a new run", name, then[key])
		case isTable && wasTable:
			f.compare(name, a, b)
		case !reflect.DeepEqual(value, then[key]):
			f.add("%s = %v, but the run was started with %v: use the old value or start a new run", name, value, then[key])
		}
	}
}
