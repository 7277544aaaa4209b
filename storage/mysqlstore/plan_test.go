package mysqlstore

import (
	"database/sql"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Every statement is one that the server understands, and none reads a large table from
// end to end.
func TestStatements(t *testing.T) {
	db, err := sql.Open("mysql", testservers.MariaDBShared(t).NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := New(db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fill(t, db, 1)
	// Among few rows too, no change looks at rows of others, which may be locked.
	for _, st := range sqlcore.Statements() {
		if text := s.d.texts.Of(st); strings.HasPrefix(text, "UPDATE") || strings.HasPrefix(text, "DELETE") {
			explain(t, db, st.Short(), false, withArguments(text))
		}
	}
	fill(t, db, 1000)
	for _, st := range sqlcore.Statements() {
		text := s.d.texts.Of(st)
		if strings.Contains(text, "ON CONFLICT") || strings.Contains(text, "unnest") || strings.Contains(text, "jobgen_listen") {
			t.Errorf("not for this server: %s", text)
		}
		explain(t, db, st.Short(), st.MayScan() != "", withArguments(text))
	}
	for _, text := range hotTexts(t, s.d) {
		explain(t, db, text, false, text)
	}
}

// hotTexts are the statements of the hot paths that read.
func hotTexts(t *testing.T, d *database) (all []string) {
	t.Helper()
	f := &plainFetch{d: d, r: &sqlcore.PlainFetch{Session: 1, Spans: []sqlcore.ReadySpan{{Queue: 1, Behind: -1, Upto: 1 << 60}, {Queue: 1, Behind: 1<<60 + 5, Upto: 1 << 61}}}, left: 10}
	id := storage.NewID()
	gone := f.leave([]goneRow{{1, 10, id}, {1, 11, id}, {1, 12, id}})
	p := &plainSettle{d: d, session: 1, ends: []sqlcore.PlainEnd{{Job: id}, {Job: id}, {Job: id}}, written: []bool{true, true, true}}
	find, err := p.findText()
	if err != nil {
		t.Fatal(err)
	}
	drop := p.drop()
	return append(find, f.claimText(1), d.filledText([]int{1, 2, 3}), string(gone[0].b), string(drop.b), d.pollText([]int{1, 2}),
		d.idleText(&sqlcore.IdleTick{Session: 1, Owner: "a", Queues: []int{1, 2}}))
}

var (
	compared = regexp.MustCompile("(?s)(\\w+)`?\\s*(?:[=<>]+|IN \\()[\\sx0-9',()]*$")
	ofBytes  = regexp.MustCompile(`^(id|job|batch|parent|child|subject|after|low|high|name|kind|fingerprint|server|owner|recurring|held|print)$`)
)

// withArguments puts arguments into the places of a statement, of the type of the column
// that each is compared with.
func withArguments(text string) string {
	var b strings.Builder
	for _, c := range text {
		if c != '?' {
			b.WriteRune(c)
			continue
		}
		if m := compared.FindStringSubmatch(b.String()); m != nil && ofBytes.MatchString(m[1]) {
			b.WriteString("x'31'")
		} else {
			b.WriteString("1")
		}
	}
	return b.String()
}

// fill puts jobs into the tables.
func fill(t *testing.T, db *sql.DB, n int) {
	t.Helper()
	many := `FROM jobgen_keylock a, (SELECT slot FROM jobgen_keylock WHERE slot < 5) b WHERE a.slot BETWEEN ` + strconv.Itoa(n/1000) + ` AND ` + strconv.Itoa(n-1)
	for _, text := range []string{
		`INSERT INTO jobgen_job (id, shape, shelf, payload) SELECT UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1, '{}' ` + many,
		`INSERT INTO jobgen_find (id, shape, shelf, cls, due, expires) SELECT UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1, 1, 1, 0 ` + many,
		"INSERT INTO jobgen_ready (queue, `rank`, job, shape, shelf) SELECT 1, a.slot * 10 + b.slot, UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1 " + many,
		"INSERT INTO jobgen_run (session, job, `fetch`, `call`, flags, started, shape, links) SELECT 1, UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1, 4, 1, 1, 0 " + many,
		"INSERT INTO jobgen_end (shelf, id, shape, session, `fetch`, started, finished, retain, took) SELECT 1, UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1, 1, 1, 1, 1, 1 " + many,
		"INSERT INTO jobgen_edge (parent, child, place, batch, cond, ended, run, waiting) SELECT UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), UNHEX(MD5(CONCAT(a.slot, '+', b.slot))), 1, 0, 0, 0, 0, 1 " + many,
		`ANALYZE TABLE jobgen_job, jobgen_find, jobgen_ready, jobgen_run, jobgen_end, jobgen_edge`,
	} {
		if _, err := db.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
}

// explain looks at the plan of a statement.
func explain(t *testing.T, db *sql.DB, name string, mayScan bool, text string) {
	t.Helper()
	found, err := db.Query("EXPLAIN " + text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		vals := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		plan := make(map[string]string)
		for i := range into {
			into[i] = &vals[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, c := range columns {
			plan[c] = vals[i].String
		}
		big := map[string]bool{"j": true, "r": true, "e": true, "jobgen_find": true, "jobgen_job": true, "jobgen_ready": true, "jobgen_run": true, "jobgen_end": true, "jobgen_edge": true}
		if strings.Contains(plan["Extra"], "filesort") && strings.Contains(text, "SKIP LOCKED") {
			t.Errorf("%s sorts: %v", name, plan)
		}
		if plan["type"] == "ALL" && plan["select_type"] != "INSERT" && big[plan["table"]] && !mayScan {
			t.Errorf("%s reads all of %s: %v", name, plan["table"], plan)
		}
	}
	if err := found.Err(); err != nil {
		t.Error(err)
	}
}
