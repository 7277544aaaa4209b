package main

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/examples/shop/accounts"
	"github.com/gojobgen/jobgen/examples/shop/billing"
	"github.com/gojobgen/jobgen/examples/shop/database"
	"github.com/gojobgen/jobgen/examples/shop/mail"
	"github.com/gojobgen/jobgen/examples/shop/orders"
	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage/sqlitestore"
)

// shop is everything wired together.
type shop struct {
	cfg    config
	db     *sql.DB
	store  *sqlitestore.Store
	client *runtime.Client
	server *runtime.Server
	desk   *orders.Desk
	outbox *mail.Outbox
	diary  diary
	http   http.Handler
}

// open wires the shop. The services get what they need from their constructors; that
// jobs call them makes no difference to them.
func open(ctx context.Context, cfg config, log zerolog.Logger) (*shop, error) {
	s := &shop{cfg: cfg, outbox: mail.NewOutbox(log)}
	var err error
	if s.db, err = database.Open(ctx, cfg.db); err != nil {
		return nil, err
	}
	if s.store, err = sqlitestore.Open(cfg.db); err != nil {
		s.close()
		return nil, err
	}
	s.client = runtime.NewClient(s.store)
	s.desk = &orders.Desk{DB: s.db, Client: s.client, Tx: s.store.Tx, Speed: cfg.speed}

	d := runtime.NewDispatcher()
	if cfg.once {
		s.diary.taken = make(map[runtime.ID]int)
		d.Use(s.diary.note)
	}
	mail.RegisterMailer(d, mail.New(s.db, s.outbox, log))
	billing.RegisterBilling(d, billing.New(s.db, billing.Bank{}, log))
	orders.RegisterOrders(d, orders.New(s.db, log))
	accounts.RegisterAccounts(d, accounts.New(s.outbox, log))

	s.server = runtime.NewServer(s.store, d, runtime.ServerOptions{
		Queues:      []string{"critical", "default", "mail", "low"}, // critical first, always
		Concurrency: cfg.workers(),
		Owner:       "shop",
		Logger:      log,
	})
	s.http = s.routes(log)
	if err := s.declare(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// cacheID names the recurring job that warms the cache.
const cacheID = "warm-cache"

// declare adds the recurring jobs at every start: what is there already stays as it
// is, with its next and last occurrence. The monthly invoices need no line here: the
// server declares what is annotated with //job:cron.
func (s *shop) declare(ctx context.Context) error {
	return s.client.Recurring(ctx, cacheID, "*/15 * * * *", orders.WarmCacheJob(), runtime.SkipOverlap())
}

func (s *shop) close() {
	if s.store != nil {
		s.store.Close()
	}
	s.db.Close()
}

// workers is how many jobs run at once. The story has one, so that its lines show in
// which order jobs were taken.
func (c config) workers() int {
	if c.once {
		return 1
	}
	return 10
}
