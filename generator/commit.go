package generator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// commit writes what has changed. Everything is written beside its place first, so
// that a full disk is noticed before the first file is replaced; unchanged files keep
// their time.
func (r Result) commit() (err error) {
	var staged []stagedFile
	defer func() {
		for _, s := range staged {
			if e := os.Remove(s.temp); e != nil && !errors.Is(e, fs.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}()
	for _, f := range r.Files {
		if !f.Changed() || f.New == nil {
			continue
		}
		temp, err := stage(f)
		if err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
		staged = append(staged, stagedFile{f, temp})
	}
	for _, s := range staged {
		if err := os.Rename(s.temp, s.path); err != nil {
			return fmt.Errorf("write %s: %w", s.Name, err)
		}
	}
	for _, f := range r.Files {
		if f.New != nil {
			continue
		}
		if err := os.Remove(f.path); err != nil {
			return fmt.Errorf("remove %s: %w", f.Name, err)
		}
	}
	return nil
}

// stagedFile is a file whose new content waits under another name.
type stagedFile struct {
	File
	temp string
}

// stage writes the new content beside the file. The name begins with a dot, so that
// the go command does not see it.
func stage(f File) (temp string, err error) {
	out, err := os.CreateTemp(filepath.Dir(f.path), "."+filepath.Base(f.path)+".*")
	if err != nil {
		return "", err
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(f.path); err == nil {
		mode = info.Mode().Perm()
	}
	_, err = out.Write(f.New)
	if err = errors.Join(err, out.Chmod(mode), out.Close()); err != nil {
		return "", errors.Join(err, os.Remove(out.Name()))
	}
	return out.Name(), nil
}
