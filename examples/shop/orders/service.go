// Package orders takes orders and sees them through.
package orders

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"

	"github.com/rs/zerolog"
)

// Service is the shop's [Orders].
type Service struct {
	db     *sql.DB
	log    zerolog.Logger
	cached atomic.Int64
}

var _ Orders = (*Service)(nil)

// New makes the service.
func New(db *sql.DB, log zerolog.Logger) *Service {
	return &Service{db: db, log: log}
}

// Fulfil implements [Orders].
func (s *Service) Fulfil(ctx context.Context, orderID int64) error {
	return s.setStatus(ctx, orderID, "sent")
}

// Archive implements [Orders].
func (s *Service) Archive(ctx context.Context, orderID int64) error {
	return s.setStatus(ctx, orderID, "archived")
}

// WarmCache implements [Orders].
func (s *Service) WarmCache(ctx context.Context) error {
	var n int64
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM orders").Scan(&n); err != nil {
		return fmt.Errorf("count orders: %w", err)
	}
	s.cached.Store(n)
	s.log.Info().Int64("orders", n).Msg("cache warmed")
	return nil
}

func (s *Service) setStatus(ctx context.Context, orderID int64, status string) error {
	_, err := s.db.ExecContext(ctx, "UPDATE orders SET status = ? WHERE id = ?", status, orderID)
	if err != nil {
		return fmt.Errorf("order %d to %s: %w", orderID, status, err)
	}
	s.log.Info().Int64("order", orderID).Str("status", status).Msg("order changed")
	return nil
}
