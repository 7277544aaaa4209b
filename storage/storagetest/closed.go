package storagetest

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// closedTests makes a test of each call.
//
// Close: "Calls after it fail with ErrClosed."
func closedTests() []test {
	calls := map[string]func(e *env, s storage.Store) error{
		"Insert": func(e *env, s storage.Store) error {
			_, err := s.Insert(e.ctx, storage.Group{Jobs: []storage.NewJob{e.job()}})
			return err
		},
		"Fetch": func(e *env, s storage.Store) error {
			_, err := s.Fetch(e.ctx, storage.FetchRequest{Session: e.id(), Call: 1, Queues: []string{queue}, Kinds: storage.NewKindSet(nil), Max: 1})
			return err
		},
		"Settle": func(e *env, s storage.Store) error {
			_, err := s.Settle(e.ctx, storage.SettleRequest{Outcomes: []storage.Outcome{outcome(storage.Token{Job: e.id()}, storage.Succeed)}})
			return err
		},
		"Report": func(e *env, s storage.Store) error {
			_, err := s.Report(e.ctx, e.id(), []storage.Report{{Token: storage.Token{Job: e.id()}, Number: 1}})
			return err
		},
		"Wait":         func(e *env, s storage.Store) error { return s.Wait(e.ctx, []string{queue}, 0) },
		"OpenSession":  func(e *env, s storage.Store) error { return s.OpenSession(e.ctx, storage.Session{ID: e.id()}) },
		"CloseSession": func(e *env, s storage.Store) error { return s.CloseSession(e.ctx, e.id()) },
		"Tick": func(e *env, s storage.Store) error {
			_, err := s.Tick(e.ctx, storage.TickRequest{Session: e.id()})
			return err
		},
		"PutRecurring": func(e *env, s storage.Store) error {
			_, err := s.PutRecurring(e.ctx, []storage.Recurring{e.every("digest", 0)})
			return err
		},
		"RemoveRecurring": func(e *env, s storage.Store) error { return s.RemoveRecurring(e.ctx, "digest") },
		"PauseRecurring": func(e *env, s storage.Store) error {
			return s.PauseRecurring(e.ctx, "digest", true, "", time.Time{})
		},
		"Fire": func(e *env, s storage.Store) error {
			_, err := s.Fire(e.ctx, storage.Fire{ID: "digest"})
			return err
		},
		"Recurring": func(e *env, s storage.Store) error {
			_, err := s.Recurring(e.ctx, "", 1)
			return err
		},
		"RecurringJob": func(e *env, s storage.Store) error {
			_, err := s.RecurringJob(e.ctx, "digest")
			return err
		},
		"Control": func(e *env, s storage.Store) error {
			_, err := s.Control(e.ctx, storage.Control{Action: storage.Cancel, IDs: []storage.ID{e.id()}})
			return err
		},
		"Pause": func(e *env, s storage.Store) error { return s.Pause(e.ctx, storage.PauseQueue, queue, true, "") },
		"CancelBatch": func(e *env, s storage.Store) error {
			_, err := s.CancelBatch(e.ctx, e.id(), "")
			return err
		},
		"Job": func(e *env, s storage.Store) error {
			_, err := s.Job(e.ctx, e.id())
			return err
		},
		"Jobs": func(e *env, s storage.Store) error {
			_, err := s.Jobs(e.ctx, storage.Query{})
			return err
		},
		"Count": func(e *env, s storage.Store) error {
			_, err := s.Count(e.ctx, storage.Filter{}, 1)
			return err
		},
		"Logs": func(e *env, s storage.Store) error {
			_, err := s.Logs(e.ctx, storage.LogQuery{Job: e.id(), Limit: 1})
			return err
		},
		"Queues": func(e *env, s storage.Store) error {
			_, err := s.Queues(e.ctx)
			return err
		},
		"Servers": func(e *env, s storage.Store) error {
			_, err := s.Servers(e.ctx)
			return err
		},
		"Kinds": func(e *env, s storage.Store) error {
			_, err := s.Kinds(e.ctx)
			return err
		},
		"PausedKinds": func(e *env, s storage.Store) error {
			_, err := s.PausedKinds(e.ctx)
			return err
		},
		"Stats": func(e *env, s storage.Store) error {
			_, err := s.Stats(e.ctx, storage.StatQuery{From: e.now().Add(-time.Hour), To: e.now(), Step: time.Minute})
			return err
		},
		"Batch": func(e *env, s storage.Store) error {
			_, err := s.Batch(e.ctx, e.id())
			return err
		},
		"Batches": func(e *env, s storage.Store) error {
			_, err := s.Batches(e.ctx, storage.ID{}, 1)
			return err
		},
	}
	var tests []test
	for name, call := range calls {
		tests = append(tests, test{name, func(e *env) {
			e.enqueue()
			e.must(e.store.Close(), "Close")
			e.wantErr(call(e, e.store), storage.ErrClosed, name+" on a closed store")
		}})
	}
	return byName(tests)
}
