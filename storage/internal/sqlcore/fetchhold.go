package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// hold moves a job to a held line.
func (f *fetching) hold(queue *queueName, r *record, want line, most int) error {
	free := want.due
	want.due = time.Time{}
	l, err := f.lineFor(queue.no, want)
	if err != nil {
		return err
	}
	if err := f.moveLine(r.id, r.shape, r.cls, classHeld, l.no); err != nil {
		return err
	}
	if r.links&linkLimits != 0 {
		f.freeLimits(r)
		if want.cause == causeLimit {
			delete(f.freed, want.name)
		}
	}
	if want.cause == causeRate && (l.due.IsZero() || free.Before(l.due)) {
		if _, err := f.Exec(sqlLineDue, free, l.no); err != nil {
			return err
		}
	}
	_, err = f.Exec(sqlAddHeld, queue.no, l.no, r.rank, r.id, most, r.shape, shelfOf(r.shape), r.readyFlags())
	return err
}

// limited holds a job of which a key is exhausted; it reports whether one is.
func (f *fetching) limited(queue *queueName, r *record) (bool, error) {
	for _, l := range r.extra.Limits {
		full, free, err := f.exhausted(l)
		if err != nil {
			return false, err
		}
		if full {
			want := line{held: rules.LimitLine(l), cause: causeLimit, name: l.Key, due: free}
			if l.Per > 0 {
				want.cause = causeRate
			}
			return true, f.hold(queue, r, want, l.Max)
		}
	}
	return false, nil
}

// exhausted reports whether a limit has no room, and when a rate has some again.
func (f *fetching) exhausted(l storage.Limit) (bool, time.Time, error) {
	if f.slots == nil {
		f.slots, f.rates = make(map[string]int), make(map[storage.Limit]int)
	}
	if l.Per == 0 {
		running, known := f.slots[l.Key]
		if !known {
			var err error
			if running, err = f.running(l.Key); err != nil {
				return false, time.Time{}, err
			}
			f.slots[l.Key] = running
		}
		return running >= l.Max, time.Time{}, nil
	}
	if left, known := f.rates[l]; known && left > 0 {
		return false, time.Time{}, nil
	}
	left, free, err := f.rateFree(l)
	f.rates[l] = left
	return left <= 0, free, err
}
