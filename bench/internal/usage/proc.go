package usage

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// tick is the unit of the times in /proc: the kernel's USER_HZ is 100 wherever Go runs.
const tick = time.Second / 100

// Tree is the processor time that a process and all below it have used, those that
// have ended included.
func Tree(pid int) (time.Duration, error) {
	all := make(map[int]process)
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, fmt.Errorf("usage: %w", err)
	}
	for _, file := range files {
		if p, ok := read(file); ok {
			all[p.pid] = p
		}
	}
	root, ok := all[pid]
	if !ok {
		return 0, fmt.Errorf("usage: there is no process %d", pid)
	}
	sum := root.own + root.ended
	for below := []int{pid}; len(below) > 0; below = below[1:] {
		for _, p := range all {
			if p.parent == below[0] {
				sum += p.own + p.ended
				below = append(below, p.pid)
			}
		}
	}
	return sum, nil
}

// process is what /proc says of one.
type process struct {
	pid, parent int
	own         time.Duration
	ended       time.Duration // of children that were waited for
}

// read parses a stat file; the name in its parentheses may hold anything.
func read(file string) (process, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return process{}, false // it has ended meanwhile
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return process{}, false
	}
	number := func(i int) int64 {
		n, _ := strconv.ParseInt(string(fields[i]), 10, 64) // the kernel writes numbers
		return n
	}
	pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
	return process{
		pid: pid, parent: int(number(1)),
		own: time.Duration(number(11)+number(12)) * tick, ended: time.Duration(number(13)+number(14)) * tick,
	}, err == nil
}
