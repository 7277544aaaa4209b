package mysqlstore_test

import (
	"database/sql"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/testservers"
	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
	"github.com/gojobgen/jobgen/storage/storagetest"
)

// opened is how the stores of one test are opened again.
type opened struct {
	db    *sql.DB
	ahead *atomic.Int64
}

// harness runs the suite on a server, with connections as a caller may have set them up.
// Tests use one database after the other: making the tables takes longer than a test.
func harness(t *testing.T, dsn string, opts ...mysqlstore.Option) storagetest.Harness {
	t.Helper()
	var known sync.Map // of storage.Store, and of *testing.T
	start := func(t *testing.T, o opened) storage.Store {
		ahead := mysqlstore.Ahead(func() time.Duration { return time.Duration(o.ahead.Load()) })
		return open(t, o.db, append(slices.Clone(opts), ahead)...)
	}
	return storagetest.Harness{
		Open: func(t *testing.T) storage.Store {
			o := opened{pool(t, dsn), new(atomic.Int64)}
			s := start(t, o)
			empty(t, o.db)
			known.Store(s, o)
			known.Store(t, o)
			return s
		},
		Reopen: func(t *testing.T, s storage.Store) storage.Store {
			found, _ := known.Load(s)
			o := found.(opened)
			again := start(t, o)
			known.Store(again, o)
			return again
		},
		Advance: func(t *testing.T, d time.Duration) {
			found, _ := known.Load(t)
			found.(opened).ahead.Add(int64(d))
		},
		Durable: true,
	}
}

// odd are parameters of connections that nothing here may depend on, none of them the
// default.
const odd = "?parseTime=true&loc=America%2FNew_York&clientFoundRows=true&interpolateParams=true&multiStatements=true" +
	"&charset=latin1&time_zone=%27-03%3A30%27&tx_isolation=%27SERIALIZABLE%27" +
	"&sql_mode=%27ANSI_QUOTES%2CPIPES_AS_CONCAT%2CNO_BACKSLASH_ESCAPES%2CIGNORE_SPACE%2CNO_UNSIGNED_SUBTRACTION%27"

func TestStore(t *testing.T) {
	storagetest.Run(t, harness(t, testservers.MariaDBShared(t).NewDatabase(t)+odd))
}

// TestStoreAsMySQL sends statements as to MySQL, which many machines do not have.
func TestStoreAsMySQL(t *testing.T) {
	if os.Getenv("JOBGEN_SOAK") == "" {
		t.Skip("runs in the full form only: it is the whole suite once more")
	}
	storagetest.Run(t, harness(t, testservers.MariaDBShared(t).NewDatabase(t), mysqlstore.Separate))
}

func TestStoreMySQL(t *testing.T) {
	storagetest.Run(t, harness(t, testservers.MySQLShared(t).NewDatabase(t)))
}
