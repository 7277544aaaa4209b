package storagetest

import (
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// sizeTests makes two tests of each size: at the limit it is stored, over it the
// insert fails with ErrTooLarge.
//
// limits.go: "An insert over a limit fails with ErrTooLarge".
func sizeTests() []test {
	long := func(n int) string { return strings.Repeat("x", n) }
	json := func(n int) []byte { return []byte(`{"x":"` + long(n-8) + `"}`) }
	sizes := []struct {
		name string
		max  int
		set  func(n int) mod
	}{
		{"payload", storage.MaxPayload, func(n int) mod { return func(j *storage.NewJob) { j.Payload = json(n) } }},
		{"options", storage.MaxOptions, func(n int) mod { return func(j *storage.NewJob) { j.Options = json(n) } }},
		{"metadata", storage.MaxMetadata, func(n int) mod {
			return func(j *storage.NewJob) { j.Metadata = map[string]string{"a": long(99), "b": long(n - 101)} }
		}},
		{"kind", storage.MaxName, func(n int) mod { return kind(long(n)) }},
		{"queue", storage.MaxName, func(n int) mod { return on(long(n)) }},
		{"fingerprint", storage.MaxName, func(n int) mod { return schema(long(n)) }},
		{"unique key", storage.MaxName, func(n int) mod { return unique(long(n)) }},
		{"limit key", storage.MaxName, func(n int) mod { return atMost(1, long(n)) }},
		{"recurring id", storage.MaxName, func(n int) mod { return recurs(long(n), time.Unix(1, 0)) }},
		{"number of limits", storage.MaxLimits, func(n int) mod {
			return func(j *storage.NewJob) {
				for i := range n {
					j.Limits = append(j.Limits, storage.Limit{Key: long(i + 1), Max: 1})
				}
			}
		}},
		{"rate", storage.MaxRate, func(n int) mod { return rate(n, time.Minute) }},
	}
	tests := []test{
		{"number of parents", parentsLimit},
		{"jobs of one group", groupLimit},
		{"bytes of one group", groupBytesLimit},
		{"batches in batches", nestingLimit},
	}
	for _, s := range sizes {
		tests = append(tests, test{s.name, func(e *env) {
			e.wantState(e.enqueue(s.set(s.max)), storage.Enqueued, "a job at the limit is stored")
			e.refused(storage.Group{Jobs: []storage.NewJob{e.job(s.set(s.max + 1))}}, storage.ErrTooLarge, "one over the limit")
		}})
	}
	return tests
}

// MaxParents = 1000.
func parentsLimit(e *env) {
	var parents []storage.NewJob
	var ids []storage.ID
	for range storage.MaxParents + 1 {
		parents = append(parents, e.job())
		ids = append(ids, parents[len(parents)-1].ID)
	}
	e.add(parents...)
	e.refused(storage.Group{Jobs: []storage.NewJob{e.job(after(ids...))}}, storage.ErrTooLarge, "a continuation of 1001 parents")
	child := e.enqueue(after(ids[:storage.MaxParents]...))
	e.wantState(child, storage.Awaiting, "a continuation of 1000 parents")
}

// MaxGroup = 10,000 jobs.
func groupLimit(e *env) {
	jobs := make([]storage.NewJob, storage.MaxGroup+1)
	for i := range jobs {
		jobs[i] = e.job()
	}
	r := e.tryInsert(storage.Group{Jobs: jobs})
	e.wantErr(r.Err, storage.ErrTooLarge, "a group of 10,001 jobs")
	e.wantGone(jobs[0].ID, "a refused group stores nothing")
	e.wantGone(jobs[storage.MaxGroup].ID, "a refused group stores nothing")
}

// MaxGroupBytes = 16 MiB of payloads, metadata and options together.
func groupBytesLimit(e *env) {
	big := payload(`{"x":"` + strings.Repeat("x", storage.MaxPayload-8) + `"}`)
	var jobs []storage.NewJob
	for range storage.MaxGroupBytes / storage.MaxPayload {
		jobs = append(jobs, e.job(big))
	}
	over := append(jobs[:len(jobs):len(jobs)], e.job(payload(`{}`)))
	e.refused(storage.Group{Jobs: over}, storage.ErrTooLarge, "a group of 16 MiB and two bytes")
	e.insert(storage.Group{Jobs: jobs})
}

// MaxNesting = 16: NewBatch.Parent is "the batch it is nested in, at most MaxNesting deep".
func nestingLimit(e *env) {
	var parent storage.ID
	for range storage.MaxNesting {
		id := e.id()
		e.insert(storage.Group{Batches: []storage.NewBatch{{ID: id, Parent: parent, Open: true}}})
		parent = id
	}
	var chain []storage.NewBatch
	for range 2 {
		chain = append(chain, storage.NewBatch{ID: e.id(), Parent: parent, Open: true})
		parent = chain[len(chain)-1].ID
	}
	r := e.tryInsert(storage.Group{Batches: chain})
	e.wantErr(r.Err, storage.ErrTooLarge, "batches nested deeper than 16")
}
