package redisstore

import (
	"encoding/binary"
	"runtime"

	"github.com/gojobgen/jobgen/storage"
)

// A plain fetch that finds less than is to start parks the session's next call: with its number,
// what it reads, and for how many jobs. An insert that comes next and has just that answers it on
// the spot, and publishes the answer: so a job that somebody waits for is there without another
// round trip, and begins when the answer is heard (push.go). For the server that is as if the next
// call had been made and its answer is on its way. Where the answer is lost, the call itself, made
// again or at last, is answered with the same jobs, as every repeated call; when the session dies
// before, they go back as all of its jobs. Their places in line are from when the call was parked:
// should they go back, they may stand before jobs that others were given in between.
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

// take gives the answer of a parked call to the session, or keeps it for the call.
func (b *bell) take(answer string) {
	_, _, _, records := handParts(answer)
	if len(records) < shortLen {
		return
	}
	queue := records[2:][:8]
	b.s.shards[0].clock.told(int64(six(answer[handNow:])) - b.s.offset.Load())
	b.mu.Lock()
	deaf := b.deaf
	b.mu.Unlock()
	if deaf {
		return
	}
	if !b.push(answer) {
		b.mu.Lock()
		b.hands[handSession(answer)] = answer
		b.mu.Unlock()
	}
	runtime.Gosched() // what was pushed begins before the session is woken
	b.ring(queue)
	runtime.Gosched() // who was woken goes on before the next message is awaited
}

// handSession is whose call an answer is to.
func handSession(answer string) storage.ID { return storage.ID([]byte(answer[:handCall])) }

// handParts takes an answer apart; of one that is cut off it gives no records. The lengths of
// one record are not in it.
func handParts(answer string) (server, ids, sizes, records string) {
	if len(answer) <= handServer {
		return
	}
	rest := answer[handServer+1:]
	name := int(answer[handServer])
	if len(rest) <= name {
		return
	}
	server, n, rest := rest[:name], int(rest[name]), rest[name+1:]
	size := 0
	if n > 1 {
		size = 4
	}
	if n == 0 || len(rest) < (16+size)*n {
		return
	}
	return server, rest[:16*n], rest[16*n:][:size*n], rest[(16+size)*n:]
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
func (s *Store) handed(answer string, mark uint64) (res storage.FetchResult, err error) {
	// It was answered without a look at what else there is.
	res.Mark, res.More = mark, true
	if res.Jobs, err = s.handedJobs(answer); err != nil {
		return res, s.fault("fetch", err)
	}
	return res, nil
}

// handedJobs are the jobs of an answer.
func (s *Store) handedJobs(answer string) ([]storage.Fetched, error) {
	server, ids, sizes, records := handParts(answer)
	if sizes == "" {
		sizes = string(binary.BigEndian.AppendUint32(nil, uint32(len(records))))
	}
	g := given{
		sh: s.shards[0], session: handSession(answer), now: int64(six(answer[handNow:])), server: server,
		call: six(answer[handCall:]), ids: ids, sizes: sizes, values: records,
	}
	return g.all(nil, len(ids)/16)
}
