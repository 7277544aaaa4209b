package pgstore

import (
	"fmt"
	"hash/fnv"
	"sync/atomic"

	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
	"github.com/jackc/pgx/v5/pgxpool"
)

type options struct {
	namespace     string
	notifications bool
	asyncSettle   bool
	readers       *pgxpool.Pool
	migrate       bool
	connections   int32
	offset        *atomic.Int64 // tests move the store's clock by it, in microseconds
}

// Option changes how [New] makes a store.
type Option func(*options)

// Namespace keeps the jobs apart from those of other applications in the same
// database: each namespace has its own tables. It is up to 32 small letters and
// digits; empty, the default, is a namespace too.
func Namespace(name string) Option { return func(o *options) { o.namespace = name } }

// Notifications turns LISTEN and NOTIFY on, which is the default, or off: behind a
// pooler that gives each transaction another connection (PgBouncer in transaction
// mode) they cannot work, and no statement is prepared there. Without them servers find
// the work of other processes by polling, within a second.
func Notifications(on bool) Option { return func(o *options) { o.notifications = on } }

// AsyncSettle lets Settle return before the disk has what it wrote: faster where the
// disk is slow. When the database server itself dies, the outcomes of the last moments
// may be undone, and those jobs run again. Off by default.
func AsyncSettle(on bool) Option { return func(o *options) { o.asyncSettle = on } }

// ReadPool takes what lists and shows jobs from another pool, such as that of a
// replica. What is read there may be older than what was written.
func ReadPool(pool *pgxpool.Pool) Option { return func(o *options) { o.readers = pool } }

// Migrate says whether [New] brings the tables to its version, which is the default.
// When off, New fails with an error that says so where they are not; jobctl migrate
// does it instead, with the rights to change tables.
func Migrate(on bool) Option { return func(o *options) { o.migrate = on } }

// Connections bounds the store's own connections to the database, which it opens with
// the settings of the pool as it needs them, beside those of the pool: so an
// application that has taken all connections of the pool does not stop its own jobs.
// The default is 8, the least 3; one more listens for notifications.
func Connections(n int) Option {
	return func(o *options) { o.connections = int32(min(max(n, 3), 1000)) }
}

// prefix is how the names of a namespace's tables begin.
func (o options) prefix() (string, error) {
	prefix, err := sqlcore.Prefix(o.namespace)
	if err != nil {
		return "", fmt.Errorf("pgstore: %w", err)
	}
	return prefix, nil
}

// lockOf is the number of an advisory lock; there is room for others behind it.
func lockOf(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails
	return int64(h.Sum64() >> 2)
}
