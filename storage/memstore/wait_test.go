package memstore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/memstore"
)

// waiting is a Wait in the background, with how long it took.
func waiting(ctx context.Context, s *memstore.Store, mark uint64, queues ...string) func() (time.Duration, error) {
	start, done := time.Now(), make(chan error, 1)
	go func() { done <- s.Wait(ctx, queues, mark) }()
	synctest.Wait()
	return func() (time.Duration, error) {
		err := <-done
		return time.Since(start), err
	}
}

func insert(t *testing.T, s *memstore.Store, j storage.NewJob) storage.ID {
	t.Helper()
	j.ID, j.Kind = storage.NewID(), "k"
	res, err := s.Insert(context.Background(), storage.Group{Jobs: []storage.NewJob{j}})
	if err != nil || res[0].Err != nil {
		t.Fatal(err, res[0].Err)
	}
	return j.ID
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memstore.New()
		ctx, cancel := context.WithCancel(context.Background())

		end := waiting(ctx, s, 0, "q", "p")
		insert(t, s, storage.NewJob{Queue: "q"})
		if d, err := end(); d != 0 || err != nil {
			t.Errorf("work in one of the queues: %v %v", d, err)
		}
		if d, err := waiting(ctx, s, 0, "q")(); d != 0 || err != nil {
			t.Errorf("work since the mark: %v %v", d, err)
		}
		if d, err := waiting(ctx, s, 99, "other")(); d == 0 || d > 30*time.Second || err != nil {
			t.Errorf("nothing happens: %v %v", d, err)
		}
		end = waiting(ctx, s, 99, "other")
		cancel()
		if _, err := end(); !errors.Is(err, context.Canceled) {
			t.Errorf("the context ended: %v", err)
		}
		if err := s.Wait(ctx, nil, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("the context has ended: %v", err)
		}
		end = waiting(context.Background(), s, 99, "other")
		s.Close()
		if d, err := end(); d != 0 || !errors.Is(err, storage.ErrClosed) {
			t.Errorf("closed: %v %v", d, err)
		}
		if err := s.Wait(context.Background(), nil, 0); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("after the close: %v", err)
		}
	})
}

// A job that a rate holds back wakes a waiting server when its turn has come.
func TestWaitForRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ctx := memstore.New(), context.Background()
		kinds := []storage.KindInfo{{Kind: "k"}}
		session := storage.NewID()
		if err := s.OpenSession(ctx, storage.Session{ID: session, Kinds: kinds}); err != nil {
			t.Fatal(err)
		}
		r := storage.FetchRequest{Session: session, Queues: []string{"q"}, Kinds: storage.NewKindSet(kinds), Max: 5}
		for range 2 {
			insert(t, s, storage.NewJob{Queue: "q", Limits: []storage.Limit{{Key: "r", Max: 1, Per: 2 * time.Second}}})
		}
		for want := range 2 {
			r.Call++
			res, err := s.Fetch(ctx, r)
			if err != nil || len(res.Jobs) != 1 {
				t.Fatalf("fetch %d: %d jobs, %v", want, len(res.Jobs), err)
			}
			if want == 1 {
				break
			}
			if res.Again != 2*time.Second {
				t.Errorf("Again %v", res.Again)
			}
			if d, err := waiting(ctx, s, res.Mark, "q")(); d != 2*time.Second || err != nil {
				t.Errorf("waited %v, %v", d, err)
			}
		}
	})
}
