package testservers

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// find looks a binary up: by the environment variable, in the versioned folders (the
// highest version first), in PATH.
func find(variable string, folders []string, names ...string) (string, error) {
	if path := os.Getenv(variable); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("testservers: %s: %w", variable, err)
		}
		return filepath.Abs(found)
	}
	for _, pattern := range folders {
		matches, _ := filepath.Glob(filepath.Join(pattern, names[0])) // fails on bad patterns only
		if path := newest(matches); path != "" {
			return path, nil
		}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		if path, err := exec.LookPath(filepath.Join("/usr/sbin", name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("testservers: %s is %w: run scripts/setup, or set %s", names[0], errMissing, variable)
}

// newest picks the path with the highest version number in it, which is the name of
// the folder two above the binary: /usr/lib/postgresql/15/bin/postgres.
func newest(paths []string) string {
	best, high := "", -1.0
	for _, p := range paths {
		version, err := strconv.ParseFloat(filepath.Base(filepath.Dir(filepath.Dir(p))), 64)
		if err == nil && version > high {
			best, high = p, version
		}
	}
	return best
}

// account is the user that servers run as which refuse to run as root: nil when we
// are not root ourselves, so that they run as we do.
func account(names ...string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range append(names, "nobody") {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("testservers: no user of %v exists to run a server that refuses root: %w", names, errMissing)
}
