package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// snapshot is what a stream says: the counts as they are shown, and a version that
// changes with anything that pages show.
func (d *handler) snapshot(ctx context.Context) []byte {
	a := &asker{d: d, ctx: ctx}
	counts := a.counts()
	shown := make(map[string]string)
	for _, s := range storage.States() {
		shown[s.String()] = count(counts, s)
	}
	sum := fnv.New64a()
	fmt.Fprint(sum, shown, a.queues(), a.lastHour())
	for _, s := range a.servers() {
		fmt.Fprint(sum, s.ID, s.Running)
	}
	data, err := json.Marshal(struct {
		Version string            `json:"v"`
		Counts  map[string]string `json:"counts,omitempty"`
		Stale   bool              `json:"stale,omitempty"`
	}{fmt.Sprintf("%x", sum.Sum64()), shown, len(a.unknown) > 0})
	if err != nil {
		return nil // a struct of texts: cannot fail
	}
	return data
}

// broadcaster asks once for everybody who watches, and not at all while nobody does.
type broadcaster struct {
	read  func(context.Context) []byte
	every time.Duration

	mu     sync.Mutex
	subs   map[chan []byte]string // to the principal's name
	last   []byte
	stop   context.CancelFunc
	closed bool
	done   chan struct{} // closed with the broadcaster
}

func newBroadcaster(read func(context.Context) []byte) *broadcaster {
	return &broadcaster{read: read, every: time.Second, subs: make(map[chan []byte]string), done: make(chan struct{})}
}

// subscribe gives a channel of snapshots, the newest wins; nil when there are too
// many streams. Leave with the returned function.
func (b *broadcaster) subscribe(who string) (<-chan []byte, func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	mine := 0
	for _, name := range b.subs {
		if name == who {
			mine++
		}
	}
	if b.closed || len(b.subs) >= maxStreams || mine >= maxPerPerson {
		return nil, func() {}
	}
	ch := make(chan []byte, 1)
	if len(b.subs) == 0 {
		ctx, cancel := context.WithCancel(context.Background())
		b.stop, b.last = cancel, nil
		go b.run(ctx)
	} else if b.last != nil {
		ch <- b.last
	}
	b.subs[ch] = who
	return ch, func() { b.leave(ch) }
}

func (b *broadcaster) leave(ch chan []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subs, ch)
	if len(b.subs) == 0 && b.stop != nil {
		b.stop()
		b.stop = nil
	}
}

func (b *broadcaster) run(ctx context.Context) {
	tick := time.NewTicker(b.every)
	defer tick.Stop()
	for {
		b.publish(ctx, b.read(ctx))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// publish passes on what has changed.
func (b *broadcaster) publish(ctx context.Context, snapshot []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil || snapshot == nil || string(snapshot) == string(b.last) {
		return
	}
	b.last = snapshot
	for ch := range b.subs {
		select {
		case <-ch: // an older one that was not taken
		default:
		}
		ch <- snapshot
	}
}

func (b *broadcaster) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.closed = true
	close(b.done)
	if b.stop != nil {
		b.stop()
		b.stop = nil
	}
}
