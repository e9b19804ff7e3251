package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eddy-pde/eddy/internal/atomicfile"
)

// ReadYAML decodes the YAML file at path into dst, a pointer to a struct with `yaml` tags, a map or an any. Unknown keys are let through, because the files are
// other people's; a syntax error names the file and the line. The error wraps fs.ErrNotExist where the file is missing.
func ReadYAML(path string, dst any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	return DecodeYAML(path, data, dst)
}

// DecodeYAML decodes one YAML document; name stands for the file in errors. An empty document leaves dst as it is.
func DecodeYAML(name string, data []byte, dst any) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(dst); err != nil && !errors.Is(err, io.EOF) {
		// The library says "yaml: line 3: did not find …" or, for types, "yaml: unmarshal errors:\n  line 3: …".
		text := strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: ")
		return fmt.Errorf("config: %s: %s", name, text)
	}
	return nil
}

// EncodeYAML is the YAML text of v, indented by two blanks, keys of maps in sorted order: equal values give equal bytes.
func EncodeYAML(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("config: encode YAML: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("config: encode YAML: %w", err)
	}
	return b.Bytes(), nil
}

// WriteYAML writes v to path as YAML, as a whole or not at all.
func WriteYAML(path string, v any) error {
	data, err := EncodeYAML(v)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, data)
}
