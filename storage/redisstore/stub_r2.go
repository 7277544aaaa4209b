package redisstore

import (
	"context"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

// R2: replace these one by one and delete this file.

func (s *Store) Job(ctx context.Context, id storage.ID) (storage.Details, error) {
	return storage.Details{}, errLater
}
func (s *Store) Jobs(ctx context.Context, q storage.Query) (storage.Page, error) {
	return storage.Page{}, errLater
}
func (s *Store) Count(ctx context.Context, f storage.Filter, limit int) (storage.Counts, error) {
	return storage.Counts{}, errLater
}
func (s *Store) Logs(ctx context.Context, q storage.LogQuery) ([]storage.NumberedLine, error) {
	return nil, errLater
}
func (s *Store) Queues(ctx context.Context) ([]storage.QueueInfo, error)    { return nil, errLater }
func (s *Store) Servers(ctx context.Context) ([]storage.ServerInfo, error)  { return nil, errLater }
func (s *Store) Kinds(ctx context.Context) ([]storage.KindInfo, error)      { return nil, errLater }
func (s *Store) PausedKinds(ctx context.Context) (map[string]string, error) { return nil, errLater }
func (s *Store) Stats(ctx context.Context, q storage.StatQuery) ([]storage.Stat, error) {
	return nil, errLater
}
func (s *Store) Batch(ctx context.Context, id storage.ID) (storage.BatchInfo, error) {
	return storage.BatchInfo{}, errLater
}
func (s *Store) Batches(ctx context.Context, after storage.ID, limit int) ([]storage.BatchInfo, error) {
	return nil, errLater
}
func (s *Store) PutRecurring(ctx context.Context, rs []storage.Recurring) ([]error, error) {
	return nil, errLater
}
func (s *Store) RemoveRecurring(ctx context.Context, id string) error { return errLater }
func (s *Store) PauseRecurring(ctx context.Context, id string, paused bool, by string, next time.Time) error {
	return errLater
}
func (s *Store) Fire(ctx context.Context, f storage.Fire) (bool, error) { return false, errLater }
func (s *Store) Recurring(ctx context.Context, after string, limit int) ([]storage.Recurring, error) {
	return nil, errLater
}
func (s *Store) RecurringJob(ctx context.Context, id string) (storage.Recurring, error) {
	return storage.Recurring{}, errLater
}
