package redisstore_test

import (
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
)

// What changed a job since its fetch wrote its record: a plain settle, which would only
// look beside it, leaves such a job to the full script.
func TestPlainSettleOfChanged(t *testing.T) {
	s := open(t, dial(t), redisstore.Namespace(fresh()))
	w := newWorker(t, s, "q", "k")
	a, b, c := job(0), job(0), job(0)
	put(t, s, one(a), one(b), one(c))
	jobs := w.fetch(t, 10)
	next := child(0, storage.OnSuccess, a.ID)
	put(t, s, one(next))
	if _, err := s.Control(t.Context(), storage.Control{Action: storage.Cancel, IDs: []storage.ID{b.ID}}); err != nil {
		t.Fatal(err)
	}
	w.succeed(t, jobs...)
	for _, j := range []storage.NewJob{a, b, c} {
		wantState(t, s, j.ID, storage.Succeeded, "its run succeeded")
	}
	wantState(t, s, next.ID, storage.Enqueued, "its parent succeeded")
}

// A plain settle writes nothing for a session that is over, whether its jobs went back
// yet or not.
func TestPlainSettleOfDead(t *testing.T) {
	s := open(t, dial(t), redisstore.Namespace(fresh()))
	w, keeper := newWorker(t, s, "q", "k"), newWorker(t, s, "none", "k")
	put(t, s, one(job(0)), one(job(0)), one(job(0)), one(job(0)))
	jobs := w.fetch(t, 10)
	moved := 0
	for range 20 {
		s.Advance(storage.MaxLease / 3)
		res, err := s.Tick(t.Context(), storage.TickRequest{Session: keeper.session, Budget: 1})
		if err != nil {
			t.Fatal(err)
		}
		if moved += res.Moved; moved > 0 {
			break
		}
	}
	if moved != 1 {
		t.Fatalf("want one job to have gone back, got %d", moved)
	}
	r := storage.SettleRequest{Session: w.session}
	for _, j := range jobs {
		r.Outcomes = append(r.Outcomes, storage.Outcome{Token: j.Token, Kind: storage.Succeed})
		verdicts, err := s.Settle(t.Context(), storage.SettleRequest{Session: w.session, Outcomes: r.Outcomes[len(r.Outcomes)-1:]})
		if err != nil || verdicts[0] != storage.Refused {
			t.Fatalf("the session is over: want its outcome refused, got %v, %v", verdicts, err)
		}
	}
}
