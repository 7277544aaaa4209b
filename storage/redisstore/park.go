package redisstore

import (
	"encoding/binary"

	"github.com/gojobgen/jobgen/storage"
)

// A plain fetch that finds less than is to start parks the session's next call: with its number, what it
// reads, and for how many jobs. An insert that comes next and has just that answers it on
// the spot, and publishes the answer: so a job that somebody waits for is there without
// another round trip. For the server that is as if the next call had been made and its
// answer is on its way. Where the answer is lost, the call itself, made again or at last,
// is answered with the same jobs, as every repeated call; when the session dies before, they
// go back as all of its jobs.
//
// That is for one server: in a Cluster a script does not know whether anybody hears what it
// publishes.

// parkedAt is the channel for the answer of the call after r, empty where nobody listens.
func (b *bell) parkedAt(r *storage.FetchRequest) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pubsub == nil || r.Max == 0 || b.s.opt.replicas > 0 { // an answer that is published does not wait for them
		return ""
	}
	return b.channel
}

// Places in an answer: session, call, time, server behind its length, number of jobs; then
// their ids, where there are several the lengths of their records, and those.
const (
	handCall   = 16
	handNow    = 22
	handServer = 28
)

// take keeps the answer of a parked call for the call.
func (b *bell) take(answer string) {
	if len(answer) <= handServer+1 {
		return
	}
	n, at := handJobs(answer)
	records := at + 16*n
	if n > 1 {
		records += 4 * n
	}
	if n == 0 || len(answer) < records+shortLen {
		return
	}
	queue := answer[records+2:][:8]
	b.s.shards[0].clock.told(int64(six(answer[handNow:])) - b.s.offset.Load())
	b.mu.Lock()
	deaf := b.deaf
	if !deaf {
		b.hands[storage.ID([]byte(answer[:16]))] = answer
	}
	b.mu.Unlock()
	if !deaf {
		b.ring(queue)
	}
}

// handJobs is how many jobs an answer has, and where they begin.
func handJobs(answer string) (n, at int) {
	at = handServer + 1 + int(answer[handServer])
	if at >= len(answer) {
		return 0, at
	}
	return int(answer[at]), at + 1
}

// hand is the answer that came for a call, if one did. Those of earlier calls are too late.
func (b *bell) hand(r *storage.FetchRequest) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	answer, ok := b.hands[r.Session]
	if !ok {
		return ""
	}
	call := six(answer[handCall:])
	if call <= r.Call {
		delete(b.hands, r.Session)
	}
	if call != r.Call {
		return ""
	}
	return answer
}

func six(s string) uint64 {
	var b [8]byte
	copy(b[2:], s[:6])
	return binary.BigEndian.Uint64(b[:])
}

// handed is the result of a call whose answer came before it.
func (s *Store) handed(r *storage.FetchRequest, answer string, mark uint64) (res storage.FetchResult, err error) {
	n, at := handJobs(answer)
	ids, sizes, values := answer[at:][:16*n], "", answer[at+16*n:]
	if n > 1 {
		sizes, values = values[:4*n], values[4*n:]
	} else {
		var size [4]byte
		binary.BigEndian.PutUint32(size[:], uint32(len(values)))
		sizes = string(size[:])
	}
	g := given{sh: s.shards[0], session: r.Session, now: int64(six(answer[handNow:])), server: answer[handServer+1 : at-1], call: r.Call,
		ids: ids, sizes: sizes, values: values}
	// It was answered without a look at what else there is.
	res.Mark, res.More = mark, true
	if res.Jobs, err = g.all(nil, n); err != nil {
		return res, s.fault("fetch", err)
	}
	return res, nil
}
