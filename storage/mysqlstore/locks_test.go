package mysqlstore_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
)

// waiting returns when n transactions wait for a lock.
func waiting(tb testing.TB, db *sql.DB, n int) {
	tb.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		var name string
		var now int
		if err := db.QueryRow("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'").Scan(&name, &now); err != nil {
			tb.Fatal(err)
		}
		if now >= n {
			return
		}
	}
	tb.Fatalf("no %d transactions wait for a lock", n)
}

// A hot fetch that waited for a transaction of the core sees what that has changed.
func TestHotFetchReadsBehindTheLock(t *testing.T) {
	for name, change := range map[string]string{
		"the session is dead":   "UPDATE jobgen_session SET dead = 1",
		"a later call was made": "UPDATE jobgen_session SET `call` = 1000",
		"a kind was held":       "INSERT INTO jobgen_line (queue, held, cause, name, print, due) SELECT no, 'x', 1, 'x', '', 0 FROM jobgen_queue",
		"names have changed":    "UPDATE jobgen_meta SET generation = generation + 1",
	} {
		t.Run(name, func(t *testing.T) {
			s, db := fresh(t, "")
			w := newWorker(t, s, "q")
			bulk(t, s, 3)
			for range 2 { // the first fetch is the core's
				if jobs := w.fetch(t, 1); len(jobs) != 1 {
					t.Fatal(jobs)
				}
			}
			runs := running(t, db)
			tx := begin(t, db)
			for _, text := range []string{"SELECT one FROM jobgen_meta WHERE one = 1 FOR UPDATE", change} {
				if _, err := tx.Exec(text); err != nil {
					t.Fatal(err)
				}
			}
			var done sync.WaitGroup
			done.Go(func() {
				got, err := s.Fetch(t.Context(), storage.FetchRequest{Session: w.id, Call: 3, Queues: w.queues, Kinds: w.kinds, Max: 1})
				t.Logf("%d jobs, %v", len(got.Jobs), err) // what was right is told by the rows
			})
			waiting(t, db, 1)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			done.Wait()
			now := running(t, db)
			if dead := name == "the session is dead" || name == "a later call was made"; dead && now != runs {
				t.Errorf("%d runs, want %d", now, runs)
			} else if !dead && now != runs+1 {
				t.Errorf("%d runs, want %d: the core takes one", now, runs+1)
			}
		})
	}
}

// Jobs that are due together become enqueued also while transactions of callers hold all keys:
// what moves them locks no rows of the keys.
func TestPromotionPassesHeldKeys(t *testing.T) {
	s, db := fresh(t, "?max_recursive_iterations=10") // nor does that matter
	w := newWorker(t, s, "q")
	jobs := make([]storage.NewJob, 5000) // more than one step
	for i := range jobs {
		jobs[i] = newJob("q", "k")
		jobs[i].Due, jobs[i].Priority = storage.When{In: time.Millisecond}, i%3
	}
	insert(t, s, jobs...)
	tx := begin(t, db)
	if _, err := tx.Exec("SELECT slot FROM jobgen_keylock FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(jobs); {
		r := w.tick(t)
		if n += r.Moved; !r.More && n < len(jobs) {
			<-time.After(time.Millisecond) // not due yet
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	ids := make(map[storage.ID]int)
	for i := range jobs {
		ids[jobs[i].ID] = i
	}
	for last := -1; len(ids) > 0; {
		got := w.fetch(t, 500)
		if len(got) == 0 {
			t.Fatalf("%d jobs are left", len(ids))
		}
		for _, f := range got {
			i, ok := ids[f.Job.ID]
			if place := i%3*len(jobs) + i; !ok || place <= last {
				t.Fatalf("job %d of priority %d is out of turn", i, f.Job.Priority)
			} else {
				last = place
			}
			delete(ids, f.Job.ID)
		}
		w.settle(t, got)
	}
}

// running is how many jobs sessions have, in claims or not.
func running(tb testing.TB, db *sql.DB) (n int) {
	tb.Helper()
	err := db.QueryRow("SELECT (SELECT count(*) FROM jobgen_run) + COALESCE((SELECT CAST(SUM(live) AS SIGNED) FROM jobgen_claim), 0)").Scan(&n)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func count(tb testing.TB, db *sql.DB, table string) (n int) {
	tb.Helper()
	if err := db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

// Who is frozen while it has the write lock is cut off by the server.
func TestFrozenHolderIsCutOff(t *testing.T) {
	s, _ := fresh(t, "")
	release := s.Freeze(t)
	defer release()
	began := time.Now()
	s2 := open(t, common(t, ""))
	w := newWorker(t, s2, "q")
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("the lock was free after %v", took)
	}
	bulk(t, s2, 1)
	if jobs := w.fetch(t, 1); len(jobs) != 1 {
		t.Errorf("%d jobs", len(jobs))
	}
	release()
	// The frozen one goes on, on a new connection.
	insert(t, s, newJob("q", "k"))
	pause := newWorker(t, s, "q")
	pause.tick(t)
}

// Four processes take and settle, two more store, and no job runs twice.
func TestManyProcesses(t *testing.T) {
	s, _ := fresh(t, "")
	const jobs, inserters, workers = 1200, 2, 4
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for range inserters {
		from := open(t, common(t, ""))
		all.Go(func() {
			for range jobs / inserters / 10 {
				var group storage.Group
				for range 10 {
					group.Jobs = append(group.Jobs, newJob("q", "k"))
				}
				if _, err := from.Insert(ctx, group); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var mu sync.Mutex
	ran := make(map[storage.ID]int)
	for i := range workers {
		var opts []mysqlstore.Option
		if i%2 == 0 {
			opts = append(opts, mysqlstore.Separate)
		}
		w := newWorker(t, open(t, common(t, ""), opts...), "q")
		all.Go(func() {
			for ctx.Err() == nil {
				got := w.fetch(t, 20)
				mu.Lock()
				for _, j := range got {
					ran[j.Job.ID]++
				}
				over := len(ran) == jobs
				mu.Unlock()
				w.settle(t, got)
				if over {
					return
				}
			}
		})
	}
	all.Wait()
	for id, n := range ran {
		if n != 1 {
			t.Errorf("job %v ran %d times", id, n)
		}
	}
	counts, err := s.Count(t.Context(), storage.Filter{}, 10*jobs)
	if err != nil || counts.By[storage.Succeeded] != jobs || len(counts.By) != 1 {
		t.Errorf("%v %v, want %d succeeded", counts.By, err, jobs)
	}
}
