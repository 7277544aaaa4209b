package memstore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// keyHold is a unique key with the job that holds it.
type keyHold struct {
	job *job
	to  time.Time // zero: to its end
}

// holder is the job that holds a unique key now, or nil.
func (s *Store) holder(key string) *job {
	h, ok := s.keys[key]
	if !ok || !h.to.IsZero() && !h.to.After(s.now) {
		return nil
	}
	return h.job
}

// blockedBy is the other job that holds the key of j, or nil.
func (s *Store) blockedBy(j *job) *job {
	if j.Unique == nil {
		return nil
	}
	if h := s.holder(j.Unique.Key); h != nil && h != j {
		return h
	}
	return nil
}

// takeKey makes j the holder of its unique key, which is free. For counts from the
// insert: after that there is nothing to hold.
func (s *Store) takeKey(j *job) {
	if j.Unique == nil {
		return
	}
	var to time.Time
	if j.Unique.For > 0 {
		if to = rules.After(j.CreatedAt, j.Unique.For); !to.After(s.now) {
			return
		}
	}
	s.keys[j.Unique.Key] = keyHold{job: j, to: to}
	j.keyed = true
}

// freeKey frees the unique key of j, if it is still its own.
func (s *Store) freeKey(j *job) {
	if !j.keyed {
		return
	}
	j.keyed = false
	if s.keys[j.Unique.Key].job == j {
		delete(s.keys, j.Unique.Key)
	}
}

// limit is the state of one concurrency key.
type limit struct {
	key     string
	running int
	lines   map[*line]bool // that wait for it, in all queues
}

func (s *Store) limit(key string) *limit {
	l := s.limits[key]
	if l == nil {
		l = &limit{key: key, lines: make(map[*line]bool)}
		s.limits[key] = l
	}
	return l
}

func (s *Store) forgetLimit(l *limit) {
	if l.running == 0 && len(l.lines) == 0 {
		delete(s.limits, l.key)
	}
}

// rate is the state of one rate key: the newest starts, oldest first.
type rate struct {
	starts []time.Time
	per    time.Duration // the longest that was asked for
}

// rateFree is when a rate has room for one more start; zero: now.
func (s *Store) rateFree(l storage.Limit) time.Time {
	r := s.rates[l.Key]
	if r == nil {
		return time.Time{}
	}
	return rules.RateFree(l, r.starts, s.exact)
}

// exhausted finds the first limit of j that has no room.
func (s *Store) exhausted(j *job) (storage.Limit, bool) {
	for _, l := range j.Limits {
		if l.Per > 0 {
			if !s.rateFree(l).IsZero() {
				return l, true
			}
		} else if shared := s.limits[l.Key]; shared != nil && shared.running >= l.Max {
			return l, true
		}
	}
	return storage.Limit{}, false
}

// takeSlots gives the run of j that begins its slots and counts its starts.
func (s *Store) takeSlots(j *job) {
	for i, l := range j.Limits {
		if l.Per > 0 {
			s.rate(l)
		}
		switch {
		case sameKeyBefore(j.Limits, i):
		case l.Per > 0:
			s.countStart(l)
		default:
			s.limit(l.Key).running++
		}
	}
	j.slots = true
}

// freeSlots gives back what takeSlots took, and makes ready what waited for it.
func (s *Store) freeSlots(j *job) {
	if !j.slots {
		return
	}
	j.slots = false
	for i, l := range j.Limits {
		if l.Per > 0 || sameKeyBefore(j.Limits, i) {
			continue
		}
		shared := s.limit(l.Key)
		shared.running--
		for waiting := range shared.lines {
			if waiting.first == nil && shared.running < waiting.limit.Max {
				s.stand(waiting)
				s.wake(waiting.queue)
			}
		}
		s.forgetLimit(shared)
	}
}

// sameKeyBefore reports whether an earlier limit of the same sort has the key of
// ls[i]: a run has one slot of a key, and starts once.
func sameKeyBefore(ls []storage.Limit, i int) bool {
	for _, l := range ls[:i] {
		if l.Key == ls[i].Key && (l.Per > 0) == (ls[i].Per > 0) {
			return true
		}
	}
	return false
}

// rate finds the state of the key of l, for at least the span that l asks for.
func (s *Store) rate(l storage.Limit) *rate {
	r := s.rates[l.Key]
	if r == nil {
		r = &rate{}
		s.rates[l.Key] = r
	}
	r.per = max(r.per, l.Per)
	return r
}

func (s *Store) countStart(l storage.Limit) {
	r := s.rate(l)
	for len(r.starts) > 0 && (len(r.starts) >= storage.MaxRate || !r.starts[0].Add(r.per).After(s.exact)) {
		r.starts = r.starts[1:]
	}
	r.starts = append(r.starts, s.exact)
}

// forgetRates drops some of the rate keys that are idle. Maps give their keys in
// random order, so that every key has its turn.
func (s *Store) forgetRates(look int) {
	for key, r := range s.rates {
		if look--; look < 0 {
			return
		}
		if !r.starts[len(r.starts)-1].Add(r.per).After(s.exact) {
			delete(s.rates, key)
		}
	}
}
