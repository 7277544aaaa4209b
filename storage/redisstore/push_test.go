package redisstore_test

import (
	"slices"
	"testing"

	"github.com/gojobgen/jobgen/storage"
)

// pushed is one answer of which a session was told.
type pushed struct {
	call uint64
	jobs []storage.Fetched
}

// told has p's session told of answers, which it takes or leaves.
func told(t *testing.T, p *parked, takes bool) chan pushed {
	t.Helper()
	ch := make(chan pushed, 10)
	p.server.Push(p.session, func(call uint64, jobs []storage.Fetched) bool {
		ch <- pushed{call, slices.Clone(jobs)}
		return takes
	})
	t.Cleanup(func() { p.server.Push(p.session, nil) })
	return ch
}

// What a session takes when it is told is its: the call is made, and the next one gives what
// comes after.
func TestPushTaken(t *testing.T) {
	p := newParked(t)
	ch := told(t, p, true)
	for n := range 3 {
		ids := p.insert(t, 1+n)
		got := <-ch
		p.call++
		if got.call != p.call {
			t.Fatalf("told of call %d, the next is %d", got.call, p.call)
		}
		p.want(t, got.jobs, ids)
		p.wait(t) // it is woken, too, to make the next call
		p.none(t)
		p.succeed(t, got.jobs...)
		for _, id := range ids {
			wantState(t, p.client, id, storage.Succeeded, "it was taken, and ran")
		}
	}
}

// What it leaves, or is not told any more, the call gives.
func TestPushLeft(t *testing.T) {
	p := newParked(t)
	ch := told(t, p, false)
	ids := p.insert(t, 2)
	p.want(t, (<-ch).jobs, ids)
	p.wait(t)
	jobs := p.fetch(t, 10)
	p.want(t, jobs, ids)
	p.none(t)
	p.succeed(t, jobs...)

	p.server.Push(p.session, nil)
	ids = p.insert(t, 1)
	p.wait(t)
	p.want(t, p.fetch(t, 10), ids)
	select {
	case got := <-ch:
		t.Fatalf("told of %+v after the end", got)
	default:
	}
}
