package sqlcore

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// newRecord is j as it is stored; where it stands is decided later.
func (t *tx) newRecord(j *storage.NewJob) (*record, error) {
	s, err := t.shapeOf(j.Queue, j.Kind, j.Fingerprint)
	if err != nil {
		return nil, err
	}
	r := &record{
		id: j.ID, shape: s.no, attempt: 1, created: t.now, rank: int64(j.Priority) << 60,
		batch: j.Batch, recurring: j.Recurring, occurrence: rules.Cut(j.Occurrence),
		payload: j.Payload, options: j.Options,
	}
	if len(j.Metadata) > 0 {
		if r.metadata, err = json.Marshal(j.Metadata); err != nil {
			return nil, err
		}
	}
	if j.Expires > 0 {
		r.more().Expires = max(j.Expires.Milliseconds(), 1)
		r.links |= linkFlow
	}
	if j.Unique != nil {
		r.more().Unique = &uniqueKey{j.Unique.Key, int64(j.Unique.For), int(j.Unique.Until)}
		r.links |= linkUnique
		if j.Unique.Until == storage.UntilStarted {
			r.links |= linkFlow
		}
	}
	if len(j.Limits) > 0 {
		r.more().Limits = j.Limits
		r.links |= linkLimits | linkFlow
	}
	return r, nil
}

// store writes a group of which nothing can be refused any more.
func (t *tx) store(in *insertion) error {
	for _, id := range in.order {
		if b := in.batches[id]; b.fresh {
			if err := t.addBatch(b); err != nil {
				return err
			}
		}
	}
	for i, r := range in.records {
		if r == nil {
			continue
		}
		if err := t.storeJob(in, &in.group.Jobs[i], r); err != nil {
			return err
		}
	}
	for i, r := range in.records {
		if r == nil {
			continue
		}
		if err := t.judgeNew(r); err != nil {
			return err
		}
		in.answers[i] = storage.Inserted{ID: r.id, State: r.cls.state()}
	}
	if err := t.settleBatches(in); err != nil {
		return err
	}
	return nil
}

// stand decides where a new job stands before its parents are looked at.
func (t *tx) stand(in *insertion, j *storage.NewJob, r *record) error {
	due := rules.Due(j.Due, t.now)
	switch {
	case len(j.Parents) > 0:
		t.awaitParents(in, j, r, due)
	case t.joinsLater(in, r):
		r.cls = classAwaiting
		r.more().Delay = max(due.Sub(t.now).Milliseconds(), 0)
	case due.After(t.now):
		r.cls, r.due = classScheduled, due
	default:
		t.setEnqueued(r)
	}
	return r.note(storage.HistoryEntry{At: t.now, State: r.cls.state()})
}

// storeJob writes one job of a group.
func (t *tx) storeJob(in *insertion, j *storage.NewJob, r *record) error {
	if err := t.stand(in, j, r); err != nil {
		return err
	}
	if t.joinsLater(in, r) {
		r.links |= linkJoin
	}
	if added, err := t.add(r); err != nil || !added {
		return firstError(err, fmt.Errorf("job %v appeared while it was stored", r.id))
	}
	if r.links&linkUnique != 0 {
		if err := t.takeKey(r); err != nil {
			return err
		}
	}
	if r.links&linkParents != 0 {
		if err := t.addEdges(in, j, r); err != nil {
			return err
		}
	}
	if r.cls == classLive {
		if err := t.addReady(r); err != nil {
			return err
		}
	}
	if r.batch.IsZero() {
		return nil
	}
	if t.joinsLater(in, r) {
		return nil
	}
	return t.joinBatch(in, r)
}

// joinsLater reports whether a job of a caller's transaction is in a batch that is
// stored already. That batch is not touched: Tick counts the job and lets it go.
func (t *tx) joinsLater(in *insertion, r *record) bool {
	return t.apart() && !r.batch.IsZero() && in.batches[r.batch] == nil
}

// insertPlain stores a group of one job that needs nothing but itself: the most
// frequent one. It reports false, with nothing written, when the id is taken.
func (t *tx) insertPlain(j *storage.NewJob) (answers []storage.Inserted, done bool, err error) {
	r, err := t.newRecord(j)
	if err != nil {
		return nil, false, err
	}
	if err := t.stand(nil, j, r); err != nil {
		return nil, false, err
	}
	if added, err := t.add(r); err != nil || !added {
		return nil, false, err
	}
	if r.cls == classLive {
		if err := t.addReady(r); err != nil {
			return nil, false, err
		}
	}
	return []storage.Inserted{{ID: r.id, State: r.cls.state()}}, true, nil
}

// plain reports whether insertPlain may store the group.
func plain(g *storage.Group) bool {
	if len(g.Jobs) != 1 || len(g.Batches) != 0 || len(g.Seal) != 0 {
		return false
	}
	j := &g.Jobs[0]
	return j.Batch.IsZero() && len(j.Parents) == 0 && j.Unique == nil && j.Occurrence.IsZero()
}

// awaitParents makes r a continuation. A due time becomes an offset from its release.
func (t *tx) awaitParents(in *insertion, j *storage.NewJob, r *record, due time.Time) {
	r.cls = classAwaiting
	r.links |= linkParents
	more := r.more()
	more.On = int(j.On)
	more.InputFrom, more.InputParam = in.meant(j.InputFrom), j.InputParam
	more.Delay = max(due.Sub(t.now).Milliseconds(), 0)
	seen := make(map[storage.ID]bool, len(j.Parents))
	for _, p := range j.Parents {
		if p = in.meant(p); !seen[p] {
			seen[p] = true
			more.Parents = append(more.Parents, p)
		}
	}
}

// meant is id, or the holder that a duplicate stands for.
func (in *insertion) meant(id storage.ID) storage.ID {
	if holder, ok := in.means[id]; ok {
		return holder
	}
	return id
}

// setEnqueued makes r wait for a worker, behind all others of its priority.
func (t *tx) setEnqueued(r *record) {
	r.cls, r.line = classLive, 0
	r.rank = rankOf(priorityOf(r.rank), t.nextSeq())
	r.enqueued, r.due = t.now, time.Time{}
	if r.extra != nil && r.extra.Expires > 0 && r.started.IsZero() && r.expires.IsZero() {
		r.expires = t.now.Add(span(r.extra.Expires))
	}
}

var (
	sqlAddReady = sqlText(`INSERT INTO jg_ready (queue, line, rank, job, most, shape, shelf, flags) VALUES (?, 0, ?, ?, 0, ?, ?, ?)`)
	sqlAddHeld  = sqlText(`INSERT INTO jg_ready (queue, line, rank, job, most, shape, shelf, flags) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
)

// addReady puts r on the main line of its queue.
func (t *tx) addReady(r *record) error {
	queue := t.names.shapes[r.shape].queue
	t.wake(queue)
	_, err := t.Exec(sqlAddReady, queue.no, r.rank, r.id, r.shape, shelfOf(r.shape), r.readyFlags())
	return err
}
