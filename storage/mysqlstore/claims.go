package mysqlstore

import (
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// What a hot fetch gives is one row of jg_claim in place of one of jg_run for each job.
// The jobs in it never change; what changes is which of them are over, and only by the
// settles of the process that made it, which remembers it. A transaction of the core
// begins by making rows of jg_run of all claims. So a claim that is not as it is
// remembered is none of a hot path any more.

// claim is a row of jg_claim.
type claim struct {
	session int
	slot    int   // in reused order, so that the table stays small
	stamp   int64 // tells it from others that have or had the slot
	call    uint64
	started int64 // when those that are not ahead began
	ahead   int   // from here on they were ahead
	jobs    []claimed
	done    []byte // by job: 1 when it is over

	mu   sync.Mutex // held by who changes the row
	live int        // how many are not over
	gone bool       // the row is not as it is remembered
}

// claimed is a job of a claim.
type claimed struct {
	id    storage.ID
	fetch int
	shape int
	links int
}

// claimSize is how long an entry of jg_claim.jobs is.
const claimSize = 28

func (c *claim) encode() []byte {
	b := make([]byte, 0, claimSize*len(c.jobs))
	for i := range c.jobs {
		j := &c.jobs[i]
		b = append(b, j.id[:]...)
		b = binary.BigEndian.AppendUint32(b, uint32(j.fetch))
		b = binary.BigEndian.AppendUint32(b, uint32(j.shape))
		b = binary.BigEndian.AppendUint32(b, uint32(j.links))
	}
	return b
}

func decodeClaimed(b []byte) (all []claimed) {
	all = make([]claimed, 0, len(b)/claimSize)
	for ; len(b) >= claimSize; b = b[claimSize:] {
		all = append(all, claimed{storage.ID(b[:16]), int(binary.BigEndian.Uint32(b[16:])),
			int(binary.BigEndian.Uint32(b[20:])), int(binary.BigEndian.Uint32(b[24:]))})
	}
	return all
}

// claims are those that this process made and that it remembers.
type claims struct {
	mu    sync.Mutex
	at    map[storage.ID]claimPlace
	slots map[int]*freeSlots // by session
	stamp int64
}

// errSlot: a slot has a claim that nobody remembers.
var errSlot = errors.New("the slot of a claim is taken")

// claimPlace is where a job is.
type claimPlace struct {
	c *claim
	i int
}

// freeSlots are those of a session.
type freeSlots struct {
	free []int
	next int
}

// maxClaimed bounds what is remembered: what is forgotten is the core's matter.
const maxClaimed = 100_000

// make makes a claim, in a slot that is free as far as this process knows; fresh wants one
// that this process has never used.
func (cs *claims) make(session int, jobs []claimed, fresh bool) *claim {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.slots == nil {
		cs.slots = make(map[int]*freeSlots)
	}
	s := cs.slots[session]
	if s == nil {
		s = new(freeSlots)
		cs.slots[session] = s
	}
	c := &claim{session: session, jobs: jobs, done: make([]byte, len(jobs)), live: len(jobs)}
	if n := len(s.free); n > 0 && !fresh {
		c.slot, s.free = s.free[n-1], s.free[:n-1]
	} else {
		c.slot = s.next
		s.next++
	}
	cs.stamp = max(cs.stamp+1, time.Now().UnixNano())
	c.stamp = cs.stamp
	return c
}

// remember notes a claim that is stored.
func (cs *claims) remember(c *claim) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.at == nil || len(cs.at) > maxClaimed {
		cs.at = make(map[storage.ID]claimPlace)
	}
	for i := range c.jobs {
		cs.at[c.jobs[i].id] = claimPlace{c, i}
	}
}

// release gives the slot of a claim back.
func (cs *claims) release(c *claim) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if s := cs.slots[c.session]; s != nil && !slices.Contains(s.free, c.slot) {
		s.free = append(s.free, c.slot)
	}
}

// forget forgets jobs of a claim: those that are over, or all.
func (cs *claims) forget(c *claim, all bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for i := range c.jobs {
		if !all && c.done[i] == 0 {
			continue
		}
		if cs.at[c.jobs[i].id].c == c {
			delete(cs.at, c.jobs[i].id)
		}
	}
}

// find is where the runs of a session are, and which they are; nothing for those that are not
// remembered.
func (cs *claims) find(session, n int, token func(i int) (storage.ID, int)) (places []claimPlace) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	places = make([]claimPlace, n)
	for i := range places {
		id, fetch := token(i)
		if p := cs.at[id]; p.c != nil && (p.c.session == session /* need: fence session */) && (p.c.jobs[p.i].fetch == fetch /* need: fence */) {
			places[i] = p
		}
	}
	return places
}

// started is when a job of a claim began, if it took so long and ended now.
func (c *claim) startedAt(i int, now time.Time, took time.Duration) int64 {
	if i >= c.ahead { // nobody told that it had begun
		return now.Add(-took).UnixMilli()
	}
	return c.started
}

// insert stores a claim.
func (c *claim) insert(t *texts) *writing {
	return new(writing).add(t.Named("INSERT INTO jg_claim (session, slot, stamp, `call`, started, ahead, n, live, jobs, done) VALUES (")).
		vals(c.session, c.slot, c.stamp, c.call, c.started, c.ahead, len(c.jobs), c.live, c.encode(), c.done).add(")")
}

// change writes which of its jobs are over, if the row is as it is remembered: live is
// how many were not over.
func (c *claim) change(t *texts, done []byte, live, was int) *writing {
	w := new(writing)
	if live == 0 {
		w.add(t.Named("DELETE FROM jg_claim"))
	} else {
		w.add(t.Named("UPDATE jg_claim SET live = ")).vals(live).add(", done = ").vals(done)
	}
	return w.add(" WHERE session = ").vals(c.session).add(" AND slot = ").vals(c.slot).add(" AND stamp = ").vals(c.stamp).add(" AND live = ").vals(was)
}

const claimsText = "SELECT session, slot, `call`, started, ahead, jobs, done FROM jg_claim FOR UPDATE"

// unpack makes runs of all claims.
func (t *transaction) unpack(found *rows) error {
	var gone [][]any
	var all []*writing
	var runs *writing
	n := 0
	for {
		row, ok, _ := found.Next()
		if !ok {
			break
		}
		c := columns(row)
		gone = append(gone, []any{c.int(0), c.int(1)})
		done := c.bytes(6)
		for i, j := range decodeClaimed(c.bytes(5)) {
			if i < len(done) && done[i] != 0 {
				continue
			}
			flags, started := runPlain, c.int(3)
			if i >= int(c.int(4)) {
				flags, started = runPlain|runAhead, 0
			}
			if n++; n%maxRows == 1 {
				runs = new(writing).add(t.texts.Named("INSERT INTO jg_run (session, job, `fetch`, `call`, flags, started, shape, links) VALUES "))
				all = append(all, runs)
			} else {
				runs.add(",")
			}
			runs.add("(").vals(c.int(0), j.id, j.fetch, c.int(2), flags, started, j.shape, j.links).add(")")
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return t.write(append(all, t.texts.remove("jg_claim c", "c.session = v.a AND c.slot = v.b", gone)))
}
