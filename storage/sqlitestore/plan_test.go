package sqlitestore

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

var scans = regexp.MustCompile(`^SCAN (\S+)`)

// Every statement can be prepared, and none reads a large table from end to end.
func TestPlans(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "jobs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, st := range sqlcore.Statements() {
		checkPlan(t, s, st)
	}
}

func checkPlan(t *testing.T, s *Store, st *sqlcore.Stmt) {
	text := s.file.texts.Of(st)
	if strings.HasPrefix(text, "BEGIN") || strings.HasPrefix(text, "COMMIT") || strings.HasPrefix(text, "PRAGMA") {
		return
	}
	args := make([]any, strings.Count(text, "?"))
	found, err := s.file.readers.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Errorf("%s: %v", st.Short(), err)
		return
	}
	defer found.Close()
	for found.Next() {
		var id, parent, unused int
		var detail string
		if err := found.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(detail, "USE TEMP B-TREE FOR ORDER BY") && st.MayScan() == "" {
			t.Errorf("%s sorts: %s", st.Short(), detail)
		}
		m := scans.FindStringSubmatch(detail)
		if m == nil || m[1] == "CONSTANT" || strings.HasSuffix(m[1], "-ROW") || m[1] == "shelves" || m[1] == "(subquery-1)" || st.MayScan() != "" {
			continue
		}
		t.Errorf("%s reads a whole table: %s", st.Short(), detail)
	}
	if err := found.Err(); err != nil {
		t.Errorf("%s: %v", st.Short(), err)
	}
}
