package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/eddy-pde/eddy/internal/atomicfile"
)

// Write writes a file so that a reader finds the old one or the new one and never a part: a temporary name in the same folder, sync, rename, sync of the
// folder. On failure, a full disk for instance, the old file stays and the temporary one is removed. The temporary name is fixed, so that a process
// killed while writing leaves one file that the next write replaces; two processes must not write the same path at the same time.
func Write(path string, metadata map[string]string, tensors []Tensor) error {
	if err := replace(path, func(w io.Writer) error { return Encode(w, metadata, tensors) }); err != nil {
		return fmt.Errorf("safetensors: write %s: %w", path, err)
	}
	return nil
}

// Encode writes the bytes of a file to w. It fails for names that occur twice, tensors whose data do not fit their shape, and text that is not UTF-8.
func Encode(w io.Writer, metadata map[string]string, tensors []Tensor) error {
	order := slices.Clone(tensors)
	slices.SortFunc(order, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(b.Dtype.rank(), a.Dtype.rank()), strings.Compare(a.Name, b.Name))
	})
	head, err := formatHeader(metadata, order)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(head)))); err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, t := range order {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

// formatHeader is the JSON part for tensors laid out in the order given, padded with spaces to whole words.
func formatHeader(metadata map[string]string, order []Tensor) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	comma := func() {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
	}
	if len(metadata) > 0 {
		if err := writeText(&b, metadataKey); err != nil {
			return nil, err
		}
		b.WriteString(":{")
		for i, key := range slices.Sorted(maps.Keys(metadata)) {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeText(&b, key); err != nil {
				return nil, err
			}
			b.WriteByte(':')
			if err := writeText(&b, metadata[key]); err != nil {
				return nil, err
			}
		}
		b.WriteByte('}')
	}
	seen := map[string]bool{}
	at := 0
	for _, t := range order {
		if err := t.check(); err != nil {
			return nil, err
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("safetensors: the name %q occurs twice", t.Name)
		}
		seen[t.Name] = true
		comma()
		if err := writeText(&b, t.Name); err != nil {
			return nil, err
		}
		shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(t.Shape), "[]"), " ", ",")
		fmt.Fprintf(&b, `:{"dtype":%q,"shape":[%s],"data_offsets":[%d,%d]}`, t.Dtype, shape, at, at+len(t.Data))
		at += len(t.Data)
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	if b.Len() > maxHeader {
		return nil, fmt.Errorf("safetensors: the header takes %d bytes, at most %d are allowed", b.Len(), maxHeader)
	}
	return b.Bytes(), nil
}

func writeText(b *bytes.Buffer, text string) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("safetensors: %q is not UTF-8", text)
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // Encode ends with a line feed
	return nil
}

// replace makes the file path of what write writes to the temporary one.
func replace(path string, write func(io.Writer) error) error {
	f, err := os.Create(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp"))
	if err != nil {
		return err
	}
	return atomicfile.Fill(f, path, write)
}
