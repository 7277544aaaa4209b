package mysqlstore

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What other processes and callers' transactions store is found by polls: every few
// milliseconds while there was work lately, then more and more rarely. A process that has
// been idle for long does not poll: its idle ticks look for jobs, too.

const (
	pollFirst = 2 * time.Millisecond
	pollLast  = time.Second
	// tickedFor is how old the last idle tick may be that looks instead of a poll.
	tickedFor = 1500 * time.Millisecond
	// ringAgain is how often the same jobs ring: those that nobody here takes.
	ringAgain = time.Second
)

// poller remembers what polls are about.
type poller struct {
	mu     sync.Mutex
	queues []int // that sessions of this process ask for
	pause  time.Duration
	next   time.Time // of the next poll
	tick   time.Time // the last idle one
	seen   string    // what the last poll found
	names  int64     // generation of names of the last fetch, or of a later poll
	rang   time.Time
}

// serve notes the queues of a fetch, and by which names it was made.
func (p *poller) serve(queues []int, generation int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.names = max(p.names, generation)
	for _, q := range queues {
		if q != 0 && !slices.Contains(p.queues, q) {
			p.queues = append(slices.Clone(p.queues), q)
		}
	}
}

// busy notes that there is work.
func (p *poller) busy(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pause, p.next = pollFirst, now
}

// ticked notes an idle tick that looked for jobs in these queues.
func (p *poller) ticked(now time.Time, queues []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.ContainsFunc(p.queues, func(q int) bool { return !slices.Contains(queues, q) }) {
		p.queues, p.tick = queues, now
	}
}

// due reports whether a poll is due now, and for which queues.
func (p *poller) due(now time.Time) (queues []int, due bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.next) || p.pause >= pollLast && now.Sub(p.tick) < tickedFor {
		return nil, false
	}
	p.pause = min(max(2*p.pause, pollFirst), pollLast)
	p.next = now.Add(p.pause)
	return p.queues, true
}

// found judges what a poll found; it reports whether to ring. Names that are newer than those
// of the last fetch are news for the first poll, too: it may have asked for a queue that had
// no name.
func (p *poller) found(now time.Time, generation int64, what string, ready bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	news := what != p.seen && p.seen != "" || generation > p.names
	p.names = max(p.names, generation)
	ring := news || ready && (p.seen == "" || now.Sub(p.rang) >= ringAgain)
	p.seen = what
	if ring {
		p.rang = now
	}
	if news {
		p.pause, p.next = pollFirst, now.Add(pollFirst)
	}
	return ring
}

// Poll reports whether there may be work that others have stored: jobs on the main lines,
// a new held line, or a change of names and pauses.
func (d *database) Poll() (bool, error) {
	queues, due := d.poll.due(time.Now())
	if !due {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	l := &link{ctx: ctx, conn: d.db, texts: d.texts}
	found, err := l.query(d.pollText(queues))
	if err != nil {
		return false, err
	}
	row, _, _ := found.Next()
	var what strings.Builder
	generation, ready := int64(0), false
	for i, v := range row {
		n, known := v.(int64)
		if i == 0 {
			generation = n
		}
		ready = ready || i >= 2 && known
		what.WriteString(strconv.FormatInt(n, 36) + " ")
	}
	return d.poll.found(time.Now(), generation, what.String(), ready), nil
}

// pollText asks for the ends of each line, which tell when jobs came or went.
func (d *database) pollText(queues []int) string {
	var b strings.Builder
	b.WriteString("SELECT generation, (SELECT MAX(no) FROM jg_line)")
	for _, q := range queues {
		no := strconv.Itoa(q)
		for _, end := range []string{"MIN", "MAX"} {
			b.WriteString(", (SELECT " + end + "(`rank`) FROM jg_ready WHERE queue = " + no + " AND line = 0)")
		}
		for _, order := range []string{"", " DESC"} {
			b.WriteString(", (SELECT `rank` + taken FROM jg_pack FORCE INDEX (PRIMARY) WHERE queue = " + no + " ORDER BY queue" + order + ", `rank`" + order + " LIMIT 1)")
		}
	}
	b.WriteString(" FROM jg_meta WHERE one = 1")
	return d.texts.Named(b.String())
}
