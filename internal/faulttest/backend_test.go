package faulttest

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/internal/faultproxy"
	"github.com/gojobgen/jobgen/internal/testservers"
)

// backend is a store on a server of the test's own, with all that a fault can get at.
type backend struct {
	name   string
	url    string                          // for workers and clients: through the proxy where there is one
	direct string                          // for the judge: around it
	proxy  *faultproxy.Proxy               // nil: no network in between
	server server                          // nil: no server process
	disk   *disk                           // where the data are; nil: no matter
	mend   func(ctx context.Context) error // what an operator does after the disk was full; nil: nothing
	// failover kills the master, waits for another and brings the old one back. Nil: the
	// store has one server only.
	failover   func(ctx context.Context) error
	replicated func(ctx context.Context) error // waits for a replica of the master
	lossy      bool                            // a failover may lose what was acknowledged last: that is measured
}

// server is what a fault does to a server process.
type server interface {
	Kill() error
	Stop() error
	Start() error
	Pause() error
	Resume() error
	PID() int
}

// starters start a fresh, empty store by name, with the settings under which it keeps
// what it acknowledged.
var starters = map[string]func(t *testing.T) *backend{
	"sqlite":   startSQLite,
	"postgres": startPostgres,
	"mariadb":  startMariaDB,
	"mysql":    startMySQL,
	"redis":    startRedis,
}

// everyStore runs a test on each store, side by side.
func everyStore(t *testing.T, run func(t *testing.T, b *backend)) {
	t.Helper()
	runStores(t, starters, run)
}

func runStores(t *testing.T, starters map[string]func(t *testing.T) *backend, run func(t *testing.T, b *backend)) {
	t.Helper()
	t.Parallel()
	for name, start := range starters {
		if name == "mysql" && !soak() {
			continue // MariaDB speaks for both in the short form
		}
		t.Run(name, func(t *testing.T) {
			real(t)
			b := start(t)
			b.name = name
			run(t, b)
		})
	}
}

func startSQLite(t *testing.T) *backend {
	d := newDisk(t)
	u := "sqlite:" + filepath.Join(d.dir, "jobs.db")
	return &backend{url: u, direct: u, disk: d}
}

// startPostgres waits for its log to be on the disk at each commit, which is the default.
func startPostgres(t *testing.T) *backend {
	d := newDisk(t)
	s := testservers.Postgres(t, testservers.PostgresOptions{Fsync: true, Folder: d.dir,
		Settings: map[string]string{"max_wal_size": "64MB", "min_wal_size": "32MB"}})
	p := behind(t, s.Addr())
	direct := s.NewDatabase(t)
	return &backend{url: strings.Replace(direct, s.Addr(), p.Addr(), 1), direct: direct, proxy: p, server: s, disk: d}
}

func startMariaDB(t *testing.T) *backend {
	d := newDisk(t)
	return mysqlBackend(t, d, testservers.MariaDB(t, testservers.MySQLOptions{Sync: true, Folder: d.dir, Args: []string{"--innodb-log-file-size=32M"}}))
}

func startMySQL(t *testing.T) *backend {
	d := newDisk(t)
	return mysqlBackend(t, d, testservers.MySQL(t, testservers.MySQLOptions{Sync: true, Folder: d.dir}))
}

func mysqlBackend(t *testing.T, d *disk, s *testservers.MySQLServer) *backend {
	p := behind(t, s.Addr())
	_, db, _ := strings.Cut(s.NewDatabase(t), "/")
	at := func(addr string) string { return "mysql://root@" + addr + "/" + db }
	return &backend{url: at(p.Addr()), direct: at(s.Addr()), proxy: p, server: s, disk: d}
}

// startRedis keeps an append-only file with the usual setting: written before each
// answer, so the death of the server loses nothing; synced each second, so that of the
// machine can.
func startRedis(t *testing.T) *backend {
	d := newDisk(t)
	s := testservers.Redis(t, testservers.RedisOptions{AOF: "everysec", Folder: d.dir, Config: []string{"maxmemory-policy noeviction"}})
	p := behind(t, s.Addr)
	return &backend{url: "redis://" + p.Addr() + "/0", direct: "redis://" + s.Addr + "/0", proxy: p, server: s, disk: d,
		mend: func(ctx context.Context) error { return rewrite(ctx, s) }}
}

// rewrite has the append-only file written anew. On a full disk Redis (7.0.15) may leave a
// command in it that is cut off in the middle, and refuses to read the file at its next start.
func rewrite(ctx context.Context, s *testservers.RedisServer) error {
	for begun := false; ; {
		info, err := s.Do(ctx, "INFO", "persistence")
		switch busy := !strings.Contains(info, "aof_rewrite_in_progress:0") || !strings.Contains(info, "aof_rewrite_scheduled:0"); {
		case err != nil:
			return err
		case begun && !busy && strings.Contains(info, "aof_last_bgrewrite_status:ok"):
			return nil
		case !busy:
			if _, err := s.Do(ctx, "BGREWRITEAOF"); err != nil {
				return err
			}
			begun = true
		}
		select {
		case <-time.After(20 * time.Millisecond): // another process writes
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// behind puts a proxy before a server's address.
func behind(t *testing.T, addr string) *faultproxy.Proxy {
	t.Helper()
	p, err := faultproxy.New(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// open opens the store in this process until the test ends.
func (b *backend) open(t *testing.T, url string) *opened {
	t.Helper()
	s, err := open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
