package library

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

var (
	riverPostgres      = riverOnPostgres("river", "defaults", river.Config{})
	riverPostgresTuned = riverOnPostgres("river-tuned", riverTunedText, riverFast)
)

func riverOnPostgres(name, settings string, cfg river.Config) Library {
	return Library{Name: name, Settings: "River v0.51, pgx, pool of 20, " + settings, open: func(ctx context.Context, s Setup) (Instance, error) {
		pool, err := postgresPool(ctx, s)
		if err != nil {
			return nil, err
		}
		work := pool
		if !s.OneStore {
			if work, err = postgresPool(ctx, s); err != nil {
				pool.Close()
				return nil, err
			}
		}
		i := &riverInstance[pgx.Tx]{cfg: cfg, insert: riverpgxv5.New(pool), work: riverpgxv5.New(work), one: s.OneStore,
			left: func(ctx context.Context) (left bool, err error) {
				err = pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM river_job WHERE state = 'scheduled')").Scan(&left)
				return left, err
			},
			keep: func(ctx context.Context, n int) error { return riverKeepPostgres(ctx, pool, n) },
			close: func() error {
				pool.Close()
				work.Close()
				return nil
			},
		}
		if err := i.prepare(ctx); err != nil {
			return nil, errors.Join(err, i.Close())
		}
		return i, nil
	}}
}

// riverKeepPostgres stores completed jobs as River would have left them.
func riverKeepPostgres(ctx context.Context, pool *pgxpool.Pool, n int) error {
	_, err := pool.Exec(ctx, `INSERT INTO river_job (args, attempt, attempted_at, attempted_by, created_at, finalized_at, kind, max_attempts, priority, queue, scheduled_at, state)
		SELECT jsonb_build_object('orderID', i, 'sentAt', 0, 'customer', 'customer-' || i || '@example.com', 'note', 'leave it at the door'),
		1, now(), ARRAY['bench'], now(), now() - (i || ' ms')::interval, 'confirm', 25, 1, 'default', now(), 'completed' FROM generate_series(1, $1::int) i`, n)
	if err != nil {
		return err
	}
	_, err = pool.Exec(ctx, "VACUUM ANALYZE river_job")
	return err
}

// postgresPool is the pool of all libraries on PostgreSQL.
func postgresPool(ctx context.Context, s Setup) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(s.Space.Address)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = poolSize
	cfg.ConnConfig.DialFunc = s.Wire.Dial
	return pgxpool.NewWithConfig(ctx, cfg)
}
