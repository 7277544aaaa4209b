package redisstore

import (
	"sync"

	"github.com/gojobgen/jobgen/storage"
)

// pushes are those that want to be told of answers to their parked calls. It is locked while
// one is.
type pushes struct {
	mu    sync.Mutex
	takes map[storage.ID]func(call uint64, jobs []storage.Fetched) bool
}

// Push implements [storage.Pusher]: a job for which somebody waits is there without the way
// over Wait and Fetch.
func (s *Store) Push(session storage.ID, take func(call uint64, jobs []storage.Fetched) bool) {
	p := &s.bell.pushes
	p.mu.Lock()
	defer p.mu.Unlock()
	if take == nil {
		delete(p.takes, session)
		return
	}
	if p.takes == nil {
		p.takes = make(map[storage.ID]func(uint64, []storage.Fetched) bool)
	}
	p.takes[session] = take
}

// push tells the session of an answer, and reports whether it took that. What does not decode
// is left to Fetch, which says so.
func (b *bell) push(answer string) bool {
	b.pushes.mu.Lock()
	defer b.pushes.mu.Unlock()
	take := b.pushes.takes[handSession(answer)]
	if take == nil {
		return false
	}
	jobs, err := b.s.handedJobs(answer)
	if err == nil && take(six(answer[handCall:]), jobs) {
		return true
	}
	for i := range jobs {
		b.s.shards[0].runs.forget(jobs[i].Token) // the call may have been answered otherwise, and be over
	}
	return false
}
