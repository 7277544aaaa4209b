package dashboard

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gojobgen/jobgen/dashboard/internal/sample"
	"github.com/gojobgen/jobgen/storage"
)

// next reads the stream up to the next message.
func next(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			return strings.TrimSpace(data)
		}
	}
}

func watch(t *testing.T, url string) (*bufio.Reader, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return bufio.NewReader(resp.Body), resp.Header
}

func TestStreamTellsChanges(t *testing.T) {
	s := sample.Empty()
	d := New(s, Options{Development: true}).(*handler)
	d.live.every, d.heartbeat = 20*time.Millisecond, 30*time.Millisecond
	server := httptest.NewUnstartedServer(d)
	server.Config.WriteTimeout = 300 * time.Millisecond // a service's own; the stream outlives it
	server.Start()
	t.Cleanup(server.Close)

	r, head := watch(t, server.URL+"/live")
	if head.Get("Content-Type") != "text/event-stream" || head.Get("X-Accel-Buffering") != "no" || head.Get("Content-Encoding") != "" {
		t.Errorf("headers %v", head)
	}
	if got := next(t, r); !strings.Contains(got, `"enqueued":"0"`) {
		t.Errorf("first message %s", got)
	}
	time.Sleep(400 * time.Millisecond)
	s.Add(storage.Details{Job: storage.Job{Kind: "k", Queue: "q", State: storage.Enqueued, CreatedAt: time.Now()}})
	if got := next(t, r); !strings.Contains(got, `"enqueued":"1"`) {
		t.Errorf("second message %s", got)
	}
	// Shutting down does not wait for the stream.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := server.Config.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// However many watch, the store is asked once; and not at all when nobody does.
func TestOneQuestionForAllViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		b := newBroadcaster(func(context.Context) []byte {
			return []byte{byte(asked.Add(1))}
		})
		var leave []func()
		for _, name := range strings.Split(strings.Repeat("abcdefghijklmnopqrstuvwxyz", 3), "") {
			ch, done := b.subscribe(name)
			if ch == nil {
				t.Fatal("no stream")
			}
			leave = append(leave, done)
		}
		time.Sleep(10*time.Second + 500*time.Millisecond)
		if n := asked.Load(); n != 11 {
			t.Errorf("asked %d times in ten seconds, want 11", n)
		}
		for _, done := range leave {
			done()
		}
		time.Sleep(10 * time.Second)
		if n := asked.Load(); n > 12 {
			t.Errorf("asked %d times although nobody watches", n)
		}
		b.close()
		b.close()
		if ch, _ := b.subscribe("late"); ch != nil {
			t.Error("a stream after the close")
		}
	})
}

func TestStreamsAreBounded(t *testing.T) {
	d, _ := seeded(t, Viewer)
	for range maxPerPerson {
		_, leave := d.live.subscribe("viewer@test")
		defer leave()
	}
	if w := serve(d, request("GET", "/jobs/live", nil)); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("one too many = %d", w.Code)
	}
	if w := serve(d, request("GET", "/jobs/live?once=1", nil)); w.Code != 200 || !strings.Contains(w.Body.String(), `"failed":"23"`) {
		t.Errorf("a single snapshot = %d %s", w.Code, w.Body)
	}
	for i := range maxStreams - maxPerPerson {
		_, leave := d.live.subscribe(time.Duration(i).String())
		defer leave()
	}
	if ch, _ := d.live.subscribe("one more"); ch != nil {
		t.Error("more streams than allowed")
	}
}

// cannotFlush is a middleware's writer that hides Flush.
type cannotFlush struct{ w http.ResponseWriter }

func (c cannotFlush) Header() http.Header         { return c.w.Header() }
func (c cannotFlush) Write(b []byte) (int, error) { return c.w.Write(b) }
func (c cannotFlush) WriteHeader(code int)        { c.w.WriteHeader(code) }

func TestStreamThatCannotFlushEnds(t *testing.T) {
	d, _ := seeded(t, Viewer)
	d.ServeHTTP(cannotFlush{httptest.NewRecorder()}, request("GET", "/jobs/live", nil))
}

// Pages are shared questions too: many viewers at once ask the store little.
func TestSharedAnswers(t *testing.T) {
	d, s := seeded(t, Viewer)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { serve(d, request("GET", "/jobs/queues", nil)) })
	}
	all.Wait()
	if n := s.Calls("Queues"); n > 3 {
		t.Errorf("Queues was called %d times for 50 viewers", n)
	}
}
