package mysqlstore

import (
	"context"
	"errors"
	"time"
)

// errHeld: there are packs, and others have them for a moment.
var errHeld = errors.New("other fetches have the packs")

// maxHeldTries is how often packs are tried again that others have.
const maxHeldTries = 4

// pause waits, and reports whether the caller still does.
func pause(ctx context.Context, d time.Duration) bool {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// held reports whether there are packs, of which nothing could be locked: those who have
// them may leave most of their jobs.
func (f *plainFetch) held() (bool, error) {
	for _, q := range f.queues {
		found, err := f.l.query(f.d.texts.Named("SELECT 1 FROM jg_pack p FORCE INDEX (PRIMARY) WHERE " + f.spans(q, packSpans) + " LIMIT 1"))
		if err != nil || len(found.vals) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}
