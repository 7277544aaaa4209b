package redisstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/gojobgen/jobgen/storage"
)

// With several shards a limit lies in the shard of its key's hash, the jobs that it holds
// back where they are. A fetch that meets such a job asks the limit's shard for a slot for
// the run that would begin, and goes on with the answer: the job is given, or waits on a
// held line. The end of the run gives the slot back by a message, and those who wait for
// one are told by another. What a caller took and did not use, Tick finds.

var (
	takeScript     = lazy("take")
	giveBackScript = lazy("giveback")
	runsScript     = lazy("runs")
)

// fetchRounds is how often a fetch asks other shards and goes on.
const fetchRounds = 10

// slotAsk is a job that is to run with its limits, as lua/fetch.lua asks for it.
type slotAsk struct {
	job    storage.ID
	fetch  int64
	limits []farLimit
}

type farLimit struct {
	key   string
	max   int64
	per   int64 // microseconds
	shard int
}

// slot is what was taken for a job.
type slot struct {
	job   storage.ID
	fetch int64
	key   string
	start string // of a rate
	at    *shard
}

// asking is what one fetch has asked of other shards.
type asking struct {
	s     *Store
	own   *shard
	by    []byte // the session
	taken []slot
	said  *pack
	n     int // entries of said
}

func (a *asking) begin() { a.said, a.n = &pack{}, 0 }

// packed is what was said, as the script takes it.
func (a *asking) packed() []byte {
	p := &pack{}
	p.dict(a.n)
	return append(p.b, a.said.b...)
}

// ask takes what each job needs, all of it or nothing.
func (a *asking) ask(ctx context.Context, asks []slotAsk) error {
	a.begin()
	for _, one := range asks {
		if err := a.askOne(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func (a *asking) askOne(ctx context.Context, one slotAsk) error {
	from := len(a.taken)
	for i, l := range one.limits {
		if sameBefore(one.limits, i) {
			continue
		}
		at := a.s.shards[l.shard]
		reply, err := at.call(ctx, takeScript(), a.own.n, a.by, one.job[:], one.fetch, l.key, l.max, l.per)
		list := asList(reply)
		if err != nil || len(list) != 1 {
			return errorOr(err, a.s.fault("take", fmt.Errorf("unexpected answer %v", reply)))
		}
		got := asList(list[0])
		if len(got) >= 2 && asInt(got[0]) == 1 {
			a.taken = append(a.taken, slot{one.job, one.fetch, l.key, asString(got[1]), at})
			continue
		}
		if len(got) < 3 {
			return a.s.fault("take", fmt.Errorf("unexpected answer %v", reply))
		}
		unused := a.taken[from:]
		a.taken = a.taken[:from]
		a.full(one, i, asInt(got[1]), asInt(got[2]))
		return a.giveBack(ctx, unused)
	}
	a.say(string(one.job[:]), one.fetch, 0, 0, 0)
	return nil
}

// full notes that a limit has no room: for this job, and for all others that have it too.
func (a *asking) full(one slotAsk, i int, free, freed int64) {
	l := one.limits[i]
	a.say(string(one.job[:]), one.fetch, int64(i)+1, free, freed)
	a.say("k"+l.key+"\x00"+strconv.FormatInt(l.max, 10)+"\x00"+strconv.FormatInt(l.per, 10), 0, 0, free, freed)
}

func (a *asking) say(about string, numbers ...int64) {
	a.n++
	a.said.text(about)
	a.said.list(len(numbers))
	for _, n := range numbers {
		a.said.int(n)
	}
}

func (a *asking) giveBack(ctx context.Context, slots []slot) error {
	for _, sl := range slots {
		if _, err := sl.at.call(ctx, giveBackScript(), sl.at.n, a.by, sl.job[:], sl.fetch, sl.key, sl.start); err != nil {
			return err
		}
	}
	return nil
}

// unused gives back what was taken for jobs that were not given.
func (a *asking) unused(ctx context.Context, given []storage.Fetched) error {
	if len(a.taken) == 0 {
		return nil
	}
	runs := make(map[storage.ID]int, len(given))
	for i := range given {
		runs[given[i].Token.Job] = given[i].Token.Fetch
	}
	var left []slot
	for _, sl := range a.taken {
		if runs[sl.job] != int(sl.fetch) {
			left = append(left, sl)
		}
	}
	return a.giveBack(ctx, left)
}

// sameBefore reports whether an earlier limit of the same sort has the key: a run has one
// slot of a key, and starts once.
func sameBefore(ls []farLimit, i int) bool {
	for _, l := range ls[:i] {
		if l.key == ls[i].key && (l.per > 0) == (ls[i].per > 0) {
			return true
		}
	}
	return false
}

// askOf takes an ask of the script apart: id, fetch, then key, max, per and shard of each
// limit.
func askOf(l []any) slotAsk {
	one := slotAsk{job: asID(l[0]), fetch: asInt(l[1])}
	for ls := asList(l[2]); len(ls) >= 4; ls = ls[4:] {
		one.limits = append(one.limits, farLimit{asString(ls[0]), asInt(ls[1]), asInt(ls[2]), int(asInt(ls[3]))})
	}
	return one
}

// free gives back the slots of a shard, as Tick found some, whose runs are over.
func (sh *shard) free(ctx context.Context, found []any) error {
	a := asking{s: sh.s, own: sh}
	for ; len(found) >= 3; found = found[3:] {
		sl := slot{job: asID(found[0]), key: asString(found[2]), at: sh}
		if fetch := asString(found[1]); len(fetch) == 4 {
			sl.fetch = int64(binary.BigEndian.Uint32([]byte(fetch)))
		}
		reply, err := sh.s.shardOf(sl.job).run(ctx, runsScript(), sl.job[:], sl.fetch)
		if err != nil {
			return err
		}
		if asInt(reply) == 0 {
			if err := a.giveBack(ctx, []slot{sl}); err != nil {
				return err
			}
		}
	}
	return nil
}
