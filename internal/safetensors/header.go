package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// metadataKey is the name in the header that is not a tensor's.
const metadataKey = "__metadata__"

// header is the JSON part of a file.
type header struct {
	metadata map[string]string
	entries  []entry
}

// entry is the description of one array: bytes from … to of the data.
type entry struct {
	name     string
	dtype    Dtype
	shape    []int
	from, to int
}

// parseHeader reads the JSON token by token: encoding/json would let a name occur twice and match keys of any case.
func parseHeader(b []byte) (*header, error) {
	if len(b) == 0 || b[0] != '{' {
		return nil, errors.New("safetensors: the header does not begin with '{': the file is of another format")
	}
	if !utf8.Valid(b) {
		return nil, errors.New("safetensors: the header is not UTF-8")
	}
	p := parser{json.NewDecoder(bytes.NewReader(b))}
	p.UseNumber()
	h := &header{metadata: map[string]string{}}
	err := p.object(func(name string) error {
		if name == metadataKey {
			return p.object(func(key string) error {
				text, err := p.text()
				h.metadata[key] = text
				return err
			})
		}
		e, err := p.entry(name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		h.entries = append(h.entries, e)
		return nil
	})
	if err == nil {
		_, err = p.Token()
		switch {
		case errors.Is(err, io.EOF):
			err = nil
		case err == nil:
			err = errors.New("something follows the closing brace")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("safetensors: header: %w", err)
	}
	return h, nil
}

// checkLayout makes sure that the arrays fill the data without gap or overlap and that each has the length its shape asks for.
func (h *header) checkLayout(size int) error {
	order := make([]int, len(h.entries))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if d := h.entries[a].from - h.entries[b].from; d != 0 {
			return d
		}
		return h.entries[a].to - h.entries[b].to
	})
	at := 0
	for _, i := range order {
		e := h.entries[i]
		n, ok := byteLen(e.shape, e.dtype)
		switch {
		case !ok:
			return fmt.Errorf("safetensors: tensor %q: shape %v is too large", e.name, e.shape)
		case e.to < e.from || e.to-e.from != n:
			return fmt.Errorf("safetensors: tensor %q of shape %v and dtype %s has data_offsets [%d, %d], expected a range of %d bytes", e.name, e.shape, e.dtype, e.from, e.to, n)
		case e.from != at:
			return fmt.Errorf("safetensors: tensor %q begins at byte %d of the data, expected %d: arrays overlap or leave a gap", e.name, e.from, at)
		case e.to > size:
			return fmt.Errorf("safetensors: tensor %q ends at byte %d of the data, of which %d are there: the file is truncated", e.name, e.to, size)
		}
		at = e.to
	}
	if at != size {
		return fmt.Errorf("safetensors: the arrays take %d bytes, the file holds %d", at, size)
	}
	return nil
}

// parser adds to a JSON decoder the few shapes that a header is made of.
type parser struct{ *json.Decoder }

// object reads {"key": …, …} and calls value for each key, which must read the key's value. A key that occurs twice is an error.
func (p parser) object(value func(key string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.More() {
		key, err := p.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("the name %q occurs twice", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return p.delim('}')
}

// entry reads the description of one array.
func (p parser) entry(name string) (entry, error) {
	e := entry{name: name}
	found := map[string]bool{}
	err := p.object(func(key string) (err error) {
		found[key] = true
		switch key {
		case "dtype":
			var text string
			text, err = p.text()
			e.dtype = Dtype(text)
			if err == nil && e.dtype.Size() == 0 {
				err = fmt.Errorf("unknown dtype %q", text)
			}
		case "shape":
			e.shape, err = p.numbers()
		case "data_offsets":
			var at []int
			at, err = p.numbers()
			if err == nil && len(at) != 2 {
				err = fmt.Errorf("data_offsets has %d entries, expected 2", len(at))
			}
			if err == nil {
				e.from, e.to = at[0], at[1]
			}
		default:
			err = fmt.Errorf("unknown key %q, expected dtype, shape and data_offsets", key)
		}
		return err
	})
	if err == nil && len(found) != 3 {
		err = errors.New("dtype, shape and data_offsets are needed")
	}
	return e, err
}

// numbers reads a list of non-negative integers.
func (p parser) numbers() ([]int, error) {
	if err := p.delim('['); err != nil {
		return nil, err
	}
	list := []int{}
	for p.More() {
		t, err := p.Token()
		if err != nil {
			return nil, err
		}
		text, ok := t.(json.Number)
		if !ok {
			return nil, fmt.Errorf("found %v, expected a number", t)
		}
		n, err := strconv.ParseUint(text.String(), 10, strconv.IntSize-1)
		if err != nil {
			return nil, fmt.Errorf("found %s, expected a non-negative integer", text)
		}
		list = append(list, int(n))
	}
	return list, p.delim(']')
}

func (p parser) text() (string, error) {
	t, err := p.Token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("found %v, expected a string", t)
	}
	return s, nil
}

func (p parser) delim(d json.Delim) error {
	t, err := p.Token()
	if err != nil {
		return err
	}
	if t != d {
		return fmt.Errorf("found %v, expected %v", t, d)
	}
	return nil
}
