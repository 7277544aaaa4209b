package redisstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
	"github.com/redis/go-redis/v9"
)

// Store implements [storage.Store] in Redis. The zero value is not usable; see [New].
// All methods are safe for concurrent use.
type Store struct {
	rdb    redis.UniversalClient
	opt    options
	info   storage.Info
	shards []*shard
	offset atomic.Int64 // of the clock, in milliseconds; 0 but in tests
	ticks  atomic.Uint32
	mute   atomic.Bool // tests: messages between shards are left to others
	bell   bell
	parks  bool // calls may be parked, see park.go

	warnings []string

	once sync.Once
	done chan struct{} // closed by Close
}

var (
	_ storage.Store    = (*Store)(nil)
	_ storage.Parallel = (*Store)(nil)
	_ storage.Pusher   = (*Store)(nil)
)

type options struct {
	namespace string
	shards    int
	replicas  int
	timeout   time.Duration
	warn      func(string)
}

// Option changes how [New] uses the server.
type Option func(*options)

// Namespace keeps the jobs apart from those of other applications on the same server. It
// is up to 32 small letters and digits; empty, the default, is a namespace too.
func Namespace(name string) Option { return func(o *options) { o.namespace = name } }

// WaitReplicas makes Insert and Settle wait until n replicas have what was written, for
// at most timeout. Where they do not, the call fails: what it wrote may survive a
// failover or not, and the same call may be made again. Fetch waits, too, so that a
// failover does not forget a run and give its number to another, but goes on when the
// time is over: no outcome of its jobs is accepted before replicas have that.
func WaitReplicas(n int, timeout time.Duration) Option {
	return func(o *options) { o.replicas, o.timeout = n, timeout }
}

// Warn is told at once what [Store.Warnings] lists: settings of the server under which
// jobs can be lost.
func Warn(f func(string)) Option { return func(o *options) { o.warn = f } }

// New makes a store of a client, which stays the caller's: Close does not close it.
// It asks the server for its version and settings, and fails when there is none or it
// is too old.
func New(rdb redis.UniversalClient, opts ...Option) (*Store, error) {
	s := &Store{rdb: rdb, done: make(chan struct{})}
	for _, opt := range opts {
		opt(&s.opt)
	}
	if err := rules.Namespace(s.opt.namespace); err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.examine(ctx); err != nil {
		return nil, err
	}
	if err := s.spread(ctx); err != nil {
		return nil, err
	}
	_, cluster := rdb.(*redis.ClusterClient)
	s.parks = len(s.shards) == 1 && !cluster
	s.bell.init(s)
	return s, nil
}

// Info implements [storage.Reader].
func (s *Store) Info() storage.Info { return s.info }

// Inserts implements [storage.Parallel]: the server works on one call while the client
// prepares the next.
func (s *Store) Inserts() int { return 2 }

// Warnings lists settings of the server, as they were when the store was made, under
// which acknowledged jobs can be lost; each says the cure. Settings that the server does
// not tell are not judged.
func (s *Store) Warnings() []string { return s.warnings }

// Close ends all waiting and the connection that listens; calls after it fail with
// [storage.ErrClosed]. The client stays open.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.done)
		s.bell.close()
	})
	return nil
}

func (s *Store) closed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// enter begins a call.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed() {
		return storage.ErrClosed
	}
	return nil
}

// shardOf is where the job or batch with this id is kept.
func (s *Store) shardOf(id storage.ID) *shard { return s.shardAt(id.Lane()) }

// shardNamed is where what is keyed by a name is kept: a recurring job, a key.
func (s *Store) shardNamed(name string) *shard { return s.shardAt(storage.LaneOf(name)) }

func (s *Store) shardAt(lane uint16) *shard {
	return s.shards[int(lane)*len(s.shards)>>storage.LaneBits]
}
