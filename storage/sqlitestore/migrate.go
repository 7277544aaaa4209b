package sqlitestore

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewer is wrapped by [Open] when a newer version of this package has changed the
// tables: start that version, or restore the file from before.
var ErrNewer = errors.New("the tables are newer than this program")

// A step is one migration. What was released never changes: the checksum says so.
type step struct {
	name string
	text string
	sum  string
}

func steps() ([]step, error) {
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var all []step
	for _, f := range files {
		text, err := migrationFiles.ReadFile("migrations/" + f.Name())
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
	sqlSteps   = sqlText(`SELECT name, sum FROM jg_step ORDER BY name`)
	sqlAddStep = sqlText(`INSERT INTO jg_step (name, sum) VALUES (?, ?)`)
)

// migrate brings the tables to this version within the transaction that is open on l,
// which holds the write lock: other processes that start at once wait for it.
func migrate(l *rawLink) error {
	all, err := steps()
	if err != nil {
		return err
	}
	table := strings.ReplaceAll("CREATE TABLE IF NOT EXISTS jg_step (name TEXT PRIMARY KEY, sum TEXT NOT NULL)", "jg_", l.prefix)
	if err := l.run(table); err != nil {
		return fmt.Errorf("sqlitestore: create the table of migrations: %w", err)
	}
	done, err := doneSteps(l)
	if err != nil {
		return err
	}
	if err := checkSteps(all, done); err != nil {
		return err
	}
	for _, s := range all[len(done):] {
		if err := l.run(strings.ReplaceAll(s.text, "jg_", l.prefix)); err != nil {
			return fmt.Errorf("sqlitestore: migration %s: %w", s.name, err)
		}
		if _, err := l.exec(sqlAddStep, s.name, s.sum); err != nil {
			return err
		}
	}
	return nil
}

func doneSteps(l link) ([]step, error) {
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
			return fmt.Errorf("sqlitestore: %w: it has migration %s and this program ends with %s; run a newer program",
				ErrNewer, d.name, all[len(all)-1].name)
		}
		if d.name != all[i].name || d.sum != all[i].sum {
			return fmt.Errorf("sqlitestore: migration %s (%s) of the database is not this program's %s (%s): the tables were made by a changed copy of this package; open another file or namespace",
				d.name, d.sum, all[i].name, all[i].sum)
		}
	}
	return nil
}
