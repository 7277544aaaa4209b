package pgstore

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
	"github.com/jackc/pgx/v5/pgxpool"
)

// New makes a store of the database that the pool is connected to, and makes or
// changes the tables where that is needed (see [Migrate]). Any number of processes may
// do so at once. The server has to be PostgreSQL 14 or later. New fails with
// [ErrNewer] when a newer version of this package has changed the tables.
//
// The store opens connections of its own with the settings of the pool (see
// [Connections]); readers use the pool itself. The pool has to stay open as long as
// the store.
func New(pool *pgxpool.Pool, opts ...Option) (*Store, error) {
	o := options{notifications: true, migrate: true, connections: 8, readers: pool, offset: new(atomic.Int64)}
	for _, option := range opts {
		option(&o)
	}
	if pool == nil || o.readers == nil {
		return nil, fmt.Errorf("pgstore: %w: the pool is nil", storage.ErrInvalid)
	}
	prefix, err := o.prefix()
	if err != nil {
		return nil, err
	}
	s, err := open(pool, o, prefix)
	if err != nil {
		return nil, fmt.Errorf("pgstore: open %s: %w", place(pool), cure(err))
	}
	return s, nil
}

// place names the database for people, without the password.
func place(pool *pgxpool.Pool) string {
	c := pool.Config().ConnConfig
	return fmt.Sprintf("%s:%d/%s", c.Host, c.Port, c.Database)
}

// readCommitted is what the hot paths need, each of which is one statement: they read what
// is committed once they have their lock.
const readCommitted = "read committed"

// openTimeout is how long New tries.
const openTimeout = time.Minute

func open(pool *pgxpool.Pool, o options, prefix string) (*Store, error) {
	ctx, cancel := context.WithTimeout(background, openTimeout)
	defer cancel()
	own := pool.Config()
	own.MaxConns, own.MinConns, own.MinIdleConns = o.connections, 0, 0
	if own.ConnConfig.ConnectTimeout == 0 {
		own.ConnConfig.ConnectTimeout = patience
	}
	if o.notifications { // a pooler would refuse it
		own.ConnConfig.RuntimeParams["default_transaction_isolation"] = readCommitted
	}
	own.ShouldPing = pings(own.ShouldPing)
	conns, err := pgxpool.NewWithConfig(ctx, own)
	if err != nil {
		return nil, err
	}
	d := &database{pool: conns, callers: pool, readers: o.readers, texts: sqlcore.NewTexts(sqlcore.Postgres, prefix), prefix: prefix,
		lock: lockOf(prefix), pooler: !o.notifications, async: o.asyncSettle, offset: o.offset}
	warnings, err := d.examine(ctx, o)
	if err == nil {
		err = migrate(ctx, conns, d.texts, prefix, o.migrate)
	}
	if err != nil {
		conns.Close()
		return nil, err
	}
	core := sqlcore.New(sqlcore.Config{
		Package: "pgstore", Place: place(pool), Texts: d.texts, Shared: true,
		Info: storage.Info{Name: "postgres", Durable: true, Lanes: 1, Version: versionText(d.version)},
	}, d)
	if o.notifications {
		d.notifier = newNotifier(d, storage.NewID().String())
		d.listener = newListener(d, own, core.Ring)
	}
	return &Store{core, d, warnings}, nil
}

// unasked marks the contexts of calls that take a connection as it is. A tick is itself a sign
// that it lives, and an idle server sends nothing beside its ticks.
type unasked struct{}

// pings lets the pool ask a connection whether it lives before it is used, as the caller's
// configuration says, or as pgxpool does by default: when it has been idle for a second.
func pings(asks func(context.Context, pgxpool.ShouldPingParams) bool) func(context.Context, pgxpool.ShouldPingParams) bool {
	return func(ctx context.Context, p pgxpool.ShouldPingParams) bool {
		switch {
		case ctx.Value(unasked{}) != nil:
			return false
		case asks != nil:
			return asks(ctx, p)
		}
		return p.IdleDuration > time.Second
	}
}

func versionText(n int) string { return strconv.Itoa(n/10000) + "." + strconv.Itoa(n%10000) }

// Close closes the store's own connections.
func (d *database) Close() error {
	if d.notifier != nil {
		d.listener.close()
		d.notifier.close()
	}
	d.pool.Close()
	return nil
}
