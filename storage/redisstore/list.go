package redisstore

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// A list is read by a script that merges ranges, each in the order of the ids: those of
// the index, by state, queue and kind, or what a batch, a parent or a recurring job has.
// What no range is kept by (the server, and which of those that wait or run do which) is looked for in the records, at most
// listLooks in one script, so that no list holds up the server; the next script goes on
// behind.

var lookList = lazy("look_list")

const (
	// listLooks is how many jobs one script looks at.
	listLooks = 500
	// listIDs is how many ids one script gives.
	listIDs = 1000
)

// listing is what lists ask of every shard.
type listing struct {
	source, name string // what ranges to read: 'x' the index, 'k' kid, 's' set, 'r' run
	low, high    []byte // ids at or above low and below high
	oldest       bool
	states       []byte
	queue, kind  string // N8
	server       string
	flags        string   // h held, r retrying
	also         []string // prefixes of set that every job must have
}

// listOf is the list of a filter, behind after.
func listOf(f *storage.Filter, after storage.ID, oldest bool) *listing {
	l := &listing{source: "x", oldest: oldest, server: f.Server}
	l.bounds(f, after)
	if f.Queue != "" {
		l.queue = n8s(f.Queue)
	}
	if f.Kind != "" {
		l.kind = n8s(f.Kind)
	}
	for _, s := range storage.States() {
		wanted := len(f.States) == 0 || slices.Contains(f.States, s)
		if wanted && (!f.Held || s == storage.Enqueued) && (!f.Retrying || s == storage.Scheduled) {
			l.states = append(l.states, byte(s))
		}
	}
	if f.Held {
		l.flags += "h"
	}
	if f.Retrying {
		l.flags += "r"
	}
	l.choose(f)
	return l
}

// choose finds the ranges that hold the least of all that may match.
func (l *listing) choose(f *storage.Filter) {
	var sets []string
	if !f.Batch.IsZero() {
		sets = append(sets, "j"+string(f.Batch[:]))
	}
	if f.Recurring != "" {
		sets = append(sets, "m"+f.Recurring+"\x00")
	}
	switch {
	case !f.Parent.IsZero():
		l.source, l.name, l.also = "k", string(f.Parent[:]), sets
	case len(sets) > 0:
		l.source, l.name, l.also = "s", sets[0], sets[1:]
	case len(l.states) == 1 && l.states[0] == byte(storage.Processing):
		l.source = "r"
	}
}

// bounds turns the span of time and the page before into bounds of ids.
func (l *listing) bounds(f *storage.Filter, after storage.ID) {
	l.low, l.high = make([]byte, 16), bytes.Repeat([]byte{0xff}, 17)
	if !f.From.IsZero() {
		l.low = firstID(f.From)
	}
	if !f.To.IsZero() {
		l.high = firstID(f.To)
	}
	if !after.IsZero() {
		l.behind(after)
	}
}

// behind moves the bound in the direction of the list.
func (l *listing) behind(id storage.ID) {
	if l.oldest {
		if next := append(id[:], 0); bytes.Compare(next, l.low) > 0 {
			l.low = next
		}
	} else if bytes.Compare(id[:], l.high) < 0 {
		l.high = id[:]
	}
}

// firstID is the first id of a time.
func firstID(t time.Time) []byte {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	id := make([]byte, 16)
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id
}

// hit is a job of a list; its row is there where rows were asked for.
type hit struct {
	id  storage.ID
	row []any
}

// find gives up to limit jobs of the list, and whether there are more.
func (s *Store) find(ctx context.Context, l *listing, limit int, rows bool) (hits []hit, more bool, err error) {
	if len(l.states) == 0 {
		return nil, false, nil
	}
	for _, sh := range s.shards {
		own := *l
		found, there, err := sh.find(ctx, &own, limit, rows)
		if err != nil {
			return nil, false, err
		}
		hits, more = append(hits, found...), more || there
	}
	if len(s.shards) > 1 {
		slices.SortFunc(hits, func(a, b hit) int {
			if l.oldest {
				return bytes.Compare(a.id[:], b.id[:])
			}
			return bytes.Compare(b.id[:], a.id[:])
		})
		if len(hits) > limit {
			hits, more = hits[:limit], true
		}
	}
	return hits, more, nil
}

func (sh *shard) find(ctx context.Context, l *listing, limit int, rows bool) (hits []hit, more bool, err error) {
	for {
		reply, err := sh.run(ctx, lookList(), l.args(min(limit-len(hits), listIDs), rows)...)
		if err != nil {
			return nil, false, err
		}
		answer := asList(reply)
		if len(answer) != 4 {
			return nil, false, sh.s.fault("look_list", fmt.Errorf("unexpected reply %T", reply))
		}
		hits = append(hits, hitsOf(asList(answer[3]), rows)...)
		more, stopped := asInt(answer[1]) != 0, asString(answer[2])
		switch {
		case stopped != "":
			l.behind(asID(stopped))
		case more && len(hits) < limit:
			l.behind(hits[len(hits)-1].id)
		default:
			return hits, more, nil
		}
	}
}

func hitsOf(list []any, rows bool) (hits []hit) {
	step := 1
	if rows {
		step = 2
	}
	for ; len(list) >= step; list = list[step:] {
		h := hit{id: asID(list[0])}
		if rows {
			h.row = asList(list[1])
		}
		hits = append(hits, h)
	}
	return hits
}

func (l *listing) args(limit int, rows bool) []any {
	oldest, whole := "0", "0"
	if l.oldest {
		oldest = "1"
	}
	if rows {
		whole = "1"
	}
	args := []any{l.source, l.name, l.low, l.high, oldest, l.states, l.queue, l.kind, l.server, l.flags, limit, listLooks, whole}
	for _, prefix := range l.also {
		args = append(args, prefix)
	}
	return args
}

// Jobs is a page of jobs; see [storage.Reader].
func (s *Store) Jobs(ctx context.Context, q storage.Query) (page storage.Page, err error) {
	limit, err := rules.Page(q.Limit)
	if err != nil {
		return page, err
	}
	if err := s.enter(ctx); err != nil {
		return page, err
	}
	hits, more, err := s.find(ctx, listOf(&q.Filter, q.After, q.Oldest), limit, true)
	if err != nil {
		return page, err
	}
	page.More = more
	for _, h := range hits {
		j, err := listed(h.id, h.row)
		if err != nil {
			return storage.Page{}, err
		}
		page.Jobs = append(page.Jobs, j)
	}
	return page, nil
}
