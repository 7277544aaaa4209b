package sqlcore

import (
	"context"
	"errors"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// Insert stores groups; see [storage.Inserter]. Calls that come at the same time share
// a transaction.
func (s *Store) Insert(ctx context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	results := make([]storage.InsertResult, len(groups))
	if checkGroups(groups, results) == 0 && len(groups) > 0 && !s.isClosed() {
		return results, ctx.Err()
	}
	hot, ok := s.driver.(PlainInserter)
	if !ok || len(groups) == 0 || s.isClosed() {
		if err := s.insertSlow(ctx, groups, results); err != nil {
			return nil, err
		}
		return results, nil
	}
	if err := s.insertHot(ctx, hot, groups, results); err != nil {
		return nil, err
	}
	rest, places := left(groups, results)
	if len(rest) == 0 {
		return results, nil
	}
	answers := make([]storage.InsertResult, len(rest))
	if err := s.insertSlow(ctx, rest, answers); err != nil {
		return nil, err
	}
	for i, place := range places {
		results[place] = answers[i]
	}
	return results, nil
}

// insertSlow stores groups by the steps of the core.
func (s *Store) insertSlow(ctx context.Context, groups []storage.Group, results []storage.InsertResult) error {
	if lone, ok := s.driver.(LoneDriver); ok {
		return s.insertShared(ctx, lone, groups, results)
	}
	return s.write(ctx, func(t *tx) error { return t.insertGroups(groups, results) })
}

// checkGroups gives its error to each group that can never be stored, and counts the others.
func checkGroups(groups []storage.Group, results []storage.InsertResult) (good int) {
	for i := range groups {
		if results[i].Err = rules.Group(&groups[i]); results[i].Err == nil {
			good++
		}
	}
	return good
}

// insertGroups stores the groups that have no error yet.
func (t *tx) insertGroups(groups []storage.Group, results []storage.InsertResult) error {
	for i := range groups {
		if results[i].Err != nil && results[i].Jobs == nil && rules.Group(&groups[i]) != nil {
			continue
		}
		results[i] = storage.InsertResult{}
		answers, err := t.insertGroup(&groups[i])
		var no refusal
		if errors.As(err, &no) {
			results[i].Err = no.error
		} else if err != nil {
			return err
		}
		results[i].Jobs = answers
	}
	return nil
}

// insertion is one group on its way in: what is read before the first row is written.
type insertion struct {
	group   *storage.Group
	answers []storage.Inserted
	means   map[storage.ID]storage.ID // duplicates: whom they mean
	batches map[storage.ID]*batch     // those it touches
	order   []storage.ID              // of batches
	records []*record                 // nil for a duplicate
	keys    map[string]storage.ID     // unique keys taken within the group
	turns   map[turn]storage.ID       // occurrences likewise
}

type turn struct {
	recurring  string
	occurrence int64
}

// insertGroup stores one group whole. Everything that can refuse it is read before
// anything is written.
func (t *tx) insertGroup(g *storage.Group) ([]storage.Inserted, error) {
	if plain(g) && !t.shared { // shared: how many rows were added is not asked for each
		if answers, done, err := t.insertPlain(&g.Jobs[0]); done || err != nil {
			return answers, err
		}
	}
	in := &insertion{group: g, answers: make([]storage.Inserted, len(g.Jobs)), records: make([]*record, len(g.Jobs))}
	if known, err := t.repeated(in); known || err != nil {
		return in.answers, err
	}
	if err := t.insertBatches(in); err != nil {
		return nil, err
	}
	if err := t.findDuplicates(in); err != nil {
		return nil, err
	}
	if err := t.findParents(in); err != nil {
		return nil, err
	}
	return in.answers, t.store(in)
}

var (
	sqlStoredJobs    = sqlFamily(`SELECT j.id, j.shape, `+clsNow+` FROM `+fromEnd+` WHERE j.id IN ({})`, "?")
	sqlStoredBatches = sqlFamily(`SELECT id FROM jg_batch WHERE id IN ({})`, "?")
)

// repeated reports whether the group was stored before: when one job or batch of it
// was, all of it was. The answers are those of the first time, as far as they are known.
func (t *tx) repeated(in *insertion) (bool, error) {
	g := in.group
	found := make(map[storage.ID]foundJob, 1)
	if err := t.findJobs(found, jobIDs(g)); err != nil {
		return false, err
	}
	batches, err := t.storedBatches(g)
	if err != nil {
		return false, err
	}
	for i := range g.Jobs {
		j := &g.Jobs[i]
		if batches[j.ID] {
			return false, refuse(rules.Conflict(j.ID, "batch", j.Kind))
		}
		if f, ok := found[j.ID]; ok && (t.names.shapes[f.shape].kind != j.Kind /* guard: id taken */) {
			return false, refuse(rules.Conflict(j.ID, t.names.shapes[f.shape].kind, j.Kind))
		}
	}
	for i := range g.Batches {
		if f, ok := found[g.Batches[i].ID]; ok {
			return false, refuse(rules.Conflict(g.Batches[i].ID, t.names.shapes[f.shape].kind, "batch"))
		}
	}
	if len(found) == 0 && len(batches) == 0 { // need: repeated insert
		return false, nil
	}
	return true, t.answerAgain(in, found)
}

func jobIDs(g *storage.Group) []storage.ID {
	ids := make([]storage.ID, 0, len(g.Jobs)+len(g.Batches))
	for i := range g.Jobs {
		ids = append(ids, g.Jobs[i].ID)
	}
	for i := range g.Batches {
		ids = append(ids, g.Batches[i].ID)
	}
	return ids
}

// foundJob is what is known of a stored job without loading it.
type foundJob struct {
	shape int
	cls   class
}

// findJobs adds to found those ids that are jobs.
func (t *tx) findJobs(found map[storage.ID]foundJob, ids []storage.ID) error {
	return eachOf(t.Link, sqlStoredJobs, ids, func(r *rows) error {
		found[r.id(0)] = foundJob{r.int(1), class(r.int(2))}
		return nil
	})
}

// storedBatches are those ids of the group that are batches.
func (t *tx) storedBatches(g *storage.Group) (map[storage.ID]bool, error) {
	if len(g.Jobs) == 1 && len(g.Batches) == 0 && len(g.Jobs[0].Parents) == 0 && g.Jobs[0].Batch.IsZero() {
		return nil, nil // a lone job: its new id is not that of a batch
	}
	found := make(map[storage.ID]bool)
	return found, eachOf(t.Link, sqlStoredBatches, jobIDs(g), func(r *rows) error {
		found[r.id(0)] = true
		return nil
	})
}

// eachOf runs a statement of a family with as many ids as it takes at a time.
func eachOf(l Link, f stmtFamily, ids []storage.ID, row func(r *rows) error) error {
	for len(ids) > 0 {
		s, size := f.fit(len(ids))
		args := make([]any, size)
		n := min(size, len(ids))
		for i := range n {
			args[i] = ids[i][:]
		}
		if err := each(l, row, s, args...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// answerAgain answers a repeated group: jobs that are not there were duplicates then.
func (t *tx) answerAgain(in *insertion, found map[storage.ID]foundJob) error {
	for i := range in.group.Jobs {
		j := &in.group.Jobs[i]
		if f, ok := found[j.ID]; ok {
			in.answers[i] = storage.Inserted{ID: j.ID, State: f.cls.state()}
			continue
		}
		holder, state, err := t.duplicateOf(in, j)
		if err != nil {
			return err
		}
		in.answers[i] = storage.Inserted{ID: holder, State: state, Duplicate: true}
	}
	return nil
}

// findDuplicates looks for the holders of unique keys and occurrences, and makes
// records of the others.
func (t *tx) findDuplicates(in *insertion) error {
	for i := range in.group.Jobs {
		j := &in.group.Jobs[i]
		holder, state, err := t.duplicateOf(in, j)
		if err != nil {
			return err
		}
		if !holder.IsZero() {
			if in.means == nil {
				in.means = make(map[storage.ID]storage.ID)
			}
			in.means[j.ID] = holder
			in.answers[i] = storage.Inserted{ID: holder, State: state, Duplicate: true}
			continue
		}
		if in.records[i], err = t.newRecord(j); err != nil {
			return err
		}
		in.take(j)
	}
	return nil
}

// take notes that a job of the group has its key and its occurrence.
func (in *insertion) take(j *storage.NewJob) {
	if j.Unique != nil {
		if in.keys == nil {
			in.keys = make(map[string]storage.ID)
		}
		in.keys[j.Unique.Key] = j.ID
	}
	if !j.Occurrence.IsZero() {
		if in.turns == nil {
			in.turns = make(map[turn]storage.ID)
		}
		in.turns[turn{j.Recurring, Millis(rules.Cut(j.Occurrence))}] = j.ID
	}
}

var sqlOccurrence = sqlText(`SELECT id, cls FROM jg_job WHERE recurring = ? AND occurrence = ?`)

// duplicateOf is the job that holds the unique key or the occurrence of j; zero for none.
func (t *tx) duplicateOf(in *insertion, j *storage.NewJob) (holder storage.ID, state storage.State, err error) {
	if !j.Occurrence.IsZero() { // guard: one job for an occurrence
		at := rules.Cut(j.Occurrence)
		if holder, ok := in.turns[turn{j.Recurring, Millis(at)}]; ok {
			return holder, storage.Enqueued, nil
		}
		_, err = one(t.Link, func(r *rows) { holder, state = r.id(0), class(r.int(1)).state() }, sqlOccurrence, j.Recurring, at)
		if err != nil || !holder.IsZero() {
			return holder, state, err
		}
	}
	if j.Unique == nil { // need: unique
		return holder, 0, nil
	}
	if holder, ok := in.keys[j.Unique.Key]; ok {
		return holder, storage.Enqueued, nil
	}
	if holder, err = t.keyHolder(j.Unique.Key); err != nil || holder.IsZero() {
		return holder, 0, err
	}
	_, err = one(t.Link, func(r *rows) { state = class(r.int(1)).state() }, sqlJobIs, holder)
	return holder, state, err
}
