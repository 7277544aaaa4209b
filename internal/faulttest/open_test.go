package faulttest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
	"github.com/gojobgen/jobgen/storage/pgstore"
	"github.com/gojobgen/jobgen/storage/redisstore"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

// opened is a store with what its user opened for it.
type opened struct {
	storage.Store
	close func() // what lies below the store; nil: nothing
	// hold takes a connection out of the pool until it is closed. Nil: there is no pool.
	hold func(context.Context) (io.Closer, error)
	// begin starts a caller's transaction. Nil: the store has none.
	begin func(context.Context) (*userTx, error)
}

// userTx is a caller's transaction and the view of the store inside it.
type userTx struct {
	storage.Inserter
	commit, rollback func() error
}

// Close closes the store and what was opened for it.
func (o *opened) Close() error {
	err := o.Store.Close()
	if o.close != nil {
		o.close()
	}
	return err
}

// openers are the stores under test, by the scheme of their URL. The parameter "pool"
// of a URL bounds the connections of the pool.
var openers = map[string]func(u *url.URL) (*opened, error){
	"sqlite":   openSQLite,
	"postgres": openPostgres,
	"mysql":    openMySQL,
	"redis":    openRedis,
	// redis+sentinel://host:port,host:port,.../name and redis+cluster://host:port,...
	"redis+sentinel": openSentinel,
	"redis+cluster":  openCluster,
}

// open opens the store that a URL names, as any process of a service would.
func open(text string) (*opened, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	f := openers[u.Scheme]
	if f == nil {
		return nil, fmt.Errorf("no store opens %q", u.Scheme)
	}
	return f(u)
}

// number is a parameter of a URL, which it loses.
func number(u *url.URL, name string, otherwise int) int {
	q := u.Query()
	n, err := strconv.Atoi(q.Get(name))
	if err != nil {
		n = otherwise
	}
	q.Del(name)
	u.RawQuery = q.Encode()
	return n
}

func openSQLite(u *url.URL) (*opened, error) {
	s, err := sqlitestore.Open(strings.TrimPrefix(u.String(), "sqlite:"))
	if err != nil {
		return nil, err
	}
	return &opened{Store: s}, nil
}

func openPostgres(u *url.URL) (*opened, error) {
	size := number(u, "pool", 10)
	c, err := pgxpool.ParseConfig(u.String())
	if err != nil {
		return nil, err
	}
	c.MaxConns = int32(size)
	pool, err := pgxpool.NewWithConfig(context.Background(), c)
	if err != nil {
		return nil, err
	}
	s, err := pgstore.New(pool)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &opened{Store: s, close: pool.Close,
		hold: func(ctx context.Context) (io.Closer, error) {
			c, err := pool.Acquire(ctx)
			if err != nil {
				return nil, err
			}
			return closer(c.Release), nil
		},
		begin: func(ctx context.Context) (*userTx, error) {
			tx, err := pool.Begin(ctx)
			if err != nil {
				return nil, err
			}
			return &userTx{s.Tx(tx), func() error { return tx.Commit(ctx) }, func() error { return tx.Rollback(ctx) }}, nil
		},
	}, nil
}

// openMySQL opens mysql://user@host:port/database.
func openMySQL(u *url.URL) (*opened, error) {
	size := number(u, "pool", 10)
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	c.Logger = &mysql.NopLogger{} // faults are expected here
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	s, err := mysqlstore.New(db)
	if err != nil {
		db.Close()
		return nil, err
	}
	return &opened{Store: s, close: func() { db.Close() },
		hold: func(ctx context.Context) (io.Closer, error) { return db.Conn(ctx) },
		begin: func(ctx context.Context) (*userTx, error) {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return nil, err
			}
			return &userTx{s.Tx(tx), tx.Commit, tx.Rollback}, nil
		},
	}, nil
}

func openRedis(u *url.URL) (*opened, error) {
	size := number(u, "pool", 10)
	o, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, err
	}
	o.PoolSize = size
	return overRedis(redis.NewClient(o))
}

// openSentinel follows the master that the Sentinels name. The parameter "replicas"
// says how many replicas each write waits for.
func openSentinel(u *url.URL) (*opened, error) {
	wait := number(u, "replicas", 0)
	return overRedis(redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: strings.Split(u.Host, ","), MasterName: strings.TrimPrefix(u.Path, "/"),
	}), waitFor(wait)...)
}

func openCluster(u *url.URL) (*opened, error) {
	wait := number(u, "replicas", 0)
	return overRedis(redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: strings.Split(u.Host, ","), IsClusterMode: true,
	}), waitFor(wait)...)
}

func waitFor(replicas int) []redisstore.Option {
	if replicas == 0 {
		return nil
	}
	return []redisstore.Option{redisstore.WaitReplicas(replicas, 2*time.Second)}
}

// overRedis is the store on a client of any kind.
func overRedis(rdb redis.UniversalClient, opts ...redisstore.Option) (*opened, error) {
	s, err := redisstore.New(rdb, opts...)
	if err != nil {
		rdb.Close()
		return nil, err
	}
	o := &opened{Store: s, close: func() { rdb.Close() }}
	if single, ok := rdb.(*redis.Client); ok {
		o.hold = func(ctx context.Context) (io.Closer, error) {
			c := single.Conn()
			return c, c.Ping(ctx).Err() // it is taken from the pool by its first command
		}
	}
	return o, nil
}

// closer makes an io.Closer of a function.
type closer func()

// Close implements io.Closer.
func (c closer) Close() error { c(); return nil }
