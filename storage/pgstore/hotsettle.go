package pgstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/sqlcore"
)

// SettlePlain writes the ends of plain runs in one statement.
func (d *database) SettlePlain(ctx context.Context, session int, ends []sqlcore.PlainEnd, begun []storage.Token, calls []uint64) (written []bool, all bool, err error) {
	n := len(ends)
	order := byCall(ends)
	end := func(i int) *sqlcore.PlainEnd { return &ends[order[i]] }
	a := new(arguments)
	a.int8(d.offset.Load())
	a.int8(d.lock)
	a.int4(session)
	a.bool(d.async)
	a.calls(n, end)
	a.int4s(n, func(i int) int { return end(i).Place })
	a.blobs(n, func(i int) []byte { return end(i).Job[:] })
	alike(a.int4s, n, func(i int) int { return end(i).Fetch })
	alike(a.int4s, n, func(i int) int { return end(i).Shape })
	a.int8s(n, func(i int) int64 { return int64(end(i).Took) })
	alike(a.int8s, n, func(i int) int64 { return end(i).Retain.Milliseconds() })
	a.blobs(n, func(i int) []byte { return end(i).Result })
	a.sums(ends)
	a.chunks(ends)
	a.int8s(len(calls), func(i int) int64 { return int64(calls[i]) })
	a.blobs(len(begun), func(i int) []byte { return begun[i].Job[:] })
	a.int4s(len(begun), func(i int) int { return begun[i].Fetch })
	written = make([]bool, n)
	err = d.callFunction(ctx, "hot_settle", 23, a, func(c [][]byte) error {
		places := newElements(c[1])
		for range places.n {
			written[order[number(places.next())-1]] = true
		}
		for i := range written {
			written[i] = written[i] || number(c[0]) != 0
		}
		all = number(c[2]) != 0
		return nil
	})
	if code := codeOf(err); code == codeDuplicate || code == codeMoved { // the core knows what to answer
		return make([]bool, n), false, nil
	}
	return written, all, err
}

// codeMoved: the function found a claim not as the call left it.
const codeMoved = "JG001"

// byCall are the places of ends, those of one call next to each other.
func byCall(ends []sqlcore.PlainEnd) []int {
	order := make([]int, len(ends))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ends[a].Call, ends[b].Call) })
	return order
}

// calls adds the calls of ends, and how many of them each call has.
func (a *arguments) calls(n int, end func(i int) *sqlcore.PlainEnd) {
	var calls []uint64
	var sizes []int
	for i := range n {
		if call := end(i).Call; len(calls) == 0 || call != calls[len(calls)-1] {
			calls, sizes = append(calls, call), append(sizes, 0)
		}
		sizes[len(sizes)-1]++
	}
	a.int8s(len(calls), func(i int) int64 { return int64(calls[i]) })
	a.int4s(len(sizes), func(i int) int { return sizes[i] })
}

// sums adds what the counters and statistics get: of each shape, how many ended, and how
// long they took.
func (a *arguments) sums(ends []sqlcore.PlainEnd) {
	type sum struct {
		shape, n int
		took     time.Duration
	}
	var all []sum
	for i := range ends {
		e := &ends[i]
		at := slices.IndexFunc(all, func(s sum) bool { return s.shape == e.Shape })
		if at < 0 {
			at, all = len(all), append(all, sum{shape: e.Shape})
		}
		all[at].n++
		all[at].took += e.Took
	}
	a.int4s(len(all), func(i int) int { return all[i].shape })
	a.int8s(len(all), func(i int) int64 { return int64(all[i].n) })
	a.int8s(len(all), func(i int) int64 { return all[i].took.Microseconds() })
}

// chunks adds what the sweep gets: those that are to be kept for equally long, as a row of
// jg_sweep has them.
func (a *arguments) chunks(ends []sqlcore.PlainEnd) {
	type chunk struct {
		keep      time.Duration
		low, high storage.ID
		jobs      []byte
	}
	var all []chunk
	for i := range ends {
		e := &ends[i]
		at := slices.IndexFunc(all, func(c chunk) bool { return c.keep == e.Retain })
		if at < 0 {
			at, all = len(all), append(all, chunk{keep: e.Retain, low: e.Job, high: e.Job})
			if at == 0 {
				all[0].jobs = make([]byte, 0, 20*len(ends))
			}
		}
		c := &all[at]
		if bytes.Compare(e.Job[:], c.low[:]) < 0 {
			c.low = e.Job
		}
		if bytes.Compare(e.Job[:], c.high[:]) > 0 {
			c.high = e.Job
		}
		c.jobs = append(binary.BigEndian.AppendUint32(c.jobs, uint32(e.Shape)), e.Job[:]...)
	}
	a.int8s(len(all), func(i int) int64 { return all[i].keep.Milliseconds() })
	a.blobs(len(all), func(i int) []byte { return all[i].low[:] })
	a.blobs(len(all), func(i int) []byte { return all[i].high[:] })
	a.blobs(len(all), func(i int) []byte { return all[i].jobs })
}
