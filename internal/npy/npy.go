// Package npy reads NumPy's .npy files, versions 1 to 3: arrays of numbers in C or Fortran order, in either byte order, by parts.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy/internal/dense"
)

// Magic begins every .npy file.
const Magic = "\x93NUMPY"

// maxHeader bounds the length of a header, so that a damaged length is an error and not an attempt to allocate it. NumPy's own are about a hundred bytes long.
const maxHeader = 1 << 20

// maxRank is NumPy's own bound of the number of axes.
const maxRank = 64

// Header is what stands before the elements.
type Header struct {
	Shape   []int // as NumPy shows it
	Fortran bool  // the first axis is contiguous, not the last
	Type    dense.Type
	Offset  int64 // of the first element
}

// Array is the array as it lies in the file, row-major: an array in Fortran order has its axes reversed.
func (h Header) Array(file io.ReaderAt) dense.Array {
	shape := slices.Clone(h.Shape)
	if h.Fortran {
		slices.Reverse(shape)
	}
	return dense.Array{File: file, Offset: h.Offset, Shape: shape, Type: h.Type}
}

// File is an open .npy file.
type File struct {
	Header
	file *os.File
}

// Open reads the header of a file and checks that the file is long enough for its array.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	h, err := open(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("npy: %s: %w", path, err)
	}
	return &File{h, f}, nil
}

func open(f *os.File) (Header, error) {
	h, err := ReadHeader(f)
	if err != nil {
		return h, err
	}
	info, err := f.Stat()
	if err != nil {
		return h, err
	}
	if n, _ := dense.Bytes(h.Shape, h.Type); n > info.Size()-h.Offset {
		return h, fmt.Errorf("truncated file: %d bytes, expected %d for shape %v of %v", info.Size(), h.Offset+n, h.Shape, h.Type)
	}
	return h, nil
}

// Array is the array as it lies in the file.
func (f *File) Array() dense.Array { return f.Header.Array(f.file) }

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// ReadHeader reads the header at the start of r.
func ReadHeader(r io.Reader) (Header, error) {
	var h Header
	head := make([]byte, len(Magic)+2, len(Magic)+6)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:len(Magic)]) != Magic {
		return h, errors.New("not a .npy file: its signature was not found")
	}
	version, width := head[len(Magic)], 4
	switch version {
	case 1:
		width = 2
	case 2, 3:
	default:
		return h, fmt.Errorf(".npy version %d, expected 1, 2 or 3", version)
	}
	length := make([]byte, 4)
	if _, err := io.ReadFull(r, length[:width]); err != nil {
		return h, errors.New("truncated file: it ends in the header")
	}
	n := binary.LittleEndian.Uint32(length)
	if n > maxHeader {
		return h, fmt.Errorf("a header of %d bytes, expected at most %d", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, errors.New("truncated file: it ends in the header")
	}
	h.Offset = int64(len(head)+width) + int64(n)
	if err := h.parse(string(text)); err != nil {
		return h, fmt.Errorf("header %.200q: %w", strings.TrimSpace(string(text)), err)
	}
	return h, nil
}

// parse reads a header, a Python dictionary such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
func (h *Header) parse(text string) error {
	s := scanner{rest: text}
	seen := map[string]bool{}
	s.want("{")
	for s.err == nil && !s.take("}") {
		key := s.quoted()
		s.want(":")
		if s.err == nil && seen[key] {
			return fmt.Errorf("key %q twice", key)
		}
		seen[key] = true
		switch key {
		case "descr":
			h.Type = s.descr()
		case "fortran_order":
			h.Fortran = s.truth()
		case "shape":
			h.Shape = s.tuple()
		default:
			s.fail("unknown key %q", key)
		}
		if !s.take(",") {
			s.want("}")
			break
		}
	}
	if s.err == nil && strings.TrimSpace(s.rest) != "" {
		s.fail("%.20q behind the dictionary", s.rest)
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if s.err == nil && !seen[key] {
			s.fail("no key %q", key)
		}
	}
	if s.err != nil {
		return s.err
	}
	if _, ok := dense.Bytes(h.Shape, h.Type); !ok || len(h.Shape) > maxRank {
		return fmt.Errorf("shape %v, larger than any file", h.Shape)
	}
	return nil
}

// scanner reads Python literals. After its first fault it reads nothing more.
type scanner struct {
	rest string
	err  error
}

func (s *scanner) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}

// take skips a token where it comes next.
func (s *scanner) take(token string) bool {
	s.rest = strings.TrimLeft(s.rest, " \t\r\n")
	rest, ok := strings.CutPrefix(s.rest, token)
	if ok && s.err == nil {
		s.rest = rest
	}
	return ok && s.err == nil
}

func (s *scanner) want(token string) {
	if !s.take(token) {
		s.fail("found %.20q, expected %q", s.rest, token)
	}
}

func (s *scanner) quoted() string {
	quote := "'"
	if !s.take(quote) {
		quote = `"`
		s.want(quote)
	}
	text, rest, ok := strings.Cut(s.rest, quote)
	if !ok {
		s.fail("a text without its end")
	}
	if s.err != nil {
		return ""
	}
	s.rest = rest
	return text
}

// descr is an element type such as '<f4', '>i2' or '|b1'.
func (s *scanner) descr() dense.Type {
	if s.take("[") || s.take("(") {
		s.fail("a structured type, expected an array of plain numbers")
		return dense.Type{}
	}
	d := s.quoted()
	if s.err != nil {
		return dense.Type{}
	}
	order, rest := byte('|'), d
	if d != "" && strings.ContainsRune("<>|=", rune(d[0])) {
		order, rest = d[0], d[1:]
	}
	var t dense.Type
	if rest != "" {
		at := strings.IndexByte("fiub", rest[0])
		size, err := strconv.Atoi(rest[1:])
		if at >= 0 && err == nil {
			t = dense.Type{Class: []dense.Class{dense.Float, dense.Int, dense.Uint, dense.Bool}[at], Size: size, Big: order == '>'}
		}
	}
	if t.Validate() != nil || order == '=' || order == '|' && t.Size > 1 {
		s.fail("elements of type %q, expected real numbers: f2, f4, f8, i1 … i8, u1 … u8 or b1 behind < or >", d)
	}
	return t
}

func (s *scanner) truth() bool {
	if s.take("True") {
		return true
	}
	s.want("False")
	return false
}

// tuple is a tuple of extents, such as (3, 4), (3,) or ().
func (s *scanner) tuple() []int {
	s.want("(")
	list := []int{}
	for s.err == nil && !s.take(")") {
		s.take("")
		end := strings.IndexFunc(s.rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 1 {
			s.fail("found %.20q, expected an extent", s.rest)
			break
		}
		n, err := strconv.Atoi(s.rest[:end])
		if err != nil {
			s.fail("an extent of %.30s", s.rest[:end])
			break
		}
		s.rest = s.rest[end:]
		s.take("L") // as Python 2 wrote long numbers
		list = append(list, n)
		if len(list) > maxRank {
			s.fail("more than %d axes", maxRank)
			break
		}
		if !s.take(",") {
			s.want(")")
			break
		}
	}
	return list
}
