package pgstore_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// packed says how many jobs lie in packs, and how many are rows of a line.
func (s *stage) packed() (inPacks, rows int) {
	s.t.Helper()
	s.must(s.pool.QueryRow(s.t.Context(), `SELECT (SELECT coalesce(sum(n - taken), 0) FROM jobgen_pack), (SELECT count(*) FROM jobgen_ready)`).Scan(&inPacks, &rows))
	return inPacks, rows
}

func idsOf(jobs []storage.Fetched) (ids []storage.ID) {
	for _, j := range jobs {
		ids = append(ids, j.Job.ID)
	}
	return ids
}

// Jobs leave packs in their order, however many are asked for, those of each call before
// those of the next.
func TestPacksKeepTheOrder(t *testing.T) {
	s := newStage(t)
	want := append(s.add(150), s.add(3)...)
	want = append(want, s.add(70)...)
	if packed, rows := s.packed(); packed != len(want) || rows != 0 {
		t.Fatalf("%d jobs in packs and %d rows; want %d and none", packed, rows, len(want))
	}
	var got []storage.ID
	for n := 1; len(got) < len(want); n += 7 {
		jobs := s.fetch(n)
		if len(jobs) == 0 {
			t.Fatalf("%d of %d jobs were given", len(got), len(want))
		}
		got = append(got, idsOf(jobs)...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got another order than that in which they were stored")
	}
	if packed, rows := s.packed(); packed != 0 || rows != 0 {
		t.Errorf("%d jobs in packs and %d rows are left", packed, rows)
	}
}

// Ids far from each other in time, such as those of a caller's own, do not share a pack:
// lists find a pack by when its ids were made.
func TestPacksOfDistantIDs(t *testing.T) {
	s := newStage(t)
	var g storage.Group
	var want []storage.ID
	for i := range 20 {
		j := job()
		ms := time.Now().Add(-time.Duration(i%2) * time.Hour).UnixMilli()
		for k := range 6 {
			j.ID[k] = byte(ms >> (40 - 8*k))
		}
		g.Jobs, want = append(g.Jobs, j), append(want, j.ID)
	}
	r, err := s.store.Insert(t.Context(), g)
	s.must(err)
	s.must(r[0].Err)
	slices.SortFunc(want, func(a, b storage.ID) int { return bytes.Compare(a[:], b[:]) })
	for i, id := range want {
		page, err := s.store.Jobs(t.Context(), storage.Query{Filter: storage.Filter{States: []storage.State{storage.Enqueued}}, After: id, Oldest: true, Limit: 5})
		s.must(err)
		if rest := want[i+1:]; len(page.Jobs) != min(5, len(rest)) || len(rest) > 0 && page.Jobs[0].ID != rest[0] {
			t.Errorf("behind job %d: got %d jobs", i, len(page.Jobs))
		}
	}
}

// A settle of many runs, of which one is not the session's any more, writes the others.
func TestSettleBesideAStaleToken(t *testing.T) {
	s := newStage(t)
	s.add(10)
	s.fetch(1)
	got := s.fetch(9)
	got[4].Token.Fetch++
	for i, v := range s.settle(got) {
		if want := storage.Accepted; i == 4 && v != storage.Refused || i != 4 && v != want {
			t.Errorf("outcome %d: got verdict %v", i, v)
		}
	}
	counts, err := s.store.Count(t.Context(), storage.Filter{}, 100)
	s.must(err)
	if counts.By[storage.Succeeded] != 8 || counts.By[storage.Processing] != 2 {
		t.Errorf("counters: got %v", counts.By)
	}
}

// A settle finds the runs of several calls, those whose claims the core has taken apart
// among them, and those of a session that another store fetched for.
func TestSettleOfManyCalls(t *testing.T) {
	s := newStage(t)
	s.add(60)
	s.fetch(1)
	got := s.fetch(10)
	got = append(got, s.fetch(10)...)
	_, err := s.store.Control(t.Context(), storage.Control{Action: storage.Cancel, IDs: []storage.ID{got[3].Job.ID}}) // takes claims apart
	s.must(err)
	got = append(got, s.fetch(10)...)
	other := *s
	other.store = stageOn(t, s.pool).store
	got = append(got, other.fetch(5)...)
	got = append(got, other.fetch(5)...)
	s.call = other.call
	got = append(got, s.fetch(5)...) // the core's again
	got = append(got, s.fetch(5)...)
	for i, v := range s.settle(got) {
		if v != storage.Accepted {
			t.Errorf("outcome %d: got verdict %v", i, v)
		}
	}
	if len(got) != 50 {
		t.Errorf("%d jobs were given", len(got))
	}
	counts, err := s.store.Count(t.Context(), storage.Filter{}, 100)
	s.must(err)
	if counts.By[storage.Succeeded] != len(got) {
		t.Errorf("counters: got %v", counts.By)
	}
}

// A token of another fetch does not make a job begin that is held ready, in a claim or in
// a row of its own.
func TestStaleTokensBeginNothing(t *testing.T) {
	for _, apart := range []bool{false, true} {
		s := newStage(t)
		s.add(5)
		s.fetch(1)
		r := s.request(1)
		r.Ahead = 3
		got, err := s.store.Fetch(t.Context(), r)
		s.must(err)
		if len(got.Jobs) != 4 || !got.Jobs[2].Ahead {
			t.Fatalf("got %d jobs", len(got.Jobs))
		}
		if apart { // the core makes rows of the claim
			_, err := s.store.Control(t.Context(), storage.Control{Action: storage.Cancel, IDs: []storage.ID{got.Jobs[0].Job.ID}})
			s.must(err)
		}
		stale, good := got.Jobs[2].Token, got.Jobs[3].Token
		stale.Fetch++
		_, err = s.store.Settle(t.Context(), storage.SettleRequest{Session: s.id, Started: []storage.Token{stale, good}})
		s.must(err)
		for i, want := range []bool{false, true} {
			info, err := s.store.Job(t.Context(), got.Jobs[2+i].Job.ID)
			s.must(err)
			if begun := !info.StartedAt.IsZero(); begun != want {
				t.Errorf("apart %v, job %d: begun is %v, want %v", apart, i, begun, want)
			}
		}
	}
}
