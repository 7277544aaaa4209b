package sqlcore

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// ErrNewer is wrapped when a newer version of this package has changed the
// tables: start that version, or restore the tables from before.
var ErrNewer = errors.New("the tables are newer than this program")

// A step is one migration. What was released never changes: the checksum says so.
type step struct {
	name string
	text string
	sum  string
}

func steps(from fs.FS) ([]step, error) {
	files, err := fs.ReadDir(from, "migrations")
	if err != nil {
		return nil, err
	}
	var all []step
	for _, f := range files {
		text, err := fs.ReadFile(from, "migrations/"+f.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		all = append(all, step{strings.TrimSuffix(f.Name(), ".sql"), string(text), hex.EncodeToString(sum[:8])})
	}
	slices.SortFunc(all, func(a, b step) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

var (
	sqlSteps   = sqlText(`SELECT name, sum FROM jg_step ORDER BY name`).scans("a row for each migration")
	sqlAddStep = sqlText(`INSERT INTO jg_step (name, sum) VALUES (?, ?)`)
)

// A Migrator is the connection that changes the tables.
type Migrator interface {
	Link
	// Run runs a text of one or more statements.
	Run(text string) error
}

// Migrate brings the tables to the version of the steps in the folder "migrations" of
// from, while the caller holds a lock that keeps other processes out. Each step runs
// once and is noted after it ran.
func Migrate(l Migrator, t *Texts, from fs.FS) error {
	all, err := steps(from)
	if err != nil {
		return err
	}
	if err := l.Run(t.named("CREATE TABLE IF NOT EXISTS jg_step (name VARCHAR(100) PRIMARY KEY, sum VARCHAR(64) NOT NULL)")); err != nil {
		return fmt.Errorf("create the table of migrations: %w", err)
	}
	done, err := doneSteps(l)
	if err != nil {
		return err
	}
	if err := checkSteps(all, done); err != nil {
		return err
	}
	for _, s := range all[len(done):] {
		if err := l.Run(t.named(s.text)); err != nil {
			return fmt.Errorf("migration %s: %w", s.name, err)
		}
		if _, err := l.Exec(sqlAddStep, s.name, s.sum); err != nil {
			return err
		}
	}
	return nil
}

func doneSteps(l Link) ([]step, error) {
	var done []step
	err := each(l, func(r *rows) error {
		done = append(done, step{name: r.str(0), sum: r.str(1)})
		return nil
	}, sqlSteps)
	return done, err
}

// checkSteps compares what the database has with what this program knows.
func checkSteps(all, done []step) error {
	for i, d := range done {
		if i >= len(all) {
			return fmt.Errorf("%w: it has migration %s and this program ends with %s; run a newer program",
				ErrNewer, d.name, all[len(all)-1].name)
		}
		if d.name != all[i].name || d.sum != all[i].sum {
			return fmt.Errorf("migration %s (%s) of the database is not this program's %s (%s): the tables were made by a changed copy of this package; open another file or namespace",
				d.name, d.sum, all[i].name, all[i].sum)
		}
	}
	return nil
}

// CheckMigrated reports whether the tables are of this program's version.
func CheckMigrated(l Link, from fs.FS) error {
	all, err := steps(from)
	if err != nil {
		return err
	}
	done, err := doneSteps(l)
	if err != nil {
		return err
	}
	if err := checkSteps(all, done); err != nil {
		return err
	}
	if len(done) < len(all) {
		return fmt.Errorf("migration %s has not run: run jobctl migrate, or let the store migrate", all[len(done)].name)
	}
	return nil
}

// MigrationScript is all that Migrate runs in an empty database, but for its notes.
func MigrationScript(t *Texts, from fs.FS) (string, error) {
	all, err := steps(from)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "-- %s\n%s\n", s.name, t.named(s.text))
	}
	return b.String(), nil
}
