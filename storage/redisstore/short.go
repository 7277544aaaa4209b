package redisstore

import (
	"encoding/binary"
	"strings"
	"sync"

	"github.com/gojobgen/jobgen/storage"
)

// A job that was stored as a plain one and waits since has a short record: a mark, what
// plain inserts call the middle of a record (priority, N8 of queue, kind and fingerprint),
// its place in the queue and the time, 6 bytes each, and then its body. Whatever changes
// the job writes it in full, and the body to its own key; claim.expand shows how.
const (
	shortMark = 131
	shortAt   = 32 // when it was stored
	shortLen  = 38
)

func isShort(value string) bool { return len(value) >= shortLen && value[0] == shortMark }

// shortJob is a job with a short record that runs by a claim.
func shortJob(id storage.ID, value string, c *claim) (storage.Job, error) {
	at := timeOf(int64(binary.BigEndian.Uint64([]byte(value[shortAt-2:shortLen])) & maxTime))
	j := storage.Job{
		ID: id, State: storage.Processing, Priority: int(value[1]), Fetches: int(c.fetch), Attempt: 1,
		CreatedAt: at, EnqueuedAt: at, StartedAt: timeOf(c.start), Session: c.session, Server: c.server,
	}
	return j, decodeBody(&j, value[shortLen:])
}

// interned keeps names that come again and again, so that not every job has its own.
type interned struct {
	mu  sync.RWMutex
	all map[string]string
}

var nameTexts interned

const mostInterned = 10_000

func (i *interned) of(name string) string {
	i.mu.RLock()
	known, ok := i.all[name]
	i.mu.RUnlock()
	if ok {
		return known
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.all == nil || len(i.all) >= mostInterned {
		i.all = make(map[string]string)
	}
	name = strings.Clone(name)
	i.all[name] = name
	return name
}
