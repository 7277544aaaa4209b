package sqlitestore

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mayScan are the statements that read a whole table, and why they may.
var mayScan = map[*stmt]string{
	sqlSteps: "a row for each migration", sqlQueueNames: "a row for each queue", sqlShapes: "a row for each kind of a queue",
	sqlPausedKinds: "a row for each paused kind", sqlTallies: "eight rows for each kind of a queue",
	sqlLineCounts: "a row for each held line", sqlSessions: "a row for each session", sqlServers: "likewise",
	sqlSessionNos: "likewise", sqlKinds: "a row for each kind", sqlOldKinds: "likewise", sqlPublishedBy: "likewise",
	sqlOldOwners: "a row for each service", sqlAllDeclared: "a row for each recurring job, twice a minute",
	sqlRunShapes: "what runs", sqlExpired: "sessions", sqlRunOf: "sessions", sqlOpenJobs: "sessions",
	sqlDueRecurring: "stops at its limit, in the order of the ids", sqlTodos: "stops at its limit",
	sqlFirstBatches: "stops at its limit", sqlRangeAll: "stops at its limit", sqlRangeAllBack: "stops at its limit",
}

var scans = regexp.MustCompile(`^SCAN (\S+)`)

// Every statement can be prepared, and none reads a large table from end to end.
func TestPlans(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "jobs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, st := range statements {
		checkPlan(t, s, st)
	}
}

func checkPlan(t *testing.T, s *Store, st *stmt) {
	text := st.withPrefix(s.prefix)
	if strings.HasPrefix(text, "BEGIN") || strings.HasPrefix(text, "COMMIT") || strings.HasPrefix(text, "PRAGMA") {
		return
	}
	args := make([]any, strings.Count(text, "?"))
	found, err := s.readers.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Errorf("%s: %v", st.short(), err)
		return
	}
	defer found.Close()
	for found.Next() {
		var id, parent, unused int
		var detail string
		if err := found.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(detail, "USE TEMP B-TREE FOR ORDER BY") && mayScan[st] == "" {
			t.Errorf("%s sorts: %s", st.short(), detail)
		}
		m := scans.FindStringSubmatch(detail)
		if m == nil || m[1] == "CONSTANT" || strings.HasSuffix(m[1], "-ROW") || m[1] == "shelves" || m[1] == "(subquery-1)" || mayScan[st] != "" {
			continue
		}
		t.Errorf("%s reads a whole table: %s", st.short(), detail)
	}
	if err := found.Err(); err != nil {
		t.Errorf("%s: %v", st.short(), err)
	}
}
