package sqlcore

import (
	"fmt"

	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var (
	sqlDue = sqlText(`SELECT id, shape, cls, rank, links, spill, lost, created, batch, recurring, history, server FROM jg_job
		WHERE due > 0 AND due <= ? ORDER BY due LIMIT ?`)
	sqlPromote = sqlText(fmt.Sprintf(`UPDATE jg_job SET cls = 4, rank = ?, enqueued = ?, due = 0, links = links | %d WHERE id = ?`, linkDue))
)

// promote makes enqueued what is due. Many jobs often fall due together: of most of them
// only what changes is read and written.
func (k *ticking) promote() error {
	if p, ok := k.Link.(Promoter); ok && k.budget > 0 {
		if err := k.promotePlain(p); err != nil {
			return err
		}
	}
	if k.budget <= 0 {
		return nil
	}
	var due []record
	err := each(k.Link, func(r *rows) error {
		due = append(due, record{id: r.id(0), shape: r.int(1), cls: class(r.int(2)), stored: class(r.int(2)), rank: r.int64(3), links: r.int(4),
			spill: r.int(5), lost: r.int(6), created: r.time(7), batch: r.id(8), recurring: r.str(9), history: r.bytes(10), server: r.str(11)})
		return nil
	}, sqlDue, k.now, k.budget)
	if err != nil {
		return err
	}
	for i := range due {
		if err := k.promoteOne(&due[i]); err != nil {
			return err
		}
	}
	k.spend(len(due))
	return nil
}

func (k *ticking) promoteOne(r *record) error {
	const odd = linkFlow | linkJoin
	if !r.batch.IsZero() || r.links&odd != 0 || r.spill&(1<<partHistory) != 0 || len(r.history) >= shortHistory {
		whole, err := k.job(r.id)
		if err != nil {
			return err
		}
		return k.enqueueNow(whole, rules.Promoted)
	}
	k.setEnqueued(r)
	r.reason, r.links = rules.Promoted, r.links|linkDue
	if _, err := k.Exec(sqlPromote, r.rank, r.enqueued, r.id); err != nil {
		return err
	}
	r.wasFound = true
	if err := k.saveFind(r); err != nil {
		return err
	}
	k.recountClass(r)
	return k.addReady(r)
}
