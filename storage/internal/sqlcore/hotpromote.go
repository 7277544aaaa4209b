package sqlcore

import (
	"time"

	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// A Promoter is a transaction that makes plain jobs enqueued, many by one statement.
type Promoter interface {
	// PromotePlain makes up to p.Limit jobs enqueued that are due, beginning with those
	// that are due first, and says how many of which.
	PromotePlain(p PlainPromote) ([]PlainPromoted, error)
}

// PlainPromote says how: the n-th job gets place Place + n of its priority, and the links
// of PromoteDue.
type PlainPromote struct {
	Now    time.Time
	Limit  int
	Place  int64
	Queues map[int]int // of all shapes; what others store of new ones meanwhile is left
}

// PlainPromoted is how many jobs of a shape left a class.
type PlainPromoted struct {
	Shape int
	Class int
	N     int
}

const (
	// PromoteNot are the links of a job of which more than its row has to be looked at.
	PromoteNot = linkUnique | linkLimits | linkSkipped | linkFlow | linkJoin | linkWary
	// PromoteDue stands for the last entry of the history of a job that fell due.
	PromoteDue = linkDue
	// ShortHistory is a length below which a history is appended to without being read.
	ShortHistory = shortHistory
)

// promotePlain promotes what is plain; the rest is left.
func (k *ticking) promotePlain(p Promoter) error {
	queues := make(map[int]int, len(k.names.shapes))
	for no, s := range k.names.shapes {
		queues[no] = s.queue.no
	}
	limit := k.budget
	if k.req.Budget == 0 && limit == rules.DefaultBudget {
		limit = max(limit, k.plain)
	}
	moved, err := p.PromotePlain(PlainPromote{Now: k.now, Limit: limit, Place: k.places, Queues: queues})
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
