package testservers

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// All folders of this binary lie in one, and a lock on it says that the binary lives.
var root struct {
	once sync.Once
	path string
	lock *os.File
	err  error
}

const rootPattern = "jobgen-servers-*"

// rootFolder makes the folder of this binary and removes those of binaries that are gone.
func rootFolder() (string, error) {
	root.once.Do(func() {
		sweepFolders()
		if root.path, root.err = os.MkdirTemp("", rootPattern); root.err != nil {
			return
		}
		if root.err = os.Chmod(root.path, 0o755); root.err != nil { // servers run as other users
			return
		}
		if root.lock, root.err = os.Open(root.path); root.err == nil {
			root.err = syscall.Flock(int(root.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		}
	})
	if root.err != nil {
		return "", fmt.Errorf("testservers: folder for the servers' data: %w", root.err)
	}
	return root.path, nil
}

// newFolder makes a folder for one server, owned by the user it runs as; parent is
// where, or empty.
func newFolder(name, parent string, as *syscall.Credential) (string, error) {
	if parent == "" {
		var err error
		if parent, err = rootFolder(); err != nil {
			return "", err
		}
	}
	dir, err := os.MkdirTemp(parent, name+"-*")
	if err != nil {
		return "", fmt.Errorf("testservers: folder of %s: %w", name, err)
	}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return "", fmt.Errorf("testservers: folder of %s: %w", name, err)
		}
	}
	return dir, nil
}

// sweepFolders removes what killed binaries left. A folder younger than a minute may
// be one that is about to be locked.
func sweepFolders() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), rootPattern)) // fails on bad patterns only
	for _, dir := range folders {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		f, err := os.Open(dir)
		if err != nil {
			continue // another user's
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.RemoveAll(dir)
		}
		_ = f.Close()
	}
}

// Main runs a package's tests, ends the shared servers and removes their folder. Use
// it in TestMain: os.Exit(testservers.Main(m)).
func Main(m interface{ Run() int }) int {
	code := m.Run()
	CloseShared()
	return code
}

// CloseShared kills every server that still runs and removes this binary's folder. No
// server can be started after it.
func CloseShared() {
	children.Lock()
	left := make([]*Server, 0, len(children.running))
	for s := range children.running {
		left = append(left, s)
	}
	children.Unlock()
	for _, s := range left {
		_ = s.Kill() // it dies with the binary at the latest
	}
	if root.path != "" {
		os.RemoveAll(root.path)
	}
}
