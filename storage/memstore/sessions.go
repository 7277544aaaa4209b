package memstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// rememberEnded is how long the id of an ended session is known as one that never
// lives again.
const rememberEnded = 24 * time.Hour

// session is a session that lives, or died and still has jobs.
type session struct {
	storage.Session
	set     *storage.KindSet
	started time.Time
	seen    time.Time // last Tick
	contact time.Time // since when contact is unbroken
	running map[storage.ID]*job

	call   uint64 // the last fetch
	gave   []storage.Token
	answer storage.FetchResult // of that call, without jobs
}

// published is a kind of the catalogue.
type published struct {
	storage.KindInfo
	at time.Time
}

// live finds a session that lives.
func (s *Store) live(id storage.ID) (*session, error) {
	if sess := s.sessions[id]; sess != nil {
		return sess, nil
	}
	return nil, fmt.Errorf("%w: %s", storage.ErrSessionLost, id)
}

// OpenSession implements [storage.Sessions].
func (s *Store) OpenSession(ctx context.Context, n storage.Session) error {
	if err := rules.Session(&n); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if s.sessions[n.ID] != nil {
		return nil
	}
	if _, was := s.ended[n.ID]; was {
		return fmt.Errorf("%w: %s has ended: open one with a new id", storage.ErrSessionLost, n.ID)
	}
	n.Queues = slices.Clone(n.Queues)
	n.Kinds = cloneKinds(n.Kinds)
	sess := &session{
		Session: n, set: storage.NewKindSet(n.Kinds),
		started: s.now, seen: s.now, contact: s.inherited(),
		running: make(map[storage.ID]*job),
	}
	s.sessions[n.ID] = sess
	s.publish(sess)
	return nil
}

// inherited is since when the store was in unbroken contact with somebody: a new
// session goes on from there.
func (s *Store) inherited() time.Time {
	since := s.now
	for _, other := range s.sessions {
		if s.now.Sub(other.seen) <= other.Lease/2 && other.contact.Before(since) {
			since = other.contact
		}
	}
	return since
}

func cloneKinds(kinds []storage.KindInfo) []storage.KindInfo {
	kinds = slices.Clone(kinds)
	for i := range kinds {
		k := &kinds[i]
		k.Aliases, k.Reads, k.Params = slices.Clone(k.Aliases), slices.Clone(k.Reads), slices.Clone(k.Params)
	}
	return kinds
}

// publish puts the kinds of a session into the catalogue.
func (s *Store) publish(sess *session) {
	for _, k := range sess.Kinds {
		k.Servers = 0
		s.catalogue[storage.KindRef{Kind: k.Kind, Fingerprint: k.Fingerprint}] = &published{KindInfo: k, at: s.now}
	}
}

// CloseSession implements [storage.Sessions].
func (s *Store) CloseSession(ctx context.Context, id storage.ID) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	sess := s.sessions[id]
	if sess == nil {
		return nil
	}
	s.bury(sess)
	reason := rules.ReleasedBy(sess.Server)
	for _, j := range inTurn(sess) {
		e := s.runEntry(j)
		if j.CancelRequested {
			cancelled := j.cancelReason
			s.leave(j)
			s.finish(j, storage.Deleted, cancelled, e, 0)
		} else {
			s.leave(j)
			s.enqueueInPlace(j, reason, e)
		}
		s.flush()
	}
	return nil
}

// bury takes a session out of the living; its tokens are dead from now on.
func (s *Store) bury(sess *session) {
	delete(s.sessions, sess.ID)
	s.ended[sess.ID] = s.now
	s.owners[sess.Owner] = s.now
	for _, k := range sess.Kinds {
		if p := s.catalogue[storage.KindRef{Kind: k.Kind, Fingerprint: k.Fingerprint}]; p != nil {
			p.gone(s.now)
		}
	}
}

// gone starts the time that a kind stays in the catalogue without a session.
func (p *published) gone(now time.Time) {
	if now.After(p.at) {
		p.at = now
	}
}

// inTurn lists what a session runs, in the order it came.
func inTurn(sess *session) []*job {
	return slices.SortedFunc(maps.Values(sess.running), func(a, b *job) int { return cmp.Compare(a.seq, b.seq) })
}

// Servers implements [storage.Reader].
func (s *Store) Servers(ctx context.Context) ([]storage.ServerInfo, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var infos []storage.ServerInfo
	for _, sess := range s.sessions {
		info := storage.ServerInfo{Session: sess.Session, StartedAt: sess.started, SeenAt: sess.seen, Running: len(sess.running)}
		info.Queues = slices.Clone(info.Queues)
		info.Kinds = cloneKinds(info.Kinds)
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b storage.ServerInfo) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), compareIDs(a.ID, b.ID))
	})
	return infos, nil
}

// Kinds implements [storage.Reader].
func (s *Store) Kinds(ctx context.Context) ([]storage.KindInfo, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var found []*published
	for _, p := range s.catalogue {
		c := *p
		c.KindInfo = cloneKinds([]storage.KindInfo{p.KindInfo})[0]
		for _, sess := range s.sessions {
			if sess.set.Reads(p.Kind, p.Fingerprint) {
				c.Servers++
			}
		}
		if c.Servers > 0 || s.now.Sub(p.at) <= storage.ForgetOwner {
			found = append(found, &c)
		}
	}
	slices.SortFunc(found, func(a, b *published) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), b.at.Compare(a.at), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	kinds := make([]storage.KindInfo, len(found))
	for i, p := range found {
		kinds[i] = p.KindInfo
	}
	return kinds, nil
}
