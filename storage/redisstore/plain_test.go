package redisstore_test

import (
	"errors"
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/redisstore"
)

// An id of a batch is none for a job, in a call of few jobs, of many, and of several sorts.
func TestBatchID(t *testing.T) {
	s := open(t, dial(t), redisstore.Namespace(fresh()))
	batch := storage.NewIDIn(1)
	mustInsert(t, s, storage.Group{Batches: []storage.NewBatch{{ID: batch, Open: true}}})
	for _, n := range []int{1, 2, 8, 40} {
		for _, sorts := range []int{1, 2} {
			var g storage.Group
			for i := range n {
				g.Jobs = append(g.Jobs, storage.NewJob{ID: storage.NewIDIn(1), Kind: "k", Queue: "q", Priority: 1 + i%sorts})
			}
			g.Jobs[n-1].ID = batch
			r, err := s.Insert(t.Context(), g)
			if err != nil || !errors.Is(r[0].Err, storage.ErrIDConflict) {
				t.Errorf("%d jobs of %d sorts, the last with the id of a batch: got %+v, %v", n, sorts, r, err)
			}
			if n > 1 {
				if _, err := s.Job(t.Context(), g.Jobs[0].ID); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("%d jobs of %d sorts, the last with the id of a batch: the first was stored: %v", n, sorts, err)
				}
			}
		}
	}
}
