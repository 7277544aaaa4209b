package mysqlstore_test

import (
	"slices"
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/mysqlstore"
)

// However many jobs came from one priority, those of the others are found at once, in
// their order.
func TestUsualPriority(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...mysqlstore.Option) {
		s, _, w, jobs := claimed(t, 200, opts...)
		w.settle(t, jobs)
		w.settle(t, w.fetch(t, 10)) // nothing
		var added []storage.NewJob
		for _, p := range []int{3, 1, 0, 2, 0} {
			j := newJob("q", "k")
			j.Priority = p
			added = append(added, j)
		}
		insert(t, s, added...)
		got := w.fetch(t, 10)
		var order []int
		for _, j := range got {
			order = append(order, j.Job.Priority)
		}
		if !slices.Equal(order, []int{0, 0, 1, 2, 3}) || got[0].Job.ID != added[2].ID {
			t.Errorf("priorities %v", order)
		}
		w.settle(t, got)
	})
}
