package mysqlstore

import (
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
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
	for _, text := range hotTexts(t, s.d) {
		explain(t, db, text, false, text)
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
	var ids [3]storage.ID
	for i := range ids {
		ids[i] = storage.NewID()
	}
	gone := d.texts.leave("jg_ready r", onReady, []goneRow{{1, 10, ids[0]}, {1, 11, ids[1]}, {1, 12, ids[2]}})
	p := &plainSettle{d: d, session: 1, ends: []sqlcore.PlainEnd{{Job: ids[0]}, {Job: ids[1]}, {Job: ids[2]}}, written: []bool{true, true, true}}
	find, err := p.findText()
	if err != nil {
		t.Fatal(err)
	}
	drop := p.drop()
	m := &promotion{t: &transaction{buffered: &buffered{link: &link{texts: d.texts}}}, p: &sqlcore.PlainPromote{Limit: 10, Queues: map[int]int{1: 1}}}
	m.jobs, m.packed = append(ids[0][:], 1), make([]sqlcore.PlainJob, 1)
	find = append(find, m.t.promoteText(m.p, textDue), m.text(textMoveJobs))
	d.usual.took(2, []int64{1 << priorityBits})
	d.usual.taken[2][1] = usualFrom + 1
	f.r.Spans = append(f.r.Spans, sqlcore.ReadySpan{Queue: 2, Behind: -1, Upto: 1 << priorityBits}, sqlcore.ReadySpan{Queue: 2, Behind: 1<<priorityBits + 5, Upto: 2 << priorityBits})
	packs := []pack{{queue: 1, rank: 10, low: ids[0][:], jobs: ids[0][:]}, {queue: 1, rank: 11, low: ids[1][:], jobs: ids[1][:]}, {queue: 1, rank: 12, low: ids[2][:], jobs: ids[2][:]}}
	for _, w := range d.texts.takeOf(packs, []int{1, 0, 1}) {
		find = append(find, string(w.b))
	}
	for _, oldest := range []bool{true, false} {
		find = append(find, m.t.packsText(&sqlcore.PackRange{Shelf: 1, Oldest: oldest, Bound: ids[0][:], Limit: 10}))
	}
	find = append(find, f.packsText(1, 3), f.packsText(2, 3), d.jobsText(ids[0][:]), m.t.openFirstText(1, 5, 10), m.t.openAtText(1, []int64{5, 9, 500}))
	return append(find, f.claimText(1), f.claimText(2), d.filledText([]int{1, 2, 3}), string(gone[0].b), string(drop.b), d.pollText([]int{1, 2}),
		d.idleText(&sqlcore.IdleTick{Session: 1, Owner: "a", Queues: []int{1, 2}}))
}

var (
	compared = regexp.MustCompile("(\\w+)`?\\s*(?:[=<>]+|IN \\()[\\s(]*$")
	listed   = regexp.MustCompile(`UNION ALL VALUES \($`) // ids that rows are looked up by
	goesOn   = regexp.MustCompile(`^[\s,()]*$`)           // from one value of a list to the next
	ofBytes  = regexp.MustCompile(`^(id|job|batch|parent|child|subject|after|low|high|name|kind|fingerprint|server|owner|recurring|held|print)$`)
)

// withArguments puts arguments into the places of a statement, of the type of the column
// that each is compared with, no two of them the same: a list of one value is no list.
func withArguments(text string) string {
	var b strings.Builder
	bytes := false
	pieces := strings.Split(text, "?")
	for i, piece := range pieces {
		b.WriteString(piece)
		if i == len(pieces)-1 {
			break
		}
		if i == 0 || !goesOn.MatchString(piece) {
			m := compared.FindStringSubmatch(piece)
			bytes = m != nil && ofBytes.MatchString(m[1]) || listed.MatchString(piece)
		}
		if bytes {
			fmt.Fprintf(&b, "x'%04x'", i)
		} else {
			b.WriteString(strconv.Itoa(i))
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
		`INSERT INTO jobgen_kin (id, shape, shelf, cls, server) SELECT UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1, 1, 's' ` + many,
		"INSERT INTO jobgen_ready (queue, `rank`, job, shape, shelf) SELECT 1, a.slot * 10 + b.slot, UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1 " + many,
		"INSERT INTO jobgen_pack (queue, `rank`, low, high, shape, shelf, n, jobs) SELECT 1, a.slot * 10 + b.slot, UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1, 1, UNHEX(MD5(CONCAT(a.slot, '-', b.slot))) " + many,
		"INSERT INTO jobgen_run (session, job, `fetch`, `call`, flags, started, shape, links) SELECT 1, UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1, 4, 1, 1, 0 " + many,
		"INSERT INTO jobgen_end (shelf, id, shape, session, `fetch`, started, finished, retain, took) SELECT 1, UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1, 1, 1, 1, 1, 1 " + many,
		"INSERT INTO jobgen_edge (parent, child, place, batch, cond, ended, run, waiting) SELECT UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), UNHEX(MD5(CONCAT(a.slot, '+', b.slot))), 1, 0, 0, 0, 0, 1 " + many,
		"INSERT INTO jobgen_todo (what, subject, state, run) SELECT 1, UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, 1 " + many,
		"INSERT INTO jobgen_unique (name, job, expires) SELECT CONCAT(a.slot, '-', b.slot), UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 0 " + many,
		"INSERT INTO jobgen_big (job, part, data) SELECT UNHEX(MD5(CONCAT(a.slot, '-', b.slot))), 1, '{}' " + many,
		"INSERT INTO jobgen_tally (shape, cls, n) SELECT a.slot, 4, 1 " + many,
		"ANALYZE TABLE " + strings.Join(slices.Sorted(maps.Keys(large)), ", "),
	} {
		if _, err := db.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
}

// large are the tables that may have many rows, among them those of transactions that are
// open.
var large = map[string]bool{"jobgen_job": true, "jobgen_find": true, "jobgen_kin": true, "jobgen_ready": true, "jobgen_pack": true, "jobgen_run": true, "jobgen_end": true, "jobgen_edge": true,
	"jobgen_todo": true, "jobgen_unique": true, "jobgen_big": true, "jobgen_tally": true}

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
		big := large[plan["table"]] || strings.Contains("jredp", plan["table"]) && plan["table"] != ""
		if strings.Contains(plan["Extra"], "filesort") && strings.Contains(text, "SKIP LOCKED") {
			t.Errorf("%s sorts: %v", name, plan)
		}
		if plan["type"] == "ALL" && plan["select_type"] != "INSERT" && big && !mayScan {
			t.Errorf("%s reads all of %s: %v", name, plan["table"], plan)
		}
	}
	if err := found.Err(); err != nil {
		t.Error(err)
	}
}
