package cron_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime/cron"
)

func FuzzParse(f *testing.F) {
	for _, expr := range []string{
		"* * * * *", "*/15 9-17 * * 1-5", "0 0 L-3W * FRIL", "59 23 31 DEC MON#5", "10-5/3 0 22-2 1 7-1/2 ? 0",
		"H H/8 H * *", "@daily", "@every 5m", "TZ=UTC 0 8 * * *", "0 25 * * *", "0 0 31 2 *", "*,5 é \xff * \n",
	} {
		f.Add(expr, uint64(1), int64(1_700_000_000))
	}
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expr string, seed uint64, sec int64) {
		s, err := cron.ParseSeed(expr, seed)
		if err != nil {
			checkError(t, expr, err)
			return
		}
		if _, err := cron.Parse(expr); err != nil {
			checkError(t, expr, err) // an H, without a seed
		}
		again, err := cron.ParseSeed(s.String(), seed)
		if err != nil {
			t.Fatalf("%q is written %q: %v", expr, s, err)
		}
		if again.String() != s.String() || again.Describe() != s.Describe() || s.Describe() == "" {
			t.Fatalf("%q, %s, becomes %q, %s", s, s.Describe(), again, again.Describe())
		}
		from := time.Unix(sec, 0).In(newYork)
		next, ok := s.Next(from)
		if other, ok2 := again.Next(from); ok != ok2 || !next.Equal(other) {
			t.Fatalf("%q fires at %s, parsed again at %s", s, next, other)
		}
		if ok && !next.After(from) {
			t.Fatalf("%q: Next(%s) = %s", s, from, next)
		}
		if prev, ok := s.Prev(from); ok && !prev.Before(from) {
			t.Fatalf("%q: Prev(%s) = %s", s, from, prev)
		}
	})
}

func checkError(t *testing.T, expr string, err error) {
	t.Helper()
	var bad *cron.ParseError
	if !errors.As(err, &bad) {
		t.Fatalf("%q: %T is not a ParseError", expr, err)
	}
	if bad.Offset < 0 || bad.Offset > len(bad.Expr) || bad.Expr != expr[:min(len(expr), 1024)] {
		t.Fatalf("%q: offset %d in %q", expr, bad.Offset, bad.Expr)
	}
	if len(bad.Error()) > 5000 || bad.Msg == "" {
		t.Fatalf("%q: %s", expr, bad)
	}
}
