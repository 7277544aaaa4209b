package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/recur"
	"github.com/gojobgen/jobgen/runtime/internal/spec"
	"github.com/gojobgen/jobgen/storage"
)

// declareEvery is how often a server repeats which recurring jobs its code
// declares; those that no living server of the owner repeats are removed.
const declareEvery = time.Minute

// declare puts the //job:cron declarations of the registered kinds into the store.
func (se *session) declare(ctx context.Context) {
	select {
	case <-se.clock.known: // the first occurrence follows from the store's time
	case <-ctx.Done():
		return
	}
	for {
		pause := declareEvery
		if err := se.declareOnce(ctx); err != nil && ctx.Err() == nil {
			se.server.faults.log("declare recurring jobs", err)
			pause = declareEvery / 10
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

func (se *session) declareOnce(ctx context.Context) error {
	var all []storage.Recurring
	var bad error
	for _, k := range se.server.dispatcher.order {
		for _, c := range k.spec.Cron {
			r, err := se.recurring(k.spec, c)
			if err != nil {
				bad = errors.Join(bad, err)
				continue
			}
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return bad
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	errs, err := se.server.store.PutRecurring(ctx, all)
	for i, e := range errs {
		if e != nil {
			bad = errors.Join(bad, fmt.Errorf("recurring job %q: %w", all[i].ID, e))
		}
	}
	return errors.Join(bad, err)
}

func (se *session) recurring(s *spec.Spec, c spec.Cron) (storage.Recurring, error) {
	r := storage.Recurring{
		ID: c.ID, Owner: se.server.opts.Owner, Revision: se.server.opts.Revision,
		Cron: c.Expr, Zone: c.Zone, Overlap: c.Overlap, Misfire: misfires[c.Misfire],
	}
	if r.ID == "" {
		r.ID = s.Kind
	}
	var err error
	if r.Job, err = buildJob(s, []byte("{}"), nil); err == nil {
		r.Next, err = recur.Next(r, se.clock.now())
	}
	if err != nil {
		return r, fmt.Errorf("recurring job %q: %w", r.ID, err)
	}
	return r, nil
}

var misfires = map[string]storage.Misfire{
	"": storage.MisfireOnce, "once": storage.MisfireOnce, "all": storage.MisfireAll, "skip": storage.MisfireSkip,
}
