package group_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/group"
)

// store answers each item with ten times itself, when it is let to.
type store struct {
	mu      sync.Mutex
	flushes [][]int // in flight, in the order of their start
	let     chan error
	most    int // in flight at once
	all     map[int]int
}

func newStore() *store { return &store{let: make(chan error), all: make(map[int]int)} }

func (s *store) flush(ctx context.Context, items, answers []int) error {
	mine := slices.Clone(items)
	s.mu.Lock()
	s.flushes = append(s.flushes, mine)
	s.most = max(s.most, len(s.flushes))
	s.mu.Unlock()
	var err error
	select {
	case err = <-s.let:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushes = slices.DeleteFunc(s.flushes, func(f []int) bool { return &f[0] == &mine[0] })
	for i, n := range mine {
		answers[i] = 10 * n
		if err == nil {
			s.all[n]++
		}
	}
	return err
}

// sizes are those of the flushes in flight.
func (s *store) sizes() (n []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.flushes {
		n = append(n, len(f))
	}
	return n
}

func newGroup(s *store, flights int) *group.Group[int, int] {
	return group.New(group.Config[int, int]{
		Flush: s.flush, Limit: 100, Flights: flights, Least: 4,
		Again: func(error) bool { return true }, Patience: time.Minute,
	})
}

// call makes calls of n items from first on, and lets them come to where they wait.
func call(t *testing.T, g *group.Group[int, int], first, n int) {
	for i := first; i < first+n; i++ {
		go func() {
			if answer, err := g.Do(t.Context(), i); answer != 10*i || err != nil {
				t.Errorf("item %d: got %d, %v", i, answer, err)
			}
		}()
	}
	synctest.Wait()
}

func want(t *testing.T, s *store, sizes ...int) {
	t.Helper()
	if got := s.sizes(); !slices.Equal(got, sizes) {
		t.Errorf("flushes of %v are in flight, want %v", got, sizes)
	}
}

func TestOneFlightAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		g := newGroup(s, 0)
		call(t, g, 0, 1)
		call(t, g, 1, 9)
		want(t, s, 1)
		for left := range 2 {
			s.let <- nil
			synctest.Wait()
			want(t, s, [][]int{{9}, nil}[left]...)
		}
	})
}

// A second flush begins when enough items wait, and none of few beside another.
func TestSecondFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		g := newGroup(s, 2)
		call(t, g, 0, 1)
		call(t, g, 1, 3)
		want(t, s, 1)
		call(t, g, 4, 1)
		want(t, s, 1, 4)
		call(t, g, 5, 9)
		want(t, s, 1, 4)
		s.let <- nil
		synctest.Wait()
		if got := s.sizes(); len(got) != 2 || got[1] != 9 {
			t.Errorf("flushes of %v are in flight, want what waited behind one of them", got)
		}
		call(t, g, 14, 3)
		s.let <- nil
		synctest.Wait()
		if got := s.sizes(); len(got) != 1 {
			t.Errorf("flushes of %v are in flight, want one: 3 are too few for another", got)
		}
		s.let <- nil
		synctest.Wait()
		want(t, s, 3)
		s.let <- nil
		synctest.Wait()
		want(t, s)
	})
}

// Each item is handled and answered once, whatever fails meanwhile.
func TestFlightsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		g := newGroup(s, 2)
		const items = 400
		var calls sync.WaitGroup
		for caller := range 20 {
			calls.Go(func() {
				for i := caller; i < items; i += 20 {
					if answer, err := g.Do(t.Context(), i); answer != 10*i || err != nil {
						t.Errorf("item %d: got %d, %v", i, answer, err)
					}
				}
			})
		}
		over := make(chan struct{})
		go func() { calls.Wait(); close(over) }()
		for n := 0; ; n++ {
			synctest.Wait() // all who can call have called
			var err error
			if n%3 == 1 {
				err = errors.New("the store is down")
			}
			select {
			case s.let <- err:
				continue
			case <-over:
			}
			break
		}
		for i := range items {
			if s.all[i] != 1 {
				t.Errorf("item %d was handled %d times", i, s.all[i])
			}
		}
		if s.most != 2 {
			t.Errorf("%d flushes were in flight at once", s.most)
		}
	})
}

func TestItemWithdrawnBehindTwoFlights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		g := newGroup(s, 2)
		call(t, g, 0, 1)
		call(t, g, 1, 4)
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, err := g.Do(ctx, 99); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		for range 2 {
			s.let <- nil
			synctest.Wait()
		}
		want(t, s)
		if s.all[99] != 0 {
			t.Error("an item that was withdrawn was handled")
		}
	})
}

// Who calls after a quiet moment flushes by itself: its context ends the flush, and what
// others wait for meanwhile is flushed all the same.
func TestOwnFlushEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		g := newGroup(s, 0)
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := errors.New("the caller is gone")
		over := make(chan error)
		go func() {
			_, err := g.Do(ctx, 99)
			over <- err
		}()
		synctest.Wait()
		call(t, g, 0, 3)
		want(t, s, 1)
		cancel(gone)
		if err := <-over; !errors.Is(err, gone) {
			t.Errorf("got %v, want the cause", err)
		}
		synctest.Wait()
		want(t, s, 3)
		s.let <- nil
		synctest.Wait()
		want(t, s)
	})
}

// An own flush that failed is made again with what others wait for.
func TestOwnFlushFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		g := newGroup(s, 0)
		call(t, g, 0, 1)
		call(t, g, 1, 2)
		s.let <- errors.New("the store is down")
		time.Sleep(time.Minute) // the pause
		synctest.Wait()
		want(t, s, 1)
		s.let <- nil
		synctest.Wait()
		want(t, s, 2)
		s.let <- nil
		synctest.Wait()
		want(t, s)
		for i := range 3 {
			if s.all[i] != 1 {
				t.Errorf("item %d was handled %d times", i, s.all[i])
			}
		}
	})
}

// Soon after a flush calls come together, each item in a flush of a goroutine's own.
func TestBusyGroupGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		g := newGroup(s, 0)
		call(t, g, 0, 1)
		s.let <- nil
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, _ = g.Do(ctx, 1) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		want(t, s, 1) // it is not its caller's
		s.let <- nil
		synctest.Wait()
		want(t, s)
	})
}

// A store that does not heed the context of a flush keeps nobody longer than his own.
func TestOwnFlushOfDeafStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		g := group.New(group.Config[int, int]{
			Flush: func(context.Context, []int, []int) error { <-let; return nil },
			Limit: 100, Again: func(error) bool { return true }, Patience: time.Minute,
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		go func() { time.Sleep(time.Hour); close(let) }()
		if _, err := g.Do(ctx, 1); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		<-let
	})
}

// A flush that panics in the goroutine of a caller who goes on leaves others their turn.
func TestOwnFlushPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := true
		g := group.New(group.Config[int, int]{
			Flush: func(_ context.Context, items, answers []int) error {
				if panics {
					panic("the store is broken")
				}
				copy(answers, items)
				return nil
			},
			Limit: 100, Again: func(error) bool { return true }, Patience: time.Minute,
		})
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic is not the caller's")
				}
			}()
			_, _ = g.Do(context.Background(), 1)
		}()
		panics = false
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if n, err := g.Do(ctx, 2); n != 2 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
	})
}
