package redisstore

import (
	"context"
	"errors"

	"github.com/gojobgen/jobgen/storage"
)

var errLater = errors.New("redisstore: not there yet")

func (s *Store) Insert(ctx context.Context, groups ...storage.Group) ([]storage.InsertResult, error) {
	return nil, errLater
}
func (s *Store) Fetch(ctx context.Context, r storage.FetchRequest) (storage.FetchResult, error) {
	return storage.FetchResult{}, errLater
}
func (s *Store) Settle(ctx context.Context, r storage.SettleRequest) ([]storage.Verdict, error) {
	return nil, errLater
}
func (s *Store) Report(ctx context.Context, session storage.ID, reports []storage.Report) ([]storage.Verdict, error) {
	return nil, errLater
}
func (s *Store) OpenSession(ctx context.Context, n storage.Session) error { return errLater }
func (s *Store) CloseSession(ctx context.Context, id storage.ID) error    { return errLater }
func (s *Store) Tick(ctx context.Context, r storage.TickRequest) (storage.TickResult, error) {
	return storage.TickResult{}, errLater
}
func (s *Store) Control(ctx context.Context, c storage.Control) (storage.ControlResult, error) {
	return storage.ControlResult{}, errLater
}
func (s *Store) Pause(ctx context.Context, target storage.PauseTarget, name string, paused bool, by string) error {
	return errLater
}
func (s *Store) CancelBatch(ctx context.Context, id storage.ID, by string) (bool, error) {
	return false, errLater
}
