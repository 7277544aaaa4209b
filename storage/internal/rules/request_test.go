package rules_test

import (
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

func TestSession(t *testing.T) {
	s := storage.Session{ID: storage.NewID(), Queues: []string{"q"}, Kinds: []storage.KindInfo{
		{Kind: "k", Aliases: []string{"a"}, Reads: []string{"f"}},
	}}
	wantError(t, rules.Session(&s), nil, "")
	if s.Lease != storage.DefaultLease || s.MaxLost != storage.DefaultMaxLost {
		t.Errorf("defaults are not filled in: %+v", s)
	}
	for say, c := range map[string]struct {
		err  error
		with func(*storage.Session)
	}{
		"session ID": {storage.ErrInvalid, func(s *storage.Session) { s.ID = storage.ID{} }},
		"Server":     {storage.ErrTooLarge, func(s *storage.Session) { s.Server = big(storage.MaxName + 1) }},
		"Queues":     {storage.ErrInvalid, func(s *storage.Session) { s.Queues = []string{""} }},
		"Kind":       {storage.ErrInvalid, func(s *storage.Session) { s.Kinds = []storage.KindInfo{{}} }},
		"Aliases":    {storage.ErrInvalid, func(s *storage.Session) { s.Kinds = []storage.KindInfo{{Kind: "k", Aliases: []string{""}}} }},
		"Reads":      {storage.ErrInvalid, func(s *storage.Session) { s.Kinds = []storage.KindInfo{{Kind: "k", Reads: []string{"\xff"}}} }},
		"Kinds":      {storage.ErrInvalid, func(s *storage.Session) { s.Kinds = []storage.KindInfo{{Kind: "k", Doc: "\x00"}} }},
		"MaxLost":    {storage.ErrInvalid, func(s *storage.Session) { s.MaxLost = -1 }},
		"Lease":      {storage.ErrTooLarge, func(s *storage.Session) { s.Lease = storage.MaxLease + 1 }},
	} {
		s := storage.Session{ID: storage.NewID()}
		c.with(&s)
		wantError(t, rules.Session(&s), c.err, say)
	}
}

func TestRequests(t *testing.T) {
	kinds := storage.NewKindSet(nil)
	wantError(t, rules.Fetch(&storage.FetchRequest{Call: 1, Kinds: kinds}), nil, "")
	wantError(t, rules.Fetch(&storage.FetchRequest{Kinds: kinds}), storage.ErrInvalid, "Call")
	wantError(t, rules.Fetch(&storage.FetchRequest{Call: 1}), storage.ErrInvalid, "Kinds")
	wantError(t, rules.Fetch(&storage.FetchRequest{Call: 1, Kinds: kinds, Max: -1}), storage.ErrInvalid, "Max")
	wantError(t, rules.Pause(storage.PauseKind, "k"), nil, "")
	wantError(t, rules.Pause(0, "k"), storage.ErrInvalid, "target")
	wantError(t, rules.Pause(storage.PauseQueue, ""), storage.ErrInvalid, "name")
	if rules.Budget(0) != rules.DefaultBudget || rules.Budget(3) != 3 {
		t.Error("Budget")
	}
	for limit, want := range map[int]error{0: nil, 1: nil, storage.MaxPage: nil, -1: storage.ErrInvalid, storage.MaxPage + 1: storage.ErrTooLarge} {
		_, err := rules.Page(limit)
		wantError(t, err, want, "Limit")
	}
	for limit, want := range map[int]error{0: nil, 1: nil, -1: storage.ErrInvalid, storage.MaxLogLines + 1: storage.ErrTooLarge} {
		_, err := rules.LogPage(limit)
		wantError(t, err, want, "Limit")
	}
}

func TestControl(t *testing.T) {
	id := storage.NewID()
	ok := storage.Control{Action: storage.Requeue, IDs: []storage.ID{id}, Payload: []byte("{}"), Fingerprint: "f"}
	wantError(t, rules.Control(&ok), nil, "")
	if ok.Limit != rules.MaxControl {
		t.Errorf("Limit %d", ok.Limit)
	}
	for say, c := range map[string]struct {
		err error
		c   storage.Control
	}{
		"Action":      {storage.ErrInvalid, storage.Control{IDs: []storage.ID{id}}},
		"Filter":      {storage.ErrInvalid, storage.Control{Action: storage.Cancel}},
		"IDs":         {storage.ErrTooLarge, storage.Control{Action: storage.Cancel, IDs: make([]storage.ID, rules.MaxControl+1)}},
		"Limit":       {storage.ErrInvalid, storage.Control{Action: storage.Cancel, Filter: &storage.Filter{}, Limit: -1}},
		"Payload":     {storage.ErrInvalid, storage.Control{Action: storage.Cancel, IDs: []storage.ID{id}, Payload: []byte("{}")}},
		"Fingerprint": {storage.ErrInvalid, storage.Control{Action: storage.Requeue, IDs: []storage.ID{id}, Fingerprint: "f"}},
		"Payload ":    {storage.ErrTooLarge, storage.Control{Action: storage.Requeue, IDs: []storage.ID{id}, Payload: make([]byte, storage.MaxPayload+1)}},
	} {
		wantError(t, rules.Control(&c.c), c.err, say)
	}
}

func TestSteps(t *testing.T) {
	from := time.Date(2000, 1, 1, 10, 1, 30, 0, time.UTC)
	q := storage.StatQuery{From: from, To: from.Add(time.Hour), Step: 5 * time.Minute}
	steps, err := rules.Steps(q)
	wantError(t, err, nil, "")
	if want := from.Truncate(5 * time.Minute); len(steps) != 13 || !steps[0].At.Equal(want) {
		t.Errorf("%d steps from %v, want 13 from %v", len(steps), steps[0].At, want)
	}
	for at, want := range map[time.Duration]int{-2 * time.Minute: -1, 0: 0, 4 * time.Minute: 1, time.Hour: 12, 2 * time.Hour: -1} {
		if got := rules.StepIndex(steps, q.Step, from.Add(at)); got != want {
			t.Errorf("StepIndex of %v is %d, want %d", at, got, want)
		}
	}
	if rules.Coarse(q.Step) || !rules.Coarse(24*time.Hour) {
		t.Error("Coarse")
	}
	for say, q := range map[string]storage.StatQuery{
		"Step": {From: from, To: from, Step: time.Second},
		"From": {From: from, To: from.Add(-1), Step: time.Minute},
		"To":   {From: from, Step: time.Minute},
	} {
		_, err := rules.Steps(q)
		wantError(t, err, storage.ErrInvalid, say)
	}
	_, err = rules.Steps(storage.StatQuery{From: from, To: from.AddDate(1, 0, 0), Step: time.Minute})
	wantError(t, err, storage.ErrTooLarge, "steps")
}
