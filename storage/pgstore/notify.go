package pgstore

import (
	"context"
	"strings"
	"sync"
	"time"
)

// A notifier tells other processes that there may be work: after the commit that
// stored it, in a transaction of its own. While there is always something to tell, many
// commits share a message, and what a server of this process has taken by then is not told.
type notifier struct {
	d    *database
	name string // of this process, so that it knows its own messages
	kick chan struct{}
	stop chan struct{}
	done chan struct{}

	mu    sync.Mutex
	dirty map[string]bool // queues
}

// After a quiet spell a notification is sent at once; while there is always something
// to tell, they keep a distance that grows.
const (
	quietSpell    = 10 * time.Millisecond
	firstDistance = 2 * time.Millisecond
	lastDistance  = 25 * time.Millisecond
)

func newNotifier(d *database, name string) *notifier {
	n := &notifier{d: d, name: name, dirty: make(map[string]bool), kick: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go n.loop()
	return n
}

// tell notes queues that have work.
func (n *notifier) tell(queues []string) {
	n.mu.Lock()
	for _, q := range queues {
		n.dirty[q] = true
	}
	n.mu.Unlock()
	select {
	case n.kick <- struct{}{}:
	default:
	}
}

// emptied notes queues of which a server of this process has taken all.
func (n *notifier) emptied(queues []string) {
	n.mu.Lock()
	for _, q := range queues {
		delete(n.dirty, q)
	}
	n.mu.Unlock()
}

// take gives the queues to tell of.
func (n *notifier) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	queues := make([]string, 0, len(n.dirty))
	for q := range n.dirty {
		queues = append(queues, q)
	}
	clear(n.dirty)
	return queues
}

func (n *notifier) loop() {
	defer close(n.done)
	distance := firstDistance
	var last time.Time
	for {
		select {
		case <-n.kick:
		case <-n.stop:
			return
		}
		if distance = min(2*distance, lastDistance); time.Since(last) > quietSpell+distance {
			distance = firstDistance
		}
		if queues := n.take(); len(queues) > 0 {
			n.send(queues)
			last = time.Now()
			n.rest(distance)
		}
	}
}

// rest waits, but not longer than the store is open.
func (n *notifier) rest(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-n.stop:
	}
}

// maxPayload is a bit less than the server's limit of a message.
const maxPayload = 7000

// send sends one message. One that is lost does no harm: ticks look for work, too.
func (n *notifier) send(queues []string) {
	payload := n.name + "\n" + strings.Join(queues, "\n")
	if len(payload) > maxPayload {
		payload = n.name // for all queues
	}
	w, err := n.d.acquire(context.Background())
	if err != nil {
		return
	}
	defer w.release()
	r := &request{name: "jobgen notify", text: "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)", sync: true}
	if err := r.set([]any{n.d.channel(), payload}); err != nil {
		return
	}
	_ = w.run([]*request{r}) // see above
}

// close sends what is left.
func (n *notifier) close() {
	close(n.stop)
	<-n.done
	if queues := n.take(); len(queues) > 0 {
		n.send(queues)
	}
}

// channel is where this namespace's messages go.
func (d *database) channel() string { return d.prefix + "work" }

// Tell tells other processes of work.
func (d *database) Tell(queues []string) {
	if d.notifier != nil {
		d.notifier.tell(queues)
	}
}

// Emptied notes that a server of this process has found the ends of lines.
func (d *database) Emptied(queues []string) {
	if d.notifier != nil {
		d.notifier.emptied(queues)
	}
}
