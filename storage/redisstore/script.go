package redisstore

import (
	"context"
	"crypto/sha1"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gojobgen/jobgen/storage"
	"github.com/redis/go-redis/v9"
)

//go:embed lua/*.lua
var files embed.FS

// keyNames are the keys of a shard, in the order in which scripts declare them.
var keyNames = []string{
	"state", "body", "more", "part", "log", "line", "held", "turn", "index", "run", "due",
	"expire", "retain", "kid", "todo", "batch", "set", "unique", "limit", "rate", "meta",
	"paused", "count", "name", "stat", "step", "session", "info", "gave", "ended", "dying",
	"owner", "kind", "twin", "twins", "fired", "cron", "next", "wake", "claim", "out", "prep", "reserve", "slot",
	"shelf", "park", "hand",
}

// script is a Lua script with the keys it declares.
type script struct {
	name string
	keys []int // in keyNames
	text string
	sha  string
	safe bool // what it writes waits for replicas, where the option asks for them
	may  bool // it goes on where they do not answer in time
}

// load puts a script together from its file and those that it uses.
func load(name string) *script {
	var a assembly
	a.add(name)
	slices.Sort(a.keys)
	text := a.text()
	sum := sha1.Sum([]byte(text))
	return &script{name: name, keys: a.keys, text: text, sha: hex.EncodeToString(sum[:])}
}

// lazy is a script that is put together when it is run first.
func lazy(name string) func() *script { return lazyAs(name, script{}) }

// lazySafe is lazy for a script whose writes wait for replicas.
func lazySafe(name string) func() *script { return lazyAs(name, script{safe: true}) }

// lazyWaiting is lazySafe for a script that goes on without replicas that do not answer.
func lazyWaiting(name string) func() *script { return lazyAs(name, script{safe: true, may: true}) }

func lazyAs(name string, how script) func() *script {
	return sync.OnceValue(func() *script {
		sc := load(name)
		sc.safe, sc.may = how.safe, how.may
		return sc
	})
}

// shard is the part of the store whose keys share a slot.
type shard struct {
	s    *Store
	n    int
	keys []string // by keyNames

	fetches guess
	hands   atomic.Bool // the last lone insert was what a session waited for
	runs    runs
	clock   clock
	sorts   sorts

	mu       sync.Mutex
	declared map[*script][]any
}

func newShard(s *Store, n int, tag string) *shard {
	sh := &shard{s: s, n: n, declared: make(map[*script][]any)}
	for _, name := range keyNames {
		sh.keys = append(sh.keys, fmt.Sprintf("jg:{%s}:%s", tag, name))
	}
	return sh
}

// key is the name of one key of the shard, for commands outside of scripts.
func (sh *shard) key(name string) string { return sh.keys[slices.Index(keyNames, name)] }

// keysOf are the keys that a script declares.
func (sh *shard) keysOf(sc *script) []any {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	keys := sh.declared[sc]
	if keys == nil {
		for _, k := range sc.keys {
			keys = append(keys, sh.keys[k])
		}
		sh.declared[sc] = keys
	}
	return keys
}

// command is what runs a script, known by its sum or sent as text, with the clock's offset
// as its first argument.
func (sh *shard) command(ctx context.Context, sc *script, asText bool, args []any) *redis.Cmd {
	keys := sh.keysOf(sc)
	all := make([]any, 0, 4+len(keys)+len(args))
	if asText {
		all = append(all, "eval", sc.text, len(keys))
	} else {
		all = append(all, "evalsha", sc.sha, len(keys))
	}
	all = append(append(all, keys...), sh.s.offset.Load())
	return redis.NewCmd(ctx, append(all, args...)...)
}

// run runs a script and gives its reply. The server's error for a text that it does not
// know any more is answered by sending the text.
func (sh *shard) run(ctx context.Context, sc *script, args ...any) (any, error) {
	if sh.s.closed() {
		return nil, storage.ErrClosed
	}
	if sc.safe && sh.s.opt.replicas > 0 {
		return sh.runSafe(ctx, sc, args)
	}
	cmd := sh.command(ctx, sc, false, args)
	err := sh.s.rdb.Process(ctx, cmd)
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		cmd = sh.command(ctx, sc, true, args)
		err = sh.s.rdb.Process(ctx, cmd)
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, sh.s.fault(sc.name, err)
	}
	return cmd.Val(), nil
}

// runLast is run, where the server answers others before the caller. Redis writes last to who
// had something to be written first, so a PING goes before the script. With the session that
// waits in the same process the job begins some 50 us sooner: else the caller goes on first.
func (sh *shard) runLast(ctx context.Context, sc *script, args ...any) (any, error) {
	if sh.s.closed() || sh.s.opt.replicas > 0 { // run says so, or waits for them
		return sh.run(ctx, sc, args...)
	}
	cmd, pipe := sh.command(ctx, sc, false, args), sh.s.rdb.Pipeline()
	pipe.Ping(ctx)
	_ = pipe.Process(ctx, cmd) // it only notes it
	_, _ = pipe.Exec(ctx)      // the command has its error, too
	err, refused := cmd.Err(), redis.Error(nil)
	switch {
	case err == nil || errors.Is(err, redis.Nil):
		return cmd.Val(), nil
	case errors.As(err, &refused): // of a pipeline the client tries only the first command again
		return sh.run(ctx, sc, args...)
	}
	return nil, sh.s.fault(sc.name, err)
}

// call runs a script of the library, whose reply is its answer and the queues that it
// gave work to; those who wait for them in this process are woken.
func (sh *shard) call(ctx context.Context, sc *script, args ...any) (any, error) {
	reply, err := sh.run(ctx, sc, args...)
	if err != nil {
		return nil, err
	}
	pair, ok := reply.([]any)
	if !ok || len(pair) < 2 {
		return nil, sh.s.fault(sc.name, fmt.Errorf("unexpected reply %T", reply))
	}
	sh.s.woke(asString(pair[1]))
	if len(pair) > 2 {
		sh.deliver(ctx, asString(pair[2]))
	}
	return pair[0], nil
}
