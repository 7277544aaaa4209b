package redisstore_test

import (
	"testing"

	"github.com/gojobgen/jobgen/storage"
)

// limited makes a held line in the queue first: one job of its limit runs, and another worker
// found that the other one has to wait for it.
func limited(t *testing.T, p *parked) (other *worker, running []storage.Fetched) {
	t.Helper()
	other = newWorker(t, p.server, "first", "k")
	for range 2 {
		p.put(t, storage.NewJob{Queue: "first", Limits: []storage.Limit{{Key: "one", Max: 1}}})
	}
	if running = other.fetch(t, 10); len(running) != 1 {
		t.Fatalf("the limit lets one run, got %d", len(running))
	}
	return other, running
}

// What waits in a held line has its turn before what an insert would give past it: no call
// stays parked where a line is held, and none is parked beside one.
func TestParkedBesideHeldLine(t *testing.T) {
	for name, order := range map[string]func(*testing.T, *parked) (*worker, []storage.Fetched){
		"held later": func(t *testing.T, p *parked) (*worker, []storage.Fetched) {
			p.none(t)
			return limited(t, p)
		},
		"held before": func(t *testing.T, p *parked) (*worker, []storage.Fetched) {
			other, running := limited(t, p)
			p.none(t)
			return other, running
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newParked(t)
			p.queues = []string{"first", "q"}
			other, running := order(t, p)
			other.succeed(t, running...)
			late := p.insert(t, 1)
			wantState(t, p.client, late[0], storage.Enqueued, "a job in a queue that comes first may run now")
			if got := p.fetch(t, 1); len(got) != 1 || got[0].Job.Queue != "first" {
				t.Fatalf("the held job comes first: got %+v", got)
			}
		})
	}
}
