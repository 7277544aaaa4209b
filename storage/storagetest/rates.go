package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

func (e *env) rated(n, max int, per time.Duration) []storage.ID {
	var ids []storage.ID
	for range n {
		ids = append(ids, e.enqueue(rate(max, per)))
	}
	return ids
}

// Limit: "... else how many are given to sessions in any span of Per."
func rateHolds(e *env) {
	ids := e.rated(5, 2, 10*time.Second)
	s := e.session()
	res := s.send(s.request(10, 0))
	e.wantIDs(idsOf(res.Jobs), ids[:2], "two jobs of the key are given in ten seconds")
	again := s.send(s.request(10, 0))
	e.check(len(again.Jobs) == 0, "the rate is exhausted: got %d jobs", len(again.Jobs))
	e.check(again.Again >= 0 && again.Again <= 10*time.Second,
		"Again is when a job held back by a rate may be fetched, or 0: at most the span, got %v", again.Again)
	e.wantHeld(ids[2], "rate:r", "a job whose rate is exhausted")
	s.end(ids[0], storage.Succeed)
	s.fetchNone("the end of a run gives nothing back to a rate")
	e.sleep(11 * time.Second)
	e.wantIDs(s.fetchIDs(10), ids[2:4], "after the span, two more are given")
	e.sleep(11 * time.Second)
	e.wantIDs(s.fetchIDs(10), ids[4:], "and after another span the rest")
}

// "... in any span of Per": the span slides.
func rateSlides(e *env) {
	ids := e.rated(4, 2, 10*time.Second)
	s := e.session()
	e.wantIDs(s.fetchIDs(1), ids[:1], "the first of the span")
	e.sleep(6 * time.Second)
	e.wantIDs(s.fetchIDs(10), ids[1:2], "one more in the same span")
	e.sleep(5 * time.Second)
	e.wantIDs(s.fetchIDs(10), ids[2:3], "eleven seconds after the first, only that one has left the span")
	e.sleep(3 * time.Second)
	s.fetchNone("any span of ten seconds counts: two were given in the last eight")
	e.sleep(3 * time.Second)
	e.wantIDs(s.fetchIDs(10), ids[3:], "eleven seconds after the second, it has left the span")
}

func rateCountsFetches(e *env) {
	e.rated(1, 1, 10*time.Second)
	s := e.session()
	id := s.fetchIDs(10)[0]
	s.end(id, storage.Release)
	s.fetchNone("a rate counts what is given to sessions, and a release gives nothing back")
	e.sleep(11 * time.Second)
	e.wantIDs(s.fetchIDs(10), []storage.ID{id}, "after the span it may be given again")
}

// "A call whose answer was lost is made again": it is one start, not two.
func rateRepeatedCall(e *env) {
	ids := e.rated(3, 2, time.Minute)
	s := e.session()
	r := s.request(1, 0)
	s.send(r)
	s.send(r)
	e.wantIDs(s.fetchIDs(10), ids[1:2], "a repeated call is no second start of the rate")
}

func rateAndLimit(e *env) {
	var ids []storage.ID
	for range 4 {
		ids = append(ids, e.enqueue(rate(2, 10*time.Second), atMost(1, "l")))
	}
	s := e.session()
	e.wantIDs(s.fetchIDs(10), ids[:1], "the limit allows one")
	s.end(ids[0], storage.Succeed)
	e.wantIDs(s.fetchIDs(10), ids[1:2], "waiting for the limit used nothing of the rate")
	s.end(ids[1], storage.Succeed)
	s.fetchNone("the rate is exhausted")
	e.sleep(11 * time.Second)
	e.wantIDs(s.fetchIDs(10), ids[2:3], "after the span, the limit allows one")
}
