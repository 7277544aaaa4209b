package sqlcore

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// plainSettle is the part of a settle request that a hot path may write.
type plainSettle struct {
	ends   []PlainEnd
	places []int           // of the ends in the request
	begun  []storage.Token // handlers that started and have not ended
}

// settleHot writes what is plain of a request, and gives what is not, for the core, with
// the places of its outcomes.
func (s *Store) settleHot(ctx context.Context, d PlainSettler, r *storage.SettleRequest, verdicts []storage.Verdict) (*storage.SettleRequest, []int, error) {
	rest := &storage.SettleRequest{Session: r.Session}
	h := s.hot.session(r.Session)
	p := plainOf(r)
	begun := false
	if h != nil && p != nil && !s.isClosed() {
		calls := s.hot.given(h, p)
		for from := 0; from == 0 || from < len(p.ends); from += MaxPlain {
			to := min(from+MaxPlain, len(p.ends))
			started := p.begun
			if from > 0 {
				started = nil
			}
			ends := p.ends[from:to]
			written, all, err := d.SettlePlain(ctx, h.no, ends, started, calls)
			if err != nil {
				return nil, nil, s.readFault(ctx, err)
			}
			s.hot.settled(h, ends, started)
			for i, ok := range written {
				if ok {
					verdicts[p.places[from+i]] = storage.Accepted
				}
			}
			begun = all && (from == 0 || begun)
		}
		s.hot.wrote()
	}
	var places []int
	for i := range r.Outcomes {
		if verdicts[i] == 0 {
			rest.Outcomes, places = append(rest.Outcomes, r.Outcomes[i]), append(places, i)
		}
	}
	if !begun {
		rest.Started = r.Started
	}
	return rest, places, nil
}

// wrote counts a write that added to counters.
func (h *hot) wrote() {
	h.mu.Lock()
	h.writes++
	h.mu.Unlock()
}

var epoch = time.Unix(0, 0)

// plainOf is what of a request is plain as far as the request tells; nil for nothing.
func plainOf(r *storage.SettleRequest) *plainSettle {
	p := &plainSettle{ends: make([]PlainEnd, 0, len(r.Outcomes)), places: make([]int, 0, len(r.Outcomes))}
	order := make([]int, len(r.Outcomes))
	for i := range order {
		order[i] = i
	}
	job := func(i int) []byte { return r.Outcomes[i].Token.Job[:] }
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(job(a), job(b)) })
	for k, i := range order {
		if k > 0 && bytes.Equal(job(i), job(order[k-1])) { // guard: one outcome
			return nil // one job twice: the core judges them in their order
		}
		o := &r.Outcomes[i]
		if o.Kind != storage.Succeed || o.Reason != "" || o.Progress != nil || len(o.Logs) > 0 || (o.Token.Session != r.Session /* guard: fence session */) ||
			len(o.Result) > inlineMax || !rules.Storable(*o) {
			continue
		}
		p.places = append(p.places, i)
		p.ends = append(p.ends, PlainEnd{Job: o.Token.Job, Fetch: o.Token.Fetch, Took: max(o.Duration, 0), Result: o.Result,
			Retain: rules.RetainedTo(storage.Succeeded, epoch, o.Retain).Sub(epoch)})
	}
	for _, token := range r.Started {
		if !p.has(token.Job) {
			p.begun = append(p.begun, token)
		}
	}
	if len(p.ends)+len(p.begun) == 0 {
		return nil
	}
	return p
}

func (p *plainSettle) has(id storage.ID) bool {
	_, found := slices.BinarySearchFunc(p.ends, id, func(e PlainEnd, id storage.ID) int { return bytes.Compare(e.Job[:], id[:]) })
	return found
}
