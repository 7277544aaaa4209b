package redisstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/gojobgen/jobgen/storage"
)

var (
	lookJob  = lazy("look_job")
	lookKids = lazy("look_kids")
)

func noJob(id storage.ID) error {
	return fmt.Errorf("redisstore: job %v: %w", id, storage.ErrNotFound)
}

// Job is one job with all that is known of it; see [storage.Reader].
func (s *Store) Job(ctx context.Context, id storage.ID) (d storage.Details, err error) {
	if err := s.enter(ctx); err != nil {
		return d, err
	}
	reply, err := s.shardOf(id).run(ctx, lookJob(), id[:], storage.MaxPage)
	if err != nil {
		return d, err
	}
	answer := asList(reply)
	if len(answer) != 5 {
		return d, noJob(id)
	}
	row := asList(answer[0])
	if d.Job, err = decodeRow(id, row); err != nil {
		return d, err
	}
	r := record(asString(row[rowRecord]))
	d.LogLines, d.Dropped = r.lines(), r.dropped()
	if d.History, err = r.fullHistory(asList(answer[1])); err != nil {
		return d, fmt.Errorf("%w in the history of job %s", err, id)
	}
	return d, s.bonds(ctx, &d, row, answer)
}

// bonds adds the edges to parents and children.
func (s *Store) bonds(ctx context.Context, d *storage.Details, row, answer []any) error {
	more := asList(row[rowMore])
	d.ParentsOf = edgesOf(more)
	d.MoreKids = asInt(answer[4]) != 0
	kids, err := s.kidsOf(ctx, d, asList(answer[3]))
	if err != nil {
		return err
	}
	var kinds []string
	for i, l := 0, asList(answer[2]); i < len(d.ParentsOf) && len(l) >= 3; i, l = i+1, l[3:] {
		e := &d.ParentsOf[i]
		e.On, e.State = d.On, storage.State(asInt(l[1]))
		kinds = append(kinds, asString(l[0]))
	}
	for l := kids; len(l) >= 6; l = l[6:] {
		d.Children = append(d.Children, storage.Edge{Job: asID(l[0]), State: storage.State(asInt(l[2])),
			On: storage.Condition(asInt(l[3])), Ended: storage.State(asInt(l[4])), Run: int(asInt(l[5]))})
		kinds = append(kinds, asString(l[1]))
	}
	if len(kinds) == 0 {
		return nil
	}
	names, err := s.names(ctx, kinds)
	for i, kind := range kinds {
		if i < len(d.ParentsOf) {
			d.ParentsOf[i].Kind = names[kind]
		} else {
			d.Children[i-len(d.ParentsOf)].Kind = names[kind]
		}
	}
	return err
}

// kidsOf adds the children in other shards to those in the job's own.
func (s *Store) kidsOf(ctx context.Context, d *storage.Details, own []any) ([]any, error) {
	if len(s.shards) == 1 {
		return own, nil
	}
	var kids [][]any
	home := s.shardOf(d.ID)
	for _, sh := range s.shards {
		l := own
		if sh != home {
			reply, err := sh.run(ctx, lookKids(), d.ID[:], storage.MaxPage)
			answer := asList(reply)
			if err != nil || len(answer) != 2 {
				return nil, errorOr(err, s.fault("look_kids", fmt.Errorf("unexpected reply %T", reply)))
			}
			l = asList(answer[0])
			d.MoreKids = d.MoreKids || asInt(answer[1]) != 0
		}
		kids = slices.AppendSeq(kids, slices.Chunk(l, 6))
	}
	slices.SortFunc(kids, func(a, b []any) int { return strings.Compare(asString(a[0]), asString(b[0])) })
	if len(kids) > storage.MaxPage {
		kids, d.MoreKids = kids[:storage.MaxPage], true
	}
	return slices.Concat(kids...), nil
}

// fullHistory is the history with its failures, which come as fetch and JSON.
func (r record) fullHistory(failures []any) (history []storage.HistoryEntry, err error) {
	known := make(map[int]string)
	for ; len(failures) >= 2; failures = failures[2:] {
		if fetch := asString(failures[0]); len(fetch) == 4 {
			known[int(binary.BigEndian.Uint32([]byte(fetch)))] = asString(failures[1])
		}
	}
	for e, failed := range r.entries {
		if text := known[e.Fetch]; failed && text != "" {
			if e.Failure, err = decodeFailure(text); err != nil {
				return nil, err
			}
		}
		history = append(history, e)
	}
	return history, nil
}
