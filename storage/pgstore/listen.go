package pgstore

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A listener hears what other processes tell, on a connection of its own.
type listener struct {
	d      *database
	config *pgxpool.Config
	ring   func(queues ...string)
	hears  atomic.Bool
	cancel context.CancelFunc
	done   chan struct{}
}

// Pauses between two tries to connect, and how long a quiet connection is trusted.
const (
	firstRetry = 20 * time.Millisecond
	lastRetry  = 2 * time.Second
	trust      = 30 * time.Second
	pingLimit  = 5 * time.Second
)

func newListener(d *database, config *pgxpool.Config, ring func(queues ...string)) *listener {
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{d: d, config: config, ring: ring, cancel: cancel, done: make(chan struct{})}
	go l.loop(ctx)
	return l
}

// loop connects again and again. Whatever was told in between, everybody looks.
func (l *listener) loop(ctx context.Context) {
	defer close(l.done)
	pause := firstRetry
	for ctx.Err() == nil {
		c, err := l.connect(ctx)
		if err == nil {
			pause = firstRetry
			l.hears.Store(true)
			l.ring()
			l.listen(ctx, c)
			l.hears.Store(false)
			l.ring()
			goodbye, cancel := context.WithTimeout(context.Background(), time.Second)
			_ = c.Close(goodbye) // it may be dead
			cancel()
		}
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
		pause = min(2*pause, lastRetry)
	}
}

func (l *listener) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	config := l.config.ConnConfig.Copy()
	if l.config.BeforeConnect != nil {
		if err := l.config.BeforeConnect(ctx, config); err != nil {
			return nil, err
		}
	}
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := c.Exec(ctx, "LISTEN "+pgx.Identifier{l.d.channel()}.Sanitize()); err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return c, nil
}

// listen rings for what is told until the connection ends. One that is silent for long
// is asked whether it lives.
func (l *listener) listen(ctx context.Context, c *pgx.Conn) {
	for {
		wait, cancel := context.WithTimeout(ctx, trust)
		told, err := c.WaitForNotification(wait)
		cancel()
		switch {
		case err == nil:
			l.heard(told)
		case ctx.Err() != nil || c.IsClosed() || !pgconn.Timeout(err):
			return
		default:
			ask, cancel := context.WithTimeout(ctx, pingLimit)
			err := c.Ping(ask)
			cancel()
			if err != nil {
				return
			}
		}
	}
}

// heard rings for the queues of a message, unless it is our own.
func (l *listener) heard(told *pgconn.Notification) {
	queues := strings.Split(told.Payload, "\n")
	if n := l.d.notifier; n != nil && queues[0] == n.name {
		return
	}
	l.ring(queues[1:]...)
}

func (l *listener) close() {
	l.cancel()
	<-l.done
}
