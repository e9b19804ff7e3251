// Package atomicfile replaces files as a whole: a reader finds the old file or the new one and never a part, also after a crash of the process or of the machine.
package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write makes data the content of the file path, as [WriteTo] does.
func Write(path string, data []byte) error {
	return WriteTo(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteTo makes the file path of what fill writes to a buffered writer: a temporary file of its own in the same folder, synced and moved into place. Nothing is left
// behind on failure, a full disk for instance; a process killed meanwhile leaves the temporary file.
func WriteTo(path string, fill func(w io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	err = Fill(f, path, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<16)
		if err := fill(b); err != nil {
			return err
		}
		if err := b.Flush(); err != nil {
			return err
		}
		return f.Chmod(0o644) // CreateTemp allows nobody else to read
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Fill writes to f, a temporary file in the folder of path, what fill does, and makes it the file path. On failure f is removed and an older file stays.
func Fill(f *os.File, path string, fill func(w io.Writer) error) (err error) {
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err = fill(f); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return Move(f.Name(), path)
}

// Move gives a file, complete and synced, another name in the same folder, in place of what has that name, so that it lasts through a loss of power.
func Move(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
