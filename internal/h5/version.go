//go:build cgo

package h5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"unsafe"

	"gonum.org/v1/hdf5"
)

// A library that meets a structure of a later version fails with a message such as "bad version number for layout message". What follows finds out which version that
// is, so that the user learns it: the few bytes of a file that carry versions are read here, without the library.

// newestSuperblock is the latest version of the superblock there is.
const newestSuperblock = 3

// signature begins a superblock, at byte 0 or at 512·2ᵏ behind a user block.
const signature = "\x89HDF\r\n\x1a\n"

// superblock finds the superblock of a file: where it begins and its version.
func superblock(file io.ReaderAt) (at int64, version byte, ok bool) {
	const farthest = 1 << 30
	var head [len(signature) + 1]byte
	for at = 0; at <= farthest; at = max(2*at, 512) {
		if _, err := file.ReadAt(head[:], at); err != nil {
			return 0, 0, false
		}
		if string(head[:len(signature)]) == signature {
			return at, head[len(signature)], true
		}
	}
	return 0, 0, false
}

// tooNew replaces the error of opening a file whose superblock the library does not know.
func tooNew(path string, err error) error {
	file, e := os.Open(path)
	if e != nil {
		return err
	}
	defer file.Close()
	if _, version, ok := superblock(file); ok && version > newestSuperblock {
		return fmt.Errorf("superblock of version %d, expected 0 to %d: the file is damaged, or written by a later HDF5 than %s reads", version, newestSuperblock, library())
	}
	return err
}

func library() string {
	v, err := hdf5.LibVersion()
	if err != nil {
		return "libhdf5"
	}
	return "libhdf5 " + v.String()
}

// message is a message of an object header that says in which version of the format something is stored.
type message struct {
	kind    byte
	version byte
}

// Kinds of messages.
const (
	messageLinkInfo = 0x02
	messageDatatype = 0x03
	messageLayout   = 0x08
)

// later are the versions of messages that came after HDF5 1.10.
var later = []struct {
	message
	what, since string
}{
	{message{messageDatatype, 4}, "datatype", "1.12"},
	{message{messageDatatype, 5}, "datatype", "2.0"},
	{message{messageLayout, 5}, "data layout", "2.0"},
}

// foreign looks at an object that the library cannot open: what it is, and why, where a later version of the format is the reason.
func (f *File) foreign(path string, err error) (Kind, error) {
	messages := f.header(path)
	kind := Broken
	for _, m := range messages {
		switch m.kind {
		case messageLayout:
			kind = Data
		case messageLinkInfo:
			kind = Group
		}
	}
	for _, m := range messages {
		for _, l := range later {
			if m == l.message {
				return kind, fmt.Errorf("its %s has version %d, of HDF5 %s, which %s does not read (%w): rewrite the file with h5py's libver=(\"earliest\", \"v110\") or h5repack --high=2",
					l.what, m.version, l.since, library(), err)
			}
		}
	}
	return kind, err
}

// header reads the versions out of an object header of version 2, the only kind that later structures stand in. It finds nothing where anything is odd.
func (f *File) header(path string) (messages []message) {
	id, err := f.id()
	if err != nil {
		return nil
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	address := C.eddy_h5_address(id, name)
	file, err := os.Open(f.path)
	if err != nil || address < 0 {
		return nil
	}
	defer file.Close()
	base, _, ok := superblock(file)
	head := make([]byte, 4096)
	n, err := file.ReadAt(head, base+int64(address))
	if !ok || err != nil && err != io.EOF { //nolint:errorlint // ReadAt's own
		return nil
	}
	return parseHeader(head[:n])
}

// parseHeader reads as much of the first block of an object header of version 2 as there is.
func parseHeader(b []byte) (messages []message) {
	const fixed = 6 // "OHDR", version, flags
	if len(b) < fixed || !bytes.HasPrefix(b, []byte("OHDR\x02")) {
		return nil
	}
	flags := b[5]
	at := fixed
	if flags&0x20 != 0 {
		at += 16 // times
	}
	if flags&0x10 != 0 {
		at += 4 // numbers of attributes at which storage changes
	}
	width := 1 << (flags & 3)
	if at+width > len(b) {
		return nil
	}
	var size [8]byte
	copy(size[:], b[at:at+width])
	at += width
	if n := binary.LittleEndian.Uint64(size[:]); n < uint64(len(b)-at) {
		b = b[:at+int(n)]
	}
	head := 4 // kind, size, flags
	if flags&0x04 != 0 {
		head += 2 // order of creation
	}
	for at+head < len(b) {
		kind, n, version := b[at], int(binary.LittleEndian.Uint16(b[at+1:])), b[at+head]
		if kind == messageDatatype {
			version >>= 4 // the lower half is the class
		}
		if n > 0 {
			messages = append(messages, message{kind, version})
		}
		at += head + n
	}
	return messages
}
