package faulttest

import (
	"context"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// declare starts a recurring job that fires every second, and makes up for what it missed.
func (c *campaign) declare(l *load) string {
	const id = "every-second"
	if !l.keep(func(ctx context.Context) error {
		return l.client.Recurring(ctx, id, "* * * * * *", step(stepArgs{}), runtime.OnMisfire(runtime.MisfireAll))
	}) {
		c.t.Fatal("the recurring job was never acknowledged")
	}
	return id
}

func (c *campaign) withdraw(id string) {
	c.t.Helper()
	c.check(runtime.NewClient(c.judge).RemoveRecurring(context.Background(), id))
}

// judgeOccurrences: one job for each second, none twice and none left out.
func (tr *trial) judgeOccurrences(id string) {
	tr.t.Helper()
	var times []time.Time
	q := storage.Query{Filter: storage.Filter{Recurring: id}, Oldest: true, Limit: storage.MaxPage}
	for more := true; more; {
		page, err := tr.store.Jobs(context.Background(), q)
		if err != nil {
			tr.t.Fatal(err)
		}
		for _, j := range page.Jobs {
			times = append(times, j.Occurrence)
			if j.State != storage.Succeeded {
				tr.errorf("the job %v of occurrence %v is %v (%s)", j.ID, j.Occurrence, j.State, j.Reason)
			}
			q.After = j.ID
		}
		more = page.More
	}
	slices.SortFunc(times, time.Time.Compare)
	for i := 1; i < len(times); i++ {
		if step := times[i].Sub(times[i-1]); step != time.Second {
			tr.errorf("occurrence %v is followed by %v; every second was promised", times[i-1], times[i])
		}
	}
	tr.t.Logf("%d occurrences", len(times))
	if len(times) == 0 {
		tr.t.Error("the recurring job never fired")
	}
}
