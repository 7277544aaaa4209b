package testservers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// tree lists a process and all below it, parents first. PostgreSQL's backends are in
// sessions of their own, so no signal to a group reaches them.
func tree(pid int) []int {
	below := make(map[int][]int)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // fails on bad patterns only
	for _, file := range stats {
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			continue
		}
		if parent, _, ok := stat(child); ok {
			below[parent] = append(below[parent], child)
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, below[all[i]]...)
	}
	return all
}

// stat reads a process's parent and state letter; the name before them may hold anything.
func stat(pid int) (parent int, state byte, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, false
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 2 {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return parent, fields[0][0], err == nil
}

// signalTree sends sig to a process and all below it. The parent comes first, so that
// once it is frozen no child is added.
func signalTree(pid int, sig syscall.Signal) error {
	if err := syscall.Kill(pid, sig); err != nil {
		return err
	}
	for _, child := range tree(pid)[1:] {
		if err := syscall.Kill(child, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// killTree kills a process and all below it and waits until the children are gone:
// PostgreSQL does not start again while an old backend lives. The process itself stays
// for whoever started it to wait for.
func killTree(pid int, limit time.Duration) error {
	_ = syscall.Kill(pid, syscall.SIGSTOP) // no new children; it may be gone already
	all := tree(pid)
	for _, p := range all {
		if err := syscall.Kill(p, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	lives := func(p int) bool {
		_, state, ok := stat(p)
		return ok && state != 'Z' && state != 'X'
	}
	for deadline := time.Now().Add(limit); slices.ContainsFunc(all[1:], lives); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("processes of %v still live", all[1:])
		}
	}
	return nil
}
