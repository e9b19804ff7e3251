// Command small copies a notebook with smaller numbers: the source of every cell tagged "parameters" is replaced by what its metadata keep under "small".
//
//	small IN.ipynb OUT.ipynb
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: small IN.ipynb OUT.ipynb")
		os.Exit(2)
	}
	if err := shrink(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "small:", err)
		os.Exit(1)
	}
}

// shrink leaves everything that it does not know as it is.
func shrink(in, out string) error {
	text, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	var notebook map[string]any
	if err := json.Unmarshal(text, &notebook); err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	cells, _ := notebook["cells"].([]any)
	found := false
	for i, c := range cells {
		cell, _ := c.(map[string]any)
		metadata, _ := cell["metadata"].(map[string]any)
		if tags, _ := metadata["tags"].([]any); !slices.Contains(tags, any("parameters")) {
			continue
		}
		small, ok := metadata["small"].([]any)
		if !ok {
			return fmt.Errorf("%s: cell %d is tagged \"parameters\", but its metadata have no list of lines \"small\"", in, i)
		}
		cell["source"], found = small, true
	}
	if !found {
		return fmt.Errorf("%s: %w", in, errors.New(`no cell is tagged "parameters"`))
	}
	if text, err = json.MarshalIndent(notebook, "", " "); err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o644)
}
