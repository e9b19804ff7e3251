package cli

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/eddy-pde/eddy/internal/atomicfile"
)

// printJSON writes v as indented JSON with a final newline.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// writeJSON writes v to a file as indented JSON.
func writeJSON(path string, v any) error {
	var b bytes.Buffer
	if err := printJSON(&b, v); err != nil {
		return err
	}
	return atomicfile.Write(path, b.Bytes())
}
