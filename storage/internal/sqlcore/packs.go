package sqlcore

import (
	"bytes"
	"encoding/binary"

	"github.com/gojobgen/jobgen/storage"
)

// Bounds of a pack. One of so many jobs fits into a row that is not split up. Ids tell when
// they were made: a list that begins somewhere finds each pack which reaches there among
// those that begin at most packSpan before.
const (
	PackMax  = 64
	packSpan = 100 // milliseconds
)

// PlainPack is where a pack lies in what one call stores.
type PlainPack struct {
	First, N  int
	Low, High storage.ID // of its ids
}

// PacksOf are the packs of jobs: those that follow each other and are alike.
func PacksOf(jobs []PlainJob) []PlainPack {
	packs := make([]PlainPack, 0, len(jobs)/PackMax+1)
	for i := range jobs {
		j := &jobs[i]
		if len(packs) > 0 && packs[len(packs)-1].add(jobs, j) {
			continue
		}
		packs = append(packs, PlainPack{First: i, N: 1, Low: j.ID, High: j.ID})
	}
	return packs
}

// add takes the next job into a pack, if it belongs there.
func (p *PlainPack) add(jobs []PlainJob, j *PlainJob) bool {
	first := &jobs[p.First]
	if p.N == PackMax || j.Shape != first.Shape || j.Priority != first.Priority {
		return false
	}
	low, high := p.Low, p.High
	if bytes.Compare(j.ID[:], low[:]) < 0 {
		low = j.ID
	}
	if bytes.Compare(j.ID[:], high[:]) > 0 {
		high = j.ID
	}
	if madeAt(high[:])-madeAt(low[:]) > packSpan {
		return false
	}
	p.N++
	p.Low, p.High = low, high
	return true
}

// From is where packs are read from: behind it, or for a list that goes backwards before it.
func (r *PackRange) From() []byte {
	switch {
	case r.Edge != nil:
		return r.Edge
	case r.Oldest:
		return made(madeAt(r.Bound) - packSpan - 1)
	}
	return made(madeAt(r.Bound) + packSpan + 1)
}

// madeAt is when an id was made, in milliseconds: its first six bytes.
func madeAt(id []byte) int64 {
	return int64(binary.BigEndian.Uint64(id) >> 16)
}

// made is below all ids that are made at a time or later, and above those before.
func made(ms int64) []byte {
	if ms >= 1<<48 {
		return bytes.Repeat([]byte{0xff}, len(storage.ID{})+1)
	}
	return binary.BigEndian.AppendUint64(nil, uint64(max(ms, 0))<<16)[:6]
}
