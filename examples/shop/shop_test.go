package main

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/examples/shop/orders"
	"github.com/gojobgen/jobgen/storage"
)

func openShop(t *testing.T, cfg config) (*shop, *httptest.Server) {
	t.Helper()
	if cfg.db == "" {
		cfg.db = filepath.Join(t.TempDir(), "shop.db")
	}
	if cfg.speed == 0 {
		cfg.speed = 1
	}
	s, err := open(t.Context(), cfg, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	web := httptest.NewServer(s.http)
	t.Cleanup(web.Close)
	return s, web
}

// work runs the shop's workers until the test ends.
func (s *shop) work(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.server.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

func send(t *testing.T, method, to string, form url.Values, who account) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if user, password, ok := strings.Cut(string(who), ":"); ok {
		r.SetBasicAuth(user, password)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func order(card string) url.Values {
	return url.Values{"customer": {"ada@example.com"}, "card": {card}, "cents": {"4200"}}
}

func (s *shop) jobs(t *testing.T, f storage.Filter) []storage.Job {
	t.Helper()
	page, err := s.store.Jobs(t.Context(), storage.Query{Filter: f, Oldest: true, Limit: storage.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	return page.Jobs
}

func (s *shop) count(t *testing.T, state storage.State) int {
	t.Helper()
	return len(s.jobs(t, storage.Filter{States: []storage.State{state}}))
}

// until waits for something that workers do.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not seen within 30 s: %s", what)
		}
	}
}

// An order and its jobs appear together.
func TestOrder(t *testing.T) {
	t.Parallel()
	s, web := openShop(t, config{})
	if status, body := send(t, "POST", web.URL+"/orders", order("visa"), ""); status != http.StatusCreated || body != "order 1 placed\n" {
		t.Fatalf("order: %d %s", status, body)
	}
	for state, want := range map[storage.State]int{storage.Enqueued: 2, storage.Scheduled: 1, storage.Awaiting: 2} {
		if got := s.count(t, state); got != want {
			t.Errorf("%d jobs are %v, want %d", got, state, want)
		}
	}
	followUp := s.jobs(t, storage.Filter{States: []storage.State{storage.Scheduled}})[0]
	if wait := time.Until(followUp.DueAt); wait < 71*time.Hour || wait > 73*time.Hour {
		t.Errorf("follow-up in %v, want 3 days", wait)
	}
	for _, path := range []string{"/orders", "/orders/one/archive", "/password-resets"} {
		if status, _ := send(t, "POST", web.URL+path, url.Values{"customer": {"ada"}}, ""); status != http.StatusBadRequest {
			t.Errorf("incomplete request to %s: %d, want 400", path, status)
		}
	}
	if n := len(s.jobs(t, storage.Filter{})); n != 5 {
		t.Errorf("%d jobs after requests that were refused, want 5 as before", n)
	}
}

type noInserter struct{}

func (noInserter) Insert(context.Context, ...storage.Group) ([]storage.InsertResult, error) {
	return nil, errors.New("no room")
}

// An order whose jobs cannot be stored does not exist either.
func TestOrderWithoutJobs(t *testing.T) {
	t.Parallel()
	s, _ := openShop(t, config{})
	s.desk.Tx = func(*sql.Tx) storage.Inserter { return noInserter{} }
	if _, err := s.desk.Place(t.Context(), orders.Order{Customer: "ada", Card: "visa", Cents: 1}); err == nil {
		t.Fatal("the order was placed")
	}
	var n int
	if err := s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM orders").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d orders, %v; want none", n, err)
	}
}

// A payment that failed for good is retried from the dashboard after its cause is
// gone, and what had waited for it runs too.
func TestRetryFromDashboard(t *testing.T) {
	t.Parallel()
	const admin = account("ada:secret")
	s, web := openShop(t, config{speed: 1e9, auth: string(admin)})
	s.work(t)
	send(t, "POST", web.URL+"/orders", order("expired"), "")
	failed := storage.Filter{States: []storage.State{storage.Failed}}
	until(t, "failed payment", func() bool { return len(s.jobs(t, failed)) == 1 && s.count(t, storage.Deleted) == 2 })
	payment := s.jobs(t, failed)[0]
	if payment.Attempt != 4 || payment.Retries != 3 {
		t.Errorf("%d runs, %d retries; want 4 and 3", payment.Attempt, payment.Retries)
	}

	send(t, "POST", web.URL+"/orders/1/card", url.Values{"card": {"visa"}}, "")
	press := url.Values{"action": {"retry"}, "id": {payment.ID.String()}}
	if status, _ := send(t, "POST", web.URL+"/jobs/jobs/actions", press, ""); status != http.StatusUnauthorized {
		t.Errorf("retry by a stranger: %d, want 401", status)
	}
	if status, body := send(t, "POST", web.URL+"/jobs/jobs/actions", press, admin); status != http.StatusOK {
		t.Errorf("retry: %d %s", status, body)
	}
	until(t, "5 succeeded", func() bool { return s.count(t, storage.Succeeded) == 5 })
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	_, open := openShop(t, config{})
	if status, _ := send(t, "GET", open.URL+"/jobs/", nil, ""); status != http.StatusOK {
		t.Errorf("on loopback: %d, want 200", status)
	}
	_, shut := openShop(t, config{auth: "ada:secret"})
	for who, want := range map[account]int{"": 401, "ada:wrong": 401, "eve:secret": 401, "ada:secret": 200} {
		if status, _ := send(t, "GET", shut.URL+"/jobs/", nil, who); status != want {
			t.Errorf("behind -auth, as %q: %d, want %d", who, status, want)
		}
	}
}

// Declaring the recurring jobs at every start leaves them as they are.
func TestSecondStart(t *testing.T) {
	t.Parallel()
	cfg := config{db: filepath.Join(t.TempDir(), "shop.db")}
	first, _ := openShop(t, cfg)
	first.work(t)
	var before []storage.Recurring
	until(t, "2 recurring jobs", func() (ok bool) {
		before, _ = first.store.Recurring(t.Context(), "", 10)
		return len(before) == 2
	})
	second, _ := openShop(t, cfg)
	after, err := second.store.Recurring(t.Context(), "", 10)
	if err != nil || len(after) != 2 {
		t.Fatalf("recurring jobs: %v, %v", after, err)
	}
	for i := range after {
		if !after[i].CreatedAt.Equal(before[i].CreatedAt) || !after[i].Next.Equal(before[i].Next) {
			t.Errorf("%s changed: %v, want %v", after[i].ID, after[i], before[i])
		}
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	s, _ := openShop(t, config{addr: "localhost:0"})
	ctx, stop := context.WithCancel(t.Context())
	var out strings.Builder
	stop()
	if err := s.serve(ctx, &out); err != nil || !strings.HasSuffix(out.String(), "stopped\n") {
		t.Errorf("serve: %v\n%s", err, out.String())
	}
}
