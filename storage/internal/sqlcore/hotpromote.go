package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// A Promoter is a transaction that makes plain jobs enqueued, many by one statement.
type Promoter interface {
	// PromotePlain makes up to p.Limit jobs enqueued that are due, beginning with those
	// that are due first, and says how many of which.
	PromotePlain(p PlainPromote) ([]PlainPromoted, error)
}

// PlainPromote says how: the n-th job gets place Place + n of its priority and Entry
// behind its history.
type PlainPromote struct {
	Now    time.Time
	Limit  int
	Place  int64
	Reason string
	Entry  []byte
}

// PlainPromoted is how many jobs of a shape left a class.
type PlainPromoted struct {
	Shape int
	Class int
	N     int
}

// PromoteNot are the links of a job of which more than its row has to be looked at.
const PromoteNot = linkUnique | linkLimits | linkSkipped | linkFlow | linkJoin | linkWary

// ShortHistory is a length below which a history is appended to without being read.
const ShortHistory = shortHistory

// promotePlain promotes what is plain; the rest is left.
func (k *ticking) promotePlain(p Promoter) error {
	entry := rules.Entry(storage.HistoryEntry{At: k.now, State: storage.Enqueued, Reason: rules.Promoted})
	moved, err := p.PromotePlain(PlainPromote{Now: k.now, Limit: k.budget, Place: k.places, Reason: rules.Promoted, Entry: appendEntry(nil, entry, nil)})
	if err != nil {
		return err
	}
	for _, m := range moved {
		k.places += int64(m.N)
		k.tally[tallyKey{m.Shape, class(m.Class)}] -= m.N
		k.tally[tallyKey{m.Shape, classLive}] += m.N
		k.wake(k.names.shapes[m.Shape].queue)
		k.spend(m.N)
	}
	return nil
}
