package mysqlstore

import (
	"database/sql"
	"testing"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// Every statement is one that the server understands.
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
	for _, st := range sqlcore.Statements() {
		p, err := db.Prepare(s.d.texts.Of(st))
		if err != nil {
			t.Errorf("%s: %v", s.d.texts.Of(st), err)
			continue
		}
		p.Close()
	}
}
