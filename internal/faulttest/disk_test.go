package faulttest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// disk is a small file system of the test's own, which can be filled.
type disk struct {
	dir string
	own bool // it is one; without root it is a folder of the machine's
}

const diskSize = 400 << 20

// newDisk mounts a disk until the test ends.
func newDisk(t *testing.T) *disk {
	t.Helper()
	sweepDisks()
	dir, err := os.MkdirTemp("", fmt.Sprintf("jobgen-disk-%d-*", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // servers run as other users
		t.Fatal(err)
	}
	err = syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=755", diskSize))
	t.Cleanup(func() { removeDisk(dir) })
	return &disk{dir: dir, own: err == nil}
}

func removeDisk(dir string) {
	_ = syscall.Unmount(dir, syscall.MNT_DETACH) // it may be a folder only
	os.RemoveAll(dir)
}

// sweepDisks removes the disks of killed test binaries.
func sweepDisks() {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "jobgen-disk-*")) // fails on bad patterns only
	for _, dir := range left {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(dir), "jobgen-disk-%d-", &pid); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			removeDisk(dir)
		}
	}
}

func (d *disk) ballast() string { return filepath.Join(d.dir, "ballast") }

// fill writes until nothing fits any more.
func (d *disk) fill() error {
	f, err := os.Create(d.ballast())
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err = f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2] // the last bytes too
		} else if err != nil {
			return err
		}
	}
	return nil
}

// free makes room again.
func (d *disk) free() error { return os.Remove(d.ballast()) }
