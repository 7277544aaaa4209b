package runtime_test

import (
	"context"
	"errors"
	"sync"

	"github.com/gojobgen/jobgen/storage"
)

var errDown = errors.New("store is down")

// flaky is a store whose calls can be made to fail, hang or lose their answer.
type flaky struct {
	storage.Store
	mu     sync.Mutex
	before func(ctx context.Context, call string) error // an error stands for the call
	after  func(call string) error                      // an error stands for the answer
	calls  map[string]int
}

func newFlaky(s storage.Store) *flaky { return &flaky{Store: s, calls: make(map[string]int)} }

func (f *flaky) set(before func(ctx context.Context, call string) error, after func(call string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.after = before, after
}

// fail makes the named calls fail; none: all.
func (f *flaky) fail(names ...string) {
	f.set(func(_ context.Context, call string) error {
		for _, n := range names {
			if n == call {
				return errDown
			}
		}
		if len(names) == 0 {
			return errDown
		}
		return nil
	}, nil)
}

// hang makes all calls wait until their context ends.
func (f *flaky) hang() {
	f.set(func(ctx context.Context, _ string) error {
		<-ctx.Done()
		return ctx.Err()
	}, nil)
}

func (f *flaky) heal() { f.set(nil, nil) }

// loseAnswer does the next n calls of that name and hides what came of them.
func (f *flaky) loseAnswer(name string, n int) {
	f.set(nil, func(call string) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if call == name && n > 0 {
			n--
			return errDown
		}
		return nil
	})
}

func (f *flaky) count(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[name]
}

func through[T any](ctx context.Context, f *flaky, name string, call func() (T, error)) (T, error) {
	f.mu.Lock()
	f.calls[name]++
	before, after := f.before, f.after
	f.mu.Unlock()
	var none T
	if before != nil {
		if err := before(ctx, name); err != nil {
			return none, err
		}
	}
	v, err := call()
	if after != nil && err == nil {
		if err := after(name); err != nil {
			return none, err
		}
	}
	return v, err
}

func (f *flaky) Insert(ctx context.Context, g ...storage.Group) ([]storage.InsertResult, error) {
	return through(ctx, f, "insert", func() ([]storage.InsertResult, error) { return f.Store.Insert(ctx, g...) })
}

func (f *flaky) Fetch(ctx context.Context, r storage.FetchRequest) (storage.FetchResult, error) {
	return through(ctx, f, "fetch", func() (storage.FetchResult, error) { return f.Store.Fetch(ctx, r) })
}

func (f *flaky) Settle(ctx context.Context, r storage.SettleRequest) ([]storage.Verdict, error) {
	return through(ctx, f, "settle", func() ([]storage.Verdict, error) { return f.Store.Settle(ctx, r) })
}

func (f *flaky) Report(ctx context.Context, s storage.ID, r []storage.Report) ([]storage.Verdict, error) {
	return through(ctx, f, "report", func() ([]storage.Verdict, error) { return f.Store.Report(ctx, s, r) })
}

func (f *flaky) Tick(ctx context.Context, r storage.TickRequest) (storage.TickResult, error) {
	return through(ctx, f, "tick", func() (storage.TickResult, error) { return f.Store.Tick(ctx, r) })
}

func (f *flaky) Wait(ctx context.Context, q []string, mark uint64) error {
	_, err := through(ctx, f, "wait", func() (int, error) { return 0, f.Store.Wait(ctx, q, mark) })
	return err
}

func (f *flaky) OpenSession(ctx context.Context, s storage.Session) error {
	_, err := through(ctx, f, "open", func() (int, error) { return 0, f.Store.OpenSession(ctx, s) })
	return err
}

func (f *flaky) CloseSession(ctx context.Context, id storage.ID) error {
	_, err := through(ctx, f, "close", func() (int, error) { return 0, f.Store.CloseSession(ctx, id) })
	return err
}

func (f *flaky) PutRecurring(ctx context.Context, rs []storage.Recurring) ([]error, error) {
	return through(ctx, f, "put", func() ([]error, error) { return f.Store.PutRecurring(ctx, rs) })
}

func (f *flaky) Fire(ctx context.Context, r storage.Fire) (bool, error) {
	return through(ctx, f, "fire", func() (bool, error) { return f.Store.Fire(ctx, r) })
}
