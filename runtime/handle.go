package runtime

import (
	"slices"

	"github.com/gojobgen/jobgen/storage"
)

// ID names a job.
type ID = storage.ID

// None is the result of a job whose method returns only an error.
type None struct{}

// Handle names a stored job whose result is a T. The zero Handle names nothing.
type Handle[T any] struct{ id ID }

// HandleFor is the handle of a job whose id was kept elsewhere. Nothing checks
// that its result is a T; reading it will.
func HandleFor[T any](id ID) Handle[T] { return Handle[T]{id} }

// ID is the job's id.
func (h Handle[T]) ID() ID { return h.id }

// String is the job's id as text.
func (h Handle[T]) String() string { return h.id.String() }

// MarshalText implements [encoding.TextMarshaler], so that a handle can be kept in
// JSON, or be an argument of another job.
func (h Handle[T]) MarshalText() ([]byte, error) { return h.id.MarshalText() }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *Handle[T]) UnmarshalText(text []byte) error { return h.id.UnmarshalText(text) }

// IsZero reports whether h names nothing.
func (h Handle[T]) IsZero() bool { return h.id.IsZero() }

// ParentIDs implements [Parent].
func (h Handle[T]) ParentIDs() []ID { return []ID{h.id} }

// Parent is what a continuation can wait for: a [Handle], or several by [After].
type Parent interface{ ParentIDs() []ID }

type parents []ID

func (p parents) ParentIDs() []ID { return p }

// After is all the given parents together, at most storage.MaxParents: the
// continuation runs when each has ended as its condition asks. One that is named
// twice counts once.
func After(all ...Parent) Parent {
	var ids parents
	for _, p := range all {
		if p == nil {
			return parents{ID{}} // refused when enqueued
		}
		for _, id := range p.ParentIDs() {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
