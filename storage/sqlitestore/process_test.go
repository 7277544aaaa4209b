package sqlitestore_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

// childRole says what the test binary is to do when a test has started it again.
const childRole, childFile = "SQLITESTORE_CHILD", "SQLITESTORE_FILE"

func TestMain(m *testing.M) {
	role, path := os.Getenv(childRole), os.Getenv(childFile)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := child(role, path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(role, path string) error {
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	s, err := sqlitestore.Open(path, sqlitestore.Synchronous(sqlitestore.Normal))
	if err != nil {
		return err
	}
	defer s.Close()
	if role == "open" {
		return nil
	}
	return work(s)
}

// work enqueues jobs and runs them, and says on its output what was acknowledged,
// until it is killed.
func work(s storage.Store) error {
	ctx := context.Background()
	kinds := []storage.KindInfo{{Kind: "k"}}
	session := storage.NewID()
	if err := s.OpenSession(ctx, storage.Session{ID: session, Server: "child", Queues: []string{"q"}, Kinds: kinds}); err != nil {
		return err
	}
	set := storage.NewKindSet(kinds)
	for call := uint64(1); ; call++ {
		var g storage.Group
		for range 20 {
			g.Jobs = append(g.Jobs, storage.NewJob{ID: storage.NewIDIn(1), Kind: "k", Queue: "q"})
		}
		if _, err := s.Insert(ctx, g); err != nil {
			return err
		}
		for _, j := range g.Jobs {
			fmt.Println("stored", j.ID)
		}
		got, err := s.Fetch(ctx, storage.FetchRequest{Session: session, Call: call, Queues: []string{"q"}, Kinds: set, Max: 15})
		if err != nil {
			return err
		}
		r := storage.SettleRequest{Session: session}
		for _, j := range got.Jobs {
			r.Outcomes = append(r.Outcomes, storage.Outcome{Token: j.Token, Kind: storage.Succeed})
		}
		verdicts, err := s.Settle(ctx, r)
		if err != nil {
			return err
		}
		for i, v := range verdicts {
			if v == storage.Accepted {
				fmt.Println("settled", r.Outcomes[i].Token.Job)
			}
		}
	}
}

// childProcess is the test binary at work on a file.
type childProcess struct {
	*exec.Cmd
	out *bufio.Scanner
	in  *os.File
}

func start(t *testing.T, role, path string) *childProcess {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role, childFile+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = read
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read.Close()
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); write.Close() })
	c := &childProcess{cmd, bufio.NewScanner(out), write}
	if !c.out.Scan() || c.out.Text() != "ready" {
		t.Fatalf("the child did not start: %q", c.out.Text())
	}
	return c
}

func (c *childProcess) let(t *testing.T) {
	t.Helper()
	if _, err := c.in.WriteString("go\n"); err != nil {
		t.Fatal(err)
	}
}

// Eight processes that start at once on a new file all find its tables made.
func TestMigrateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	var all []*childProcess
	for range 8 {
		all = append(all, start(t, "open", path))
	}
	for _, c := range all {
		c.let(t)
	}
	for _, c := range all {
		if err := c.Wait(); err != nil {
			t.Errorf("a process could not open the file: %v", err)
		}
	}
	insert(t, open(t, path), one(newJob("q", "k")))
}

// Processes that are killed while they write lose nothing that was acknowledged, and
// leave a sound file.
func TestKilledWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path, sqlitestore.Synchronous(sqlitestore.Normal))
	stored, settled := make(map[storage.ID]bool), make(map[storage.ID]bool)
	for round := range 3 {
		var children []*childProcess
		for range 3 {
			c := start(t, "work", path)
			c.let(t)
			children = append(children, c)
		}
		insert(t, s, one(newJob("other", "k"))) // this process writes too
		for i, c := range children {
			c.read(t, 150+70*i+20*round, stored, settled)
			c.Process.Kill()
			c.read(t, -1, stored, settled)
			c.Wait()
		}
	}
	if len(stored) == 0 || len(settled) == 0 {
		t.Fatalf("the children did nothing: %d stored, %d settled", len(stored), len(settled))
	}
	for id := range stored {
		switch got := state(t, s, id); {
		case got == 0:
			t.Fatalf("job %v was acknowledged and is lost", id)
		case settled[id] && got != storage.Succeeded:
			t.Fatalf("the end of job %v was acknowledged, and it is %v", id, got)
		}
	}
	checkFile(t, path)
}

// read reads what a child says, n lines or all.
func (c *childProcess) read(t *testing.T, n int, stored, settled map[storage.ID]bool) {
	t.Helper()
	for ; n != 0 && c.out.Scan(); n-- {
		what, text, _ := strings.Cut(c.out.Text(), " ")
		id, err := storage.ParseID(text)
		if err != nil {
			return // cut off by the kill
		}
		map[string]map[storage.ID]bool{"stored": stored, "settled": settled}[what][id] = true
	}
}

// checkFile checks that the file is sound, and that the counters of the store are
// those that its rows say.
func checkFile(t *testing.T, path string) {
	t.Helper()
	db := userDB(t, path)
	var answer string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&answer); err != nil || answer != "ok" {
		t.Fatalf("the file is damaged: %s %v", answer, err)
	}
	for what, query := range map[string]string{
		"tallies that differ from the jobs": `SELECT count(*) FROM (
			SELECT shape, cls, n FROM jobgen_tally WHERE n <> 0 EXCEPT SELECT shape, cls, count(*) FROM seen GROUP BY shape, cls)`,
		"jobs without tally": `SELECT count(*) FROM (
			SELECT shape, cls, count(*) FROM seen GROUP BY shape, cls EXCEPT SELECT shape, cls, n FROM jobgen_tally)`,
		"live jobs that neither wait nor run": `SELECT count(*) FROM seen j WHERE cls IN (4, 5)
			AND (SELECT count(*) FROM jobgen_ready r WHERE r.job = j.id) + (SELECT count(*) FROM jobgen_run r WHERE r.job = j.id) <> 1`,
		"slots without a run": `SELECT count(*) FROM jobgen_slot s
			WHERE NOT EXISTS (SELECT 1 FROM jobgen_run r WHERE r.job = s.job AND r.fetch = s.fetch)`,
		"keys of final jobs": `SELECT count(*) FROM jobgen_unique u JOIN seen j ON j.id = u.job WHERE j.cls > 5`,
		"held lines with nobody on them": `SELECT count(*) FROM jobgen_line l
			WHERE NOT EXISTS (SELECT 1 FROM jobgen_ready r WHERE r.queue = l.queue AND r.line = l.no)`,
		"places on lines that are not the job's": `SELECT count(*) FROM jobgen_ready r JOIN jobgen_job j ON j.id = r.job
			WHERE r.line <> j.line OR r.rank <> j.rank OR r.shape <> j.shape OR r.shelf <> j.shelf`,
		"final jobs that no sweep will find": `SELECT count(*) FROM seen j WHERE cls > 5
			AND NOT EXISTS (SELECT 1 FROM jobgen_sweep s WHERE instr(s.jobs, j.id))`,
		"edges that wait for no one, or not": `SELECT count(*) FROM jobgen_edge e JOIN jobgen_job j ON j.id = e.child
			WHERE (j.cls = 3) <> (e.waiting = 1)`,
		"todos counted wrongly": `SELECT (SELECT todos FROM jobgen_meta) <> (SELECT count(*) FROM jobgen_todo)`,
		"claims and places of jobs that are not live": `SELECT count(*) FROM seen j WHERE cls NOT IN (4, 5)
			AND (id IN (SELECT job FROM jobgen_ready) OR id IN (SELECT job FROM jobgen_run))`,
		"ends that no job has": `SELECT count(*) FROM jobgen_end e WHERE NOT EXISTS (
			SELECT 1 FROM jobgen_job j WHERE j.id = e.id AND j.cls = 4 AND j.shelf = e.shelf AND j.shape = e.shape)`,
		"ends that no list by server has": `SELECT count(*) FROM jobgen_end e WHERE NOT EXISTS (
			SELECT 1 FROM jobgen_ran n JOIN jobgen_sweep s ON s.session = n.no WHERE n.no = e.session AND instr(s.jobs, e.id) AND e.id BETWEEN s.low AND s.high)`,
		"runs that know their job wrongly": `SELECT count(*) FROM jobgen_run r JOIN jobgen_job j ON j.id = r.job
			WHERE r.shape <> j.shape OR r.links <> j.links`,
	} {
		query = `WITH seen (id, shape, cls) AS (SELECT j.id, j.shape, CASE WHEN e.id IS NULL THEN j.cls ELSE 6 END
			FROM jobgen_job j LEFT JOIN jobgen_end e ON e.shelf = j.shelf AND e.id = j.id) ` + query
		var n int
		if err := db.QueryRow(query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d %v", what, n, err)
		}
	}
}

// Bytes of a file that was made by something else are not read as ours.
func TestHeaderOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	header := append([]byte("SQLite format 3\x00"), make([]byte, 4080)...)
	binary.BigEndian.PutUint16(header[16:], 4096)
	if err := os.WriteFile(path, header, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, path, path)
}
