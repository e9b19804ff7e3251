package config

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/pelletier/go-toml/v2"

	"github.com/eddy-pde/eddy/internal/atomicfile"
)

// Encode is the TOML text of v, a struct: every key, in the order of the fields, that [Decode] reads back to an equal value. A nil pointer is left out.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	enc.SetIndentTables(false)
	if err := enc.Encode(plain(reflect.ValueOf(v)).Interface()); err != nil {
		return nil, fmt.Errorf("config: encode TOML: %w", err)
	}
	return b.Bytes(), nil
}

// Write writes v to path as TOML, as a whole or not at all.
func Write(path string, v any) error {
	data, err := Encode(v)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, data)
}
