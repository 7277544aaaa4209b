package mysqlstore_test

import (
	"database/sql"
	"strconv"
	"testing"

	"github.com/gojobgen/jobgen/storage"
)

// Connections that the server has closed meanwhile are opened again: no call fails for it.
func TestClosedConnections(t *testing.T) {
	s, db := fresh(t, "")
	w := newWorker(t, s, "q")
	bulk(t, s, 10)
	for range 2 {
		w.settle(t, w.fetch(t, 2))
	}
	for _, call := range []struct {
		name string
		do   func()
	}{
		{"insert", func() { insert(t, s, newJob("q", "k")) }},
		{"core", func() { newWorker(t, s, "q") }},
		{"fetch and settle", func() { w.settle(t, w.fetch(t, 2)) }},
		{"tick", func() { w.tick(t) }},
		{"unique", func() {
			j := newJob("q", "k")
			j.Unique = unique(t.Name())
			insert(t, s, j)
		}},
	} {
		t.Run(call.name, func(t *testing.T) {
			killOthers(t, db)
			call.do()
		})
	}
}

func unique(key string) *storage.Unique { return &storage.Unique{Key: key} }

// killOthers closes all connections to the common database but one of db.
func killOthers(t *testing.T, db *sql.DB) {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	found, err := c.QueryContext(t.Context(), "SELECT id FROM information_schema.processlist WHERE db = 'common' AND id <> CONNECTION_ID()")
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var ids []int
	for found.Next() {
		var id int
		if err := found.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if _, err := c.ExecContext(t.Context(), "KILL "+strconv.Itoa(id)); err != nil {
			t.Log(err) // it has gone by itself
		}
	}
}
