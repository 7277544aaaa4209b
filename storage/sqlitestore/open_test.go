package sqlitestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

func contextEnding(t testing.TB) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, cancel
}

// refused opens what cannot be opened, and checks that the error names path and cure.
func refused(t *testing.T, path, cure string, opts ...sqlitestore.Option) error {
	t.Helper()
	s, err := sqlitestore.Open(path, opts...)
	if err == nil {
		s.Close()
		t.Fatalf("%s was opened", path)
	}
	if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), cure) {
		t.Fatalf("the error names the file and says %q: got %v", cure, err)
	}
	return err
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	refused(t, filepath.Join(dir, "no", "such", "folder.db"), "the folder has to exist")

	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, text, "give the path of another file")

	for _, path := range []string{":memory:", "file:x.db"} {
		if err := refused(t, path, "memstore"); !errors.Is(err, storage.ErrInvalid) {
			t.Fatalf("want ErrInvalid, got %v", err)
		}
	}
	if _, err := sqlitestore.Open(filepath.Join(dir, "x.db"), sqlitestore.Namespace("No!")); !errors.Is(err, storage.ErrInvalid) {
		t.Fatalf("a bad namespace is ErrInvalid: got %v", err)
	}
}

func TestOpenNewer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path)
	s.Close()
	if _, err := userDB(t, path).Exec("INSERT INTO jobgen_step VALUES ('9999_later', 'x')"); err != nil {
		t.Fatal(err)
	}
	if err := refused(t, path, "run a newer program"); !errors.Is(err, sqlitestore.ErrNewer) {
		t.Fatalf("want ErrNewer, got %v", err)
	}
}

func TestOpenChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path)
	s.Close()
	if _, err := userDB(t, path).Exec("UPDATE jobgen_step SET sum = 'x' WHERE name LIKE '0001%'"); err != nil {
		t.Fatal(err)
	}
	refused(t, path, "changed copy")
}

// A damaged file gives errors, not wrong answers.
func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := open(t, path)
	job := newJob("q", "k")
	insert(t, s, one(job))
	s.Close()
	for _, change := range []string{"UPDATE jobgen_job SET history = x'ff03ff'", "UPDATE jobgen_job SET extra = x'7b'", "UPDATE jobgen_job SET shape = 77"} {
		if _, err := userDB(t, path).Exec(change); err != nil {
			t.Fatal(err)
		}
		s := open(t, path)
		if d, err := s.Job(t.Context(), job.ID); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: want an error that says so, got %+v, %v", change, d, err)
		}
		s.Close()
	}
}

func TestNamespaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	a, b, c := open(t, path), open(t, path, sqlitestore.Namespace("b")), open(t, path, sqlitestore.Namespace("b"))
	job := newJob("q", "k")
	job.Unique = &storage.Unique{Key: "key"}
	insert(t, a, one(job))
	if got := state(t, b, job.ID); got != 0 {
		t.Fatalf("another namespace does not see the job: got %v", got)
	}
	if r := insert(t, b, one(job)); r[0].Jobs[0].Duplicate {
		t.Fatalf("keys are a namespace's own: got %+v", r)
	}
	if got := state(t, c, job.ID); got != storage.Enqueued {
		t.Fatalf("the same namespace does: got %v", got)
	}
}

func TestClock(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 6789e3, time.FixedZone("x", 3600))
	s := open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlitestore.Clock(func() time.Time { return at }))
	job := newJob("q", "k")
	insert(t, s, one(job))
	d, err := s.Job(t.Context(), job.ID)
	if want := at.UTC().Truncate(time.Millisecond); err != nil || !d.CreatedAt.Equal(want) || d.CreatedAt.Location() != time.UTC {
		t.Fatalf("want %v, got %v, %v", want, d.CreatedAt, err)
	}
}

// Odd characters in the path are the path's, not parameters.
func TestOddPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?mode=ro&%41#")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "jobs.db")
	insert(t, open(t, path), one(newJob("q", "k")))
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
}

func TestInfo(t *testing.T) {
	info := open(t, filepath.Join(t.TempDir(), "jobs.db")).Info()
	if info.Name != "sqlite" || !info.Durable || info.Lanes != 1 || !strings.HasPrefix(info.Version, "3.") {
		t.Fatalf("got %+v", info)
	}
}
