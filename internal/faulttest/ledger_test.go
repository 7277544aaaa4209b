package faulttest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// ledger is what one worker process says it did: a file that survives its kill,
// since every line is one write.
type ledger struct{ file *os.File }

func newLedger(dir string) (*ledger, error) {
	name := filepath.Join(dir, fmt.Sprintf("ledger-%d-%d", os.Getpid(), time.Now().UnixNano()))
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return &ledger{f}, err
}

func (l *ledger) note(ctx context.Context, what string) {
	j := runtime.FromContext(ctx)
	fmt.Fprintf(l.file, "%d %d %v %d %s\n", time.Now().UnixMicro(), os.Getpid(), j.ID(), j.Job().Fetches, what)
}

// event is one line of a ledger.
type event struct {
	at    time.Time
	pid   int
	job   storage.ID
	fetch int
	what  string
}

// readLedgers collects the events of all processes by job, in order of time.
func readLedgers(t *testing.T, dir string) map[storage.ID][]event {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "ledger-*"))
	if err != nil {
		t.Fatal(err)
	}
	events := make(map[storage.ID][]event)
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if e, ok := parseEvent(lines.Text()); ok {
				events[e.job] = append(events[e.job], e)
			}
		}
		f.Close()
	}
	for _, es := range events {
		sort.Slice(es, func(i, j int) bool { return es[i].at.Before(es[j].at) })
	}
	return events
}

// parseEvent reads a line; the last one of a killed process may be cut short. Thousands are
// read again and again while a test waits, so this may not take long.
func parseEvent(line string) (event, bool) {
	fields := strings.SplitN(line, " ", 5)
	if len(fields) < 5 {
		return event{}, false
	}
	micros, err1 := strconv.ParseInt(fields[0], 10, 64)
	pid, err2 := strconv.Atoi(fields[1])
	job, err3 := storage.ParseID(fields[2])
	fetch, err4 := strconv.Atoi(fields[3])
	return event{time.UnixMicro(micros), pid, job, fetch, fields[4]}, errors.Join(err1, err2, err3, err4) == nil
}
