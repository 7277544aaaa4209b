package sqlitestore

import (
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
	"modernc.org/sqlite"
)

// Sync is how much of the machine's failure a commit survives.
type Sync uint8

const (
	// Full waits for the disk at every commit: what a call acknowledged survives the
	// end of the process, a crash of the system and the loss of power. It is the default.
	Full Sync = iota
	// Normal waits for the disk only when the write-ahead log is moved into the file.
	// What a call acknowledged survives the end of every process; a crash of the system
	// or the loss of power may undo the last moments, and never damages the file. It is
	// several times faster where few callers wait at once.
	Normal
)

func (s Sync) String() string {
	if s == Normal {
		return "NORMAL"
	}
	return "FULL"
}

type options struct {
	sync      Sync
	namespace string
	clock     func() time.Time
	readers   int
}

// Option changes how [Open] opens a store.
type Option func(*options)

// Synchronous sets what an acknowledged write survives; see [Full] and [Normal].
func Synchronous(s Sync) Option { return func(o *options) { o.sync = s } }

// Namespace keeps the jobs apart from those of other applications in the same file:
// each namespace has its own tables. It is up to 32 small letters and digits; empty,
// the default, is a namespace too.
func Namespace(name string) Option { return func(o *options) { o.namespace = name } }

// Clock sets the clock that rules leases and due times; the default is [time.Now].
// Processes that share a file need clocks that agree.
func Clock(now func() time.Time) Option { return func(o *options) { o.clock = now } }

// prefix is how the names of a namespace's tables begin.
func (o options) prefix() (string, error) {
	prefix, err := sqlcore.Prefix(o.namespace)
	if err != nil {
		return "", fmt.Errorf("sqlitestore: %w", err)
	}
	return prefix, nil
}

// dsn is the name of a connection. The path is escaped, so that none of its
// characters is taken for a parameter.
func dsn(path string, parameters ...string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()}
	u.RawQuery = strings.Join(parameters, "&")
	return u.String()
}

// Open opens the store in the file at path, and makes the file and the tables where
// they are missing. Any number of processes may have the file open; it has to be on a
// disk of this machine. It fails with [ErrNewer] when a newer version of this package
// has changed the tables.
func Open(path string, opts ...Option) (*Store, error) {
	o := options{clock: time.Now, readers: 4}
	for _, option := range opts {
		option(&o)
	}
	prefix, err := o.prefix()
	if err != nil {
		return nil, err
	}
	if path == "" || strings.HasPrefix(path, ":memory:") || strings.HasPrefix(path, "file:") {
		return nil, fmt.Errorf("sqlitestore: %w: %q is not the path of a file; a store in memory is package memstore", storage.ErrInvalid, path)
	}
	s, err := open(path, o, sqlcore.NewTexts(sqlcore.SQLite, prefix))
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: open %s: %w", path, cure(err))
	}
	return s, nil
}

func open(path string, o options, texts *sqlcore.Texts) (*Store, error) {
	conn, err := connect(path)
	if err != nil {
		return nil, err
	}
	f := &file{link: &link{conn: conn, texts: texts}, texts: texts, clock: o.clock}
	version, err := f.prepare(path, o)
	if err != nil {
		return nil, errors.Join(err, f.link.close())
	}
	core := sqlcore.New(sqlcore.Config{
		Package: "sqlitestore", Place: path, Texts: texts,
		Info: storage.Info{Name: "sqlite", Durable: true, Lanes: 1, Version: version},
	}, f)
	return &Store{core, f}, nil
}

// prepare makes the tables and opens the readers.
func (f *file) prepare(path string, o options) (version string, err error) {
	if err := f.set(`PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = ` + o.sync.String() +
		`; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 2000`); err != nil {
		return "", err
	}
	if err := f.migrate(); err != nil {
		return "", err
	}
	if _, err := f.Poll(); err != nil {
		return "", err
	}
	f.readers, err = sql.Open("sqlite", dsn(path, "_pragma=busy_timeout(10000)", "_pragma=query_only(1)", "_pragma=cache_size(-16384)"))
	if err != nil {
		return "", err
	}
	f.readers.SetMaxOpenConns(o.readers)
	f.readers.SetMaxIdleConns(o.readers)
	return f.link.conn.version(), nil
}

// openPatience is how long processes that start at once on a new file wait for each other.
const openPatience = 10 * time.Second

// set runs the settings of the file. Of two processes that make a new file a WAL file at
// the same time, SQLite refuses one at once, whatever its busy timeout is: each would wait
// for the other. That one tries again.
func (f *file) set(settings string) error {
	for end := time.Now().Add(openPatience); ; time.Sleep(5 * time.Millisecond) {
		err := f.link.Run(settings)
		if codeOf(err) != codeBusy || time.Now().After(end) {
			return err
		}
	}
}

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer is wrapped by [Open] when a newer version of this package has changed the
// tables: start that version, or restore the file from before.
var ErrNewer = sqlcore.ErrNewer

// migrate brings the tables to this version, while other processes that start at once
// wait, and leaves the connection to the writer, who waits for locks on his own.
func (f *file) migrate() error {
	if err := f.link.Run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := sqlcore.Migrate(f.link, f.texts, migrations); err != nil {
		return errors.Join(err, f.link.Run("ROLLBACK"))
	}
	if err := f.link.Run("COMMIT"); err != nil {
		return err
	}
	return f.link.Run("PRAGMA busy_timeout = 0")
}

// SQLite's result codes that callers can do something about.
const (
	codeBusy     = 5
	codeReadOnly = 8
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// codeOf is SQLite's primary result code of an error; 0 when it has none.
func codeOf(err error) int {
	var of *sqlite.Error
	if errors.As(err, &of) {
		return of.Code() & 0xff
	}
	var e *sqliteError
	if errors.As(err, &e) {
		return e.code & 0xff
	}
	return 0
}

// cure adds to an error of SQLite what to do about it.
func cure(err error) error {
	hint := map[int]string{
		codeBusy:     "another process holds a transaction open: end it",
		codeReadOnly: "the file or its folder may not be written: give this process write access to both",
		codeCorrupt:  "the file is damaged: restore a backup",
		codeFull:     "the disk is full: make room",
		codeCantOpen: "the folder has to exist, and this process needs write access to it",
		codeNotADB:   "it is not a SQLite database: give the path of another file",
	}[codeOf(err)]
	if hint == "" {
		return err
	}
	return fmt.Errorf("%w; %s", err, hint)
}
