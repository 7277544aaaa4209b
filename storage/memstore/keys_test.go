package memstore

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// A key named twice by one job is one slot, and one start.
func TestKeyTwice(t *testing.T) {
	f := newFixture(t)
	limits := []storage.Limit{{Key: "l", Max: 2}, {Key: "l", Max: 3}, {Key: "l", Max: 2, Per: time.Second}, {Key: "l", Max: 9, Per: time.Minute}}
	for range 3 {
		f.insert(storage.NewJob{ID: storage.NewIDIn(1), Limits: limits})
	}
	given := f.fetch(9)
	if len(given) != 2 {
		t.Fatalf("%d jobs were given, want 2", len(given))
	}
	f.s.checkAll(t)
	f.settle(given[0].Token, storage.Succeed)
	if more := f.fetch(9); len(more) != 0 {
		t.Errorf("%d starts over the rate", len(more))
	}
	f.now = f.now.Add(time.Second)
	if more := f.fetch(9); len(more) != 1 {
		t.Errorf("%d jobs after the span of the rate", len(more))
	}
	f.s.checkAll(t)
}

// An occurrence is stored once while its job is retained, and can be stored after.
func TestOccurrenceRetained(t *testing.T) {
	f := newFixture(t)
	at := f.now.Add(time.Hour)
	job := func() storage.NewJob {
		return storage.NewJob{ID: storage.NewIDIn(1), Recurring: "r", Occurrence: at.Add(time.Microsecond)}
	}
	first := f.insert(job(), job())
	if first[0].Duplicate || !first[1].Duplicate || first[1].ID != first[0].ID {
		t.Fatalf("one occurrence twice in a group: %+v", first)
	}
	f.settle(f.fetch(9)[0].Token, storage.Succeed)
	if again := f.insert(job()); !again[0].Duplicate || again[0].State != storage.Succeeded {
		t.Errorf("again while retained: %+v", again)
	}
	f.now = f.now.Add(storage.RetainSucceeded)
	f.tick(0)
	if len(f.s.occurrences)+len(f.s.made) > 0 {
		t.Errorf("left: %v %v", f.s.occurrences, f.s.made)
	}
	if late := f.insert(job()); late[0].Duplicate {
		t.Errorf("after the sweep: %+v", late)
	}
}

// Batches of one group may come in any order, and be nested in stored ones.
func TestNestedInOneGroup(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	up := storage.ID{}
	for range 2 {
		a, b, c := storage.NewIDIn(1), storage.NewIDIn(1), storage.NewIDIn(1)
		res, err := f.s.Insert(ctx, storage.Group{Batches: []storage.NewBatch{{ID: c, Parent: b}, {ID: b, Parent: a}, {ID: a, Parent: up}}})
		f.no(err)
		f.no(res[0].Err)
		f.s.checkAll(t)
		up = c
	}
	if depth := f.s.batches[up].depth; depth != 5 {
		t.Errorf("%d batches around the innermost, want 5", depth)
	}
	if b, err := f.s.Batch(ctx, up); err != nil || b.State != storage.Succeeded || b.Ends != 1 {
		t.Errorf("an empty batch: %+v %v", b, err)
	}
}
