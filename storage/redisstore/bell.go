package redisstore

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/redis/go-redis/v9"
)

const (
	// waitAtMost is how long Wait waits when nothing happens.
	waitAtMost = 5 * time.Second
	// waitUnsure is how long it waits when it cannot know what happened since the mark.
	waitUnsure = 10 * time.Millisecond
	// markFor is how long the server knows that somebody waits after it was told.
	markFor = 20 * time.Second
	// markSpare is what has to be left of that when a Wait begins.
	markSpare = waitAtMost + 5*time.Second
)

// bell wakes those who wait. Scripts publish the queues that got work while the key wake
// is there, one connection listens, and what this process's own calls did is told
// without the server. Everything is numbered in one line: a mark is a place in it.
type bell struct {
	s *Store

	mu      sync.Mutex
	line    uint64                // the last number given
	all     uint64                // when all queues were woken last
	queues  map[string]uint64     // N8 of a queue: when it was woken last
	waiters map[*waiter]struct{}  // those that wait now
	again   map[string]time.Time  // N8 of a queue: when a rate of it has room, by the last fetch
	marked  time.Time             // until when the server knows that somebody waits
	waited  time.Time             // when Wait was called last
	hands   map[storage.ID]string // the last answer of a parked call, by session
	pushes  pushes
	deaf    bool // tests: such answers are lost
	pubsub  *redis.PubSub
	channel string        // on which this connection hears answers of parked calls; empty: on none
	ended   chan struct{} // closed when nobody listens any more
}

// waiter is one call of Wait.
type waiter struct {
	queues []string // N8
	ch     chan struct{}
	rung   bool
}

func (b *bell) init(s *Store) {
	b.s = s
	b.queues = make(map[string]uint64)
	b.again = make(map[string]time.Time)
	b.waiters = make(map[*waiter]struct{})
	b.hands = make(map[storage.ID]string)
}

// mark is where the line stands.
func (b *bell) mark() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.line
}

// ring wakes the waiters of queues, given as N8 one behind the other.
func (b *bell) ring(queues string) {
	if queues == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line++
	if len(b.queues) > 10_000 {
		// The names of queues may be without end: forgetting them wakes for nothing once.
		clear(b.queues)
		b.all = b.line
	}
	for ; len(queues) >= 8; queues = queues[8:] {
		q := queues[:8]
		b.queues[q] = b.line
		for w := range b.waiters {
			if slices.Contains(w.queues, q) {
				b.call(w)
			}
		}
	}
}

// ringAll wakes all waiters: what was told meanwhile is not known.
func (b *bell) ringAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line++
	b.all = b.line
	for w := range b.waiters {
		b.call(w)
	}
}

func (b *bell) call(w *waiter) {
	if !w.rung {
		w.rung = true
		close(w.ch)
	}
	delete(b.waiters, w)
}

// woke is told by every call which queues it gave work to.
func (s *Store) woke(queues string) { s.bell.ring(queues) }

// rates notes when a rate of these queues has room again, as a fetch found; 0: unknown.
func (b *bell) rates(queues []string, again time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if again == 0 && len(b.again) == 0 {
		return
	}
	at := time.Now().Add(again)
	for _, q := range queues {
		if again == 0 {
			delete(b.again, n8s(q))
		} else {
			b.again[n8s(q)] = at
		}
	}
}

// Wait implements [storage.Worker]. It also returns when a rate has room again, as this
// Store value's last fetch of the queue found it.
func (s *Store) Wait(ctx context.Context, queues []string, mark uint64) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	b := &s.bell
	if err := b.listen(ctx); err != nil {
		return err
	}
	w := &waiter{ch: make(chan struct{})}
	sleep := waitAtMost
	b.mu.Lock()
	b.waited = time.Now()
	woken := false
	if b.all > mark {
		sleep = waitUnsure
	}
	for _, name := range queues {
		q := n8s(name)
		w.queues = append(w.queues, q)
		woken = woken || b.queues[q] > mark
		if at, ok := b.again[q]; ok {
			sleep = min(sleep, time.Until(at))
		}
	}
	if woken {
		b.mu.Unlock()
		return nil
	}
	b.waiters[w] = struct{}{}
	b.mu.Unlock()
	return b.sleep(ctx, w, sleep)
}

func (b *bell) sleep(ctx context.Context, w *waiter, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	defer func() {
		b.mu.Lock()
		delete(b.waiters, w)
		b.mu.Unlock()
	}()
	select {
	case <-w.ch:
		return b.s.enter(context.WithoutCancel(ctx))
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// listen makes sure that a connection listens and that the server knows that somebody
// waits, for as long as a Wait that begins now. When it has to begin with either, all
// marks taken before are too old: the Wait returns soon, and what the next fetch does
// not find is told.
func (b *bell) listen(ctx context.Context) error {
	b.mu.Lock()
	pubsub, marked := b.pubsub, b.marked
	b.mu.Unlock()
	if pubsub == nil {
		if err := b.subscribe(ctx); err != nil {
			return err
		}
	}
	now := time.Now()
	if marked.Sub(now) >= markSpare {
		return nil
	}
	for _, sh := range b.s.shards {
		if err := b.s.rdb.Set(ctx, sh.key("wake"), "1", markFor).Err(); err != nil {
			return b.s.fault("telling the server that somebody waits failed", err)
		}
	}
	b.noted(now)
	if !marked.After(now) {
		b.ringAll()
	}
	return nil
}

// noted tells that the server was told at a time that somebody waits.
func (b *bell) noted(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.marked = at.Add(markFor)
}

// waiting reports whether a Tick has to tell the server that somebody waits.
func (b *bell) waiting() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	return now.Sub(b.waited) < 2*waitAtMost && b.marked.After(now) && b.marked.Sub(now) < markFor-waitAtMost
}

// subscribe begins to listen.
func (b *bell) subscribe(ctx context.Context) error {
	var channels []string
	for _, sh := range b.s.shards {
		channels = append(channels, sh.key("wake"))
	}
	// Of each connection its own: a call that was parked before it must not be answered when the
	// store, after a failover, is what it was before.
	channel := ""
	if b.s.parks {
		channel = b.s.shards[0].key("park") + ":" + storage.NewID().String()
		channels = append(channels, channel)
	}
	pubsub := b.s.rdb.Subscribe(ctx, channels...)
	if _, err := pubsub.Receive(ctx); err != nil {
		_ = pubsub.Close()
		return b.s.fault("listening for work failed", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pubsub != nil || b.s.closed() {
		_ = pubsub.Close()
		return nil
	}
	b.pubsub, b.channel, b.marked, b.ended = pubsub, channel, time.Time{}, make(chan struct{})
	go b.hear(pubsub, channel, b.ended)
	return nil
}

// hear passes on what is published until the connection ends; the next Wait makes
// another. Receive would make one as well before it says so, for the same channels: a call that
// was parked long ago could be answered there, and nobody would hear it. With a context that has
// ended it makes none; reading goes on with it as well.
func (b *bell) hear(pubsub *redis.PubSub, channel string, ended chan struct{}) {
	defer close(ended)
	once, over := context.WithCancel(context.Background())
	over()
	for {
		msg, err := pubsub.Receive(once)
		if err != nil {
			break
		}
		m, ok := msg.(*redis.Message)
		switch {
		case ok && m.Channel == channel:
			b.take(m.Payload)
		case ok && strings.HasSuffix(m.Channel, ":wake"):
			b.ring(m.Payload)
		}
	}
	_ = pubsub.Close()
	b.mu.Lock()
	if b.pubsub == pubsub {
		b.pubsub, b.marked = nil, time.Time{}
	}
	b.mu.Unlock()
	b.ringAll()
}

// close ends the listening and all waiting.
func (b *bell) close() {
	b.mu.Lock()
	pubsub, ended := b.pubsub, b.ended
	b.pubsub = nil
	b.mu.Unlock()
	if pubsub != nil {
		_ = pubsub.Close()
		<-ended
	}
	b.ringAll()
}
