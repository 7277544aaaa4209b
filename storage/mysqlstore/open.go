package mysqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// New makes a store of a MySQL (8.0.19 or newer) or MariaDB (10.6 or newer) database, and
// the tables where they are missing. The pool stays the caller's: Close does not close
// it. Its parameters (parseTime, loc, clientFoundRows, interpolateParams, ...) do not matter.
// The store keeps up to four connections of it for itself. Any number of processes may
// use the database. It fails with [ErrNewer] when a newer version of this package has
// changed the tables.
func New(db *sql.DB, opts ...Option) (*Store, error) {
	d, o, err := prepare(db, opts)
	if err != nil {
		return nil, err
	}
	if n := db.Stats().MaxOpenConnections; n > 0 && n < minConns {
		return nil, fmt.Errorf("mysqlstore: %w: the pool may open %d connections, the store needs at least %d: set SetMaxOpenConns higher",
			storage.ErrInvalid, n, minConns)
	}
	s, err := d.open(o)
	if err != nil {
		return nil, errors.Join(d.fault(err), d.Close())
	}
	return s, nil
}

func prepare(db *sql.DB, opts []Option) (*database, options, error) {
	o := options{migrate: true, ahead: func() time.Duration { return 0 }}
	for _, option := range opts {
		option(&o)
	}
	if db == nil {
		return nil, o, fmt.Errorf("mysqlstore: %w: the pool is nil", storage.ErrInvalid)
	}
	prefix, err := o.prefix()
	return &database{db: db, texts: newTexts(prefix), ahead: o.ahead}, o, err
}

// minConns is how many connections a pool has to allow at least: those that the store
// keeps, one for readers and one for the application.
const minConns = 6

func (d *database) open(o options) (*Store, error) {
	ctx, cancel := context.WithTimeout(context.Background(), migrateLimit)
	defer cancel()
	if err := d.server.examine(ctx, d.db); err != nil {
		return nil, err
	}
	d.texts.suit(&d.server, o.separate)
	if err := d.migrate(ctx, o.migrate); err != nil {
		return nil, err
	}
	core := sqlcore.New(sqlcore.Config{
		Package: "mysqlstore", Place: "the database", Texts: d.texts.Texts, Shared: true, Promote: maxMoved,
		Info: storage.Info{Name: "mysql", Durable: true, Lanes: 1, Version: d.server.version},
	}, d)
	return &Store{core, d, d.server.warnings}, nil
}

// ErrNewer is wrapped by [New] when a newer version of this package has changed the
// tables: start that version, or restore the database from before.
var ErrNewer = sqlcore.ErrNewer

// fault is an error as callers see it.
func (d *database) fault(err error) error { return fmt.Errorf("mysqlstore: %w", d.Cure(err)) }

// Cure adds to an error of the server what to do about it.
func (d *database) Cure(err error) error {
	hint := map[uint16]string{
		codeLockTimeout: "another transaction holds a lock for long: end it",
		codeNoTable:     "make the tables: run jobctl migrate, or open the store with Migrate(true)",
		codeReadOnly:    "the server is read-only: connect to the primary",
		codeReadOnlyTx:  "the server is read-only: connect to the primary",
		codeFull:        "the disk of the server is full: make room",
		codeDiskFull:    "the disk of the server is full: make room",
		codeDenied:      "grant the account SELECT, INSERT, UPDATE and DELETE on the tables, and CREATE, ALTER, INDEX and DROP to the one that migrates",
		codeDeniedDB:    "grant the account SELECT, INSERT, UPDATE and DELETE on the tables, and CREATE, ALTER, INDEX and DROP to the one that migrates",
		codePacket:      "set the server's max_allowed_packet to 64M",
		codeBinlog:      "set the server's binlog_format to ROW or MIXED",
	}[codeOf(err)]
	if hint == "" {
		return err
	}
	return fmt.Errorf("%w; %s", err, hint)
}
