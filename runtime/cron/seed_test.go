package cron_test

import (
	"testing"
	"time"

	"github.com/gojobgen/jobgen/runtime/cron"
)

func mustParseSeed(t testing.TB, expr string, seed uint64) *cron.Schedule {
	t.Helper()
	s, err := cron.ParseSeed(expr, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What a seed gives must never change: schedules are kept as text and seed.
func TestSeedIsStable(t *testing.T) {
	tests := []struct {
		expr string
		seed uint64
		want string
	}{
		{"H * * * *", 0, "every hour at minute 25"},
		{"H * * * *", 1, "every hour at minute 44"},
		{"H H * * *", 1, "at 23:44 every day"},
		{"H H H * *", 42, "at 06:09 on day 10 of the month"},
		{"H H * * H", 42, "at 06:09 on Saturday"},
		{"H H 1 H *", 42, "at 06:09 on day 1 of January"},
		{"H H H * * *", 42, "at 06:09:44 every day"},
		{"H/15 * * * *", 42, "at every 15th minute from 2 to 47 of every hour"},
		{"H H/8 * * *", 42, "at 02:09, 10:09 and 18:09 every day"},
	}
	for _, tt := range tests {
		if got := mustParseSeed(t, tt.expr, tt.seed).Describe(); got != tt.want {
			t.Errorf("%q, seed %d: %s, want %s", tt.expr, tt.seed, got, tt.want)
		}
	}
}

func TestSeedSpreads(t *testing.T) {
	const seeds = 6000
	minutes := map[int]int{}
	for seed := range uint64(seeds) {
		next, _ := mustParseSeed(t, "H H * * *", seed).Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		minutes[next.Minute()]++
	}
	for m := range 60 {
		if n := minutes[m]; n < seeds/60/2 || n > seeds/60*2 {
			t.Errorf("minute %d is taken by %d of %d seeds", m, n, seeds)
		}
	}
}

// H keeps to its field, and in day of month to days that every month has.
func TestSeedStaysInRange(t *testing.T) {
	for seed := range uint64(500) {
		v := time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC)
		for _, expr := range []string{"H H H H H *", "H H H H * H", "H/7 H/7 H/7 * * *", "0 0 0 H/31 * *", "0 0 0 * H/12 *", "0 0 0 * * H/7"} {
			if _, ok := mustParseSeed(t, expr, seed).Next(v); !ok {
				t.Errorf("%q, seed %d never fires", expr, seed)
			}
		}
		monthly := mustParseSeed(t, "0 0 H * *", seed)
		for month := range 12 {
			next, _ := monthly.Next(v)
			if next.Month() != time.Month(month+1) {
				t.Fatalf("seed %d: after %s comes %s", seed, v, next)
			}
			v = next
		}
	}
}

func TestSeedIntervals(t *testing.T) {
	loc := mustZone(t, "America/New_York")
	count := func(expr string) (n int) {
		s := mustParseSeed(t, expr, 3)
		until := at(t, loc, "2016-11-06 03:00 -05:00")
		for v, ok := s.Next(at(t, loc, "2016-11-06 00:59 -04:00")); ok && v.Before(until); v, ok = s.Next(v) {
			n++
		}
		return n
	}
	if n := count("H 1 * * *"); n != 1 {
		t.Errorf("a fixed H fires %d times in a repeated hour", n)
	}
	if n := count("H/30 1 * * *"); n != 4 {
		t.Errorf("H with a step fires %d times in a repeated hour", n)
	}
}

// Without H the seed has no part, and a macro is its expansion.
func TestSeedWithoutH(t *testing.T) {
	for _, expr := range []string{"5 4 * * *", "@daily", "@yearly"} {
		a, b := mustParse(t, expr), mustParseSeed(t, expr, 99)
		if a.Describe() != b.Describe() || a.String() != b.String() {
			t.Errorf("%q is %q, with a seed %q", expr, a.Describe(), b.Describe())
		}
	}
}

func TestSeedErrors(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"H,5 * * * *", `cron "H,5 * * * *": minute, column 2: H stands alone or with a step; write H or H/15`},
		{"H-5 * * * *", `cron "H-5 * * * *": minute, column 2: H stands alone or with a step; write H or H/15`},
		{"H/60 * * * *", `cron "H/60 * * * *": minute, column 3: step 60 is out of range 1-59`},
		{"H/ * * * *", `cron "H/ * * * *": minute, column 3: a value is missing; write a number from 1 to 59`},
		{"* * HW * *", `cron "* * HW * *": day of month, column 6: H stands alone or with a step; write H or H/15`},
		{"* * * * H#2", `cron "* * * * H#2": day of week, column 10: H stands alone or with a step; write H or H/15`},
	}
	for _, tt := range tests {
		_, err := cron.ParseSeed(tt.expr, 1)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q:\n got %v\nwant %s", tt.expr, err, tt.want)
		}
	}
}
