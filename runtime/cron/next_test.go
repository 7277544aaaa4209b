package cron_test

import (
	"math"
	"testing"
	"time"
)

// Each field and each special form, without clock changes.
func TestNextAndPrev(t *testing.T) {
	tests := []struct{ expr, from, next, prev string }{
		{"* * * * *", "2026-03-04 10:11:12", "2026-03-04 10:12", "2026-03-04 10:11"},
		{"* * * * *", "2026-12-31 23:59:00", "2027-01-01 00:00", "2026-12-31 23:58"},
		{"* * * * * *", "2026-03-04 10:11:59", "2026-03-04 10:12:00", "2026-03-04 10:11:58"},
		{"*/15 * * * *", "2026-03-04 10:15:00", "2026-03-04 10:30", "2026-03-04 10:00"},
		{"*/25 * * * *", "2026-03-04 10:50:00", "2026-03-04 11:00", "2026-03-04 10:25"},
		{"10/20 * * * *", "2026-03-04 10:50:00", "2026-03-04 11:10", "2026-03-04 10:30"},
		{"5-8,19,35-41/3 * * * *", "2026-03-04 10:19:00", "2026-03-04 10:35", "2026-03-04 10:08"},
		{"57,20/20,30/20,32-34/2,58 * * * *", "2026-03-04 10:40:00", "2026-03-04 10:50", "2026-03-04 10:34"},
		{"56-4/4 * * * *", "2026-03-04 10:58:00", "2026-03-04 11:00", "2026-03-04 10:56"},
		{"0 22-2 * * *", "2026-03-04 23:30:00", "2026-03-05 00:00", "2026-03-04 23:00"},
		{"0 22-2 * * *", "2026-03-04 02:00:00", "2026-03-04 22:00", "2026-03-04 01:00"},
		{"30 8,20 * * *", "2026-03-04 08:30:00", "2026-03-04 20:30", "2026-03-03 20:30"},
		{"15 30 8 * * *", "2026-03-04 08:30:15", "2026-03-05 08:30:15", "2026-03-03 08:30:15"},
		{"10-20/5 30 8 * * *", "2026-03-04 08:30:15", "2026-03-04 08:30:20", "2026-03-04 08:30:10"},

		// Day of month.
		{"0 0 31 * *", "2026-04-10 00:00:00", "2026-05-31 00:00", "2026-03-31 00:00"},
		{"0 0 20-5/5 * *", "2026-06-01 00:00:00", "2026-06-04 00:00", "2026-05-30 00:00"},
		{"0 0 29 2 *", "2026-03-04 00:00:00", "2028-02-29 00:00", "2024-02-29 00:00"},
		{"0 0 29 2 *", "2096-02-29 00:00:00", "2104-02-29 00:00", "2092-02-29 00:00"},
		{"0 0 29 2 *", "2104-02-29 00:00:00", "2108-02-29 00:00", "2096-02-29 00:00"},
		{"0 0 29 2 MON", "2026-03-04 00:00:00", "2044-02-29 00:00", "2016-02-29 00:00"},
		{"0 0 L * *", "2026-02-28 00:00:00", "2026-03-31 00:00", "2026-01-31 00:00"},
		{"0 0 L 2 *", "2026-03-04 00:00:00", "2027-02-28 00:00", "2026-02-28 00:00"},
		{"0 0 L-3 * *", "2026-02-26 00:00:00", "2026-03-28 00:00", "2026-02-25 00:00"},
		{"0 0 L-30 * *", "2026-03-04 00:00:00", "2026-05-01 00:00", "2026-03-01 00:00"},

		// The weekday nearest: Sat 1 Aug 2026, Sun 15 Nov 2026, Sun 31 May 2026.
		{"0 0 1W * *", "2026-07-31 00:00:00", "2026-08-03 00:00", "2026-07-01 00:00"},
		{"0 0 1W * *", "2026-08-02 00:00:00", "2026-08-03 00:00", "2026-07-01 00:00"},
		{"0 0 15W * *", "2026-11-01 00:00:00", "2026-11-16 00:00", "2026-10-15 00:00"},
		{"0 0 15W 8 *", "2026-01-01 00:00:00", "2026-08-14 00:00", "2025-08-15 00:00"},
		{"0 0 31W * *", "2026-04-10 00:00:00", "2026-05-29 00:00", "2026-03-31 00:00"},
		{"0 0 LW * *", "2026-05-01 00:00:00", "2026-05-29 00:00", "2026-04-30 00:00"},
		{"0 0 LW * *", "2026-01-01 00:00:00", "2026-01-30 00:00", "2025-12-31 00:00"},
		{"0 0 L-1W * *", "2026-05-01 00:00:00", "2026-05-29 00:00", "2026-04-29 00:00"},
		{"0 0 L-2W 2 *", "2017-01-01 00:00:00", "2017-02-27 00:00", "2016-02-26 00:00"},

		// Day of week.
		{"0 8 * * MON", "2026-03-04 00:00:00", "2026-03-09 08:00", "2026-03-02 08:00"},
		{"0 8 * * mon-fri", "2026-03-06 08:00:00", "2026-03-09 08:00", "2026-03-05 08:00"},
		{"0 0 * * 0", "2026-03-04 00:00:00", "2026-03-08 00:00", "2026-03-01 00:00"},
		{"0 0 * * 7", "2026-03-04 00:00:00", "2026-03-08 00:00", "2026-03-01 00:00"},
		{"0 0 * * SAT-TUE", "2026-03-04 00:00:00", "2026-03-07 00:00", "2026-03-03 00:00"},
		{"0 0 * * SAT-TUE/2", "2026-03-04 00:00:00", "2026-03-07 00:00", "2026-03-02 00:00"},
		{"0 0 * * 7-1/2", "2026-03-04 00:00:00", "2026-03-08 00:00", "2026-03-01 00:00"},
		{"0 0 * * 1-7/3", "2026-03-04 00:00:00", "2026-03-05 00:00", "2026-03-02 00:00"},
		{"0 0 * * */5", "2026-03-04 00:00:00", "2026-03-06 00:00", "2026-03-01 00:00"},
		{"0 0 * * MON#2", "2026-03-04 00:00:00", "2026-03-09 00:00", "2026-02-09 00:00"},
		{"0 0 * * 6#5", "2026-03-04 00:00:00", "2026-05-30 00:00", "2026-01-31 00:00"},
		{"0 0 * * FRIL", "2026-03-04 00:00:00", "2026-03-27 00:00", "2026-02-27 00:00"},
		{"0 0 * * 7L", "2026-03-04 00:00:00", "2026-03-29 00:00", "2026-02-22 00:00"},

		// Both day fields must match.
		{"0 0 13 * FRI", "2026-03-14 00:00:00", "2026-11-13 00:00", "2026-03-13 00:00"},
		{"0 0 1-7 * MON", "2026-03-04 00:00:00", "2026-04-06 00:00", "2026-03-02 00:00"},
		{"0 0 L * FRIL", "2026-03-04 00:00:00", "2026-07-31 00:00", "2025-10-31 00:00"},

		// Month.
		{"0 0 1 DEC-FEB *", "2026-03-04 00:00:00", "2026-12-01 00:00", "2026-02-01 00:00"},
		{"0 0 1 9-8/3 *", "2026-03-04 00:00:00", "2026-06-01 00:00", "2026-03-01 00:00"},
		{"0 0 ? 3,9 ?", "2026-03-31 00:00:00", "2026-09-01 00:00", "2026-03-30 00:00"},

		// Macros.
		{"@every_second", "2026-03-04 10:11:12", "2026-03-04 10:11:13", "2026-03-04 10:11:11"},
		{"@every_minute", "2026-03-04 10:11:12", "2026-03-04 10:12", "2026-03-04 10:11"},
		{"@hourly", "2026-03-04 10:11:12", "2026-03-04 11:00", "2026-03-04 10:00"},
		{"@daily", "2026-03-04 10:11:12", "2026-03-05 00:00", "2026-03-04 00:00"},
		{"@midnight", "2026-03-04 10:11:12", "2026-03-05 00:00", "2026-03-04 00:00"},
		{"@weekly", "2026-03-04 10:11:12", "2026-03-08 00:00", "2026-03-01 00:00"},
		{"@monthly", "2026-03-04 10:11:12", "2026-04-01 00:00", "2026-03-01 00:00"},
		{"@yearly", "2026-03-04 10:11:12", "2027-01-01 00:00", "2026-01-01 00:00"},
		{"@annually", "2026-03-04 10:11:12", "2027-01-01 00:00", "2026-01-01 00:00"},
	}
	for _, tt := range tests {
		t.Run(tt.expr, func(t *testing.T) {
			s := mustParse(t, tt.expr)
			from := at(t, time.UTC, tt.from)
			if got, want := show(s.Next(from)), show(at(t, time.UTC, tt.next), true); got != want {
				t.Errorf("Next(%s) = %s, want %s", tt.from, got, want)
			}
			if got, want := show(s.Prev(from)), show(at(t, time.UTC, tt.prev), true); got != want {
				t.Errorf("Prev(%s) = %s, want %s", tt.from, got, want)
			}
		})
	}
}

func TestFractionsOfASecond(t *testing.T) {
	s := mustParse(t, "* * * * * *")
	second := at(t, time.UTC, "2026-03-04 10:11:12")
	for _, fraction := range []time.Duration{1, 500 * time.Millisecond, time.Second - 1} {
		from := second.Add(fraction)
		if next, _ := s.Next(from); !next.Equal(second.Add(time.Second)) {
			t.Errorf("Next(%s) = %s", from, next)
		}
		if prev, _ := s.Prev(from); !prev.Equal(second) {
			t.Errorf("Prev(%s) = %s", from, prev)
		}
	}
}

func TestResultKeepsTheLocation(t *testing.T) {
	s := mustParse(t, "0 8 * * *")
	for _, loc := range []*time.Location{time.UTC, time.Local, mustZone(t, "Asia/Tokyo"), time.FixedZone("x", 5*3600+1)} {
		from := time.Date(2026, 3, 4, 12, 0, 0, 0, loc)
		next, _ := s.Next(from)
		prev, _ := s.Prev(from)
		if next.Location() != from.Location() || prev.Location() != from.Location() {
			t.Errorf("locations %v and %v, want %v", next.Location(), prev.Location(), loc)
		}
		if next.Hour() != 8 || prev.Hour() != 8 || next.Day() != 5 || prev.Day() != 4 {
			t.Errorf("in %s: Next %s, Prev %s", loc, next, prev)
		}
	}
}

func TestNever(t *testing.T) {
	for _, expr := range []string{
		"0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 L-30 4 *", "0 0 L-29 2 *", "0 0 30W 2 *",
		"0 0 1 * SUN#2", "0 0 28 * SUN#5", "0 0 1-21 * 0L", "0 0 LW * SAT", "0 0 15W * SUN", "0 0 L-3 * SUN#5",
	} {
		s := mustParse(t, expr)
		from := time.Date(2026, 3, 4, 0, 0, 0, 0, mustZone(t, "America/New_York"))
		if next, ok := s.Next(from); ok || !next.IsZero() {
			t.Errorf("%q: Next = %s", expr, next)
		}
		if prev, ok := s.Prev(from); ok || !prev.IsZero() {
			t.Errorf("%q: Prev = %s", expr, prev)
		}
	}
}

func TestEdgesOfTime(t *testing.T) {
	s := mustParse(t, "* * * * * *")
	first := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	tests := []struct {
		name string
		got  string
		want string
	}{
		{"last second", show(s.Next(last.Add(-1))), show(last, true)},
		{"after the last", show(s.Next(last)), "never"},
		{"before the end", show(s.Prev(last.AddDate(1, 0, 0))), show(last, true)},
		{"first second", show(s.Prev(first.Add(1))), show(first, true)},
		{"before the first", show(s.Prev(first)), "never"},
		{"after the beginning", show(s.Next(first.AddDate(-5, 0, 0))), show(first, true)},
		{"zero time", show(s.Next(time.Time{})), show(first.Add(time.Second), true)},
		{"far future", show(s.Next(time.Unix(math.MaxInt64/4, 0).UTC())), "never"},
		{"back from the far future", show(s.Prev(time.Unix(math.MaxInt64/4, 0).UTC())), show(last, true)},
		{"far past", show(s.Prev(time.Unix(math.MinInt64/4, 0).UTC())), "never"},
		{"from the far past", show(s.Next(time.Unix(math.MinInt64/4, 0).UTC())), show(first, true)},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

// The end of every month of 900 years and of every February there is, against
// the calendar of package time.
func TestCalendar(t *testing.T) {
	tests := []struct {
		expr                string
		firstYear, lastYear int
		months              []time.Month
	}{
		{"0 0 L * *", 1600, 2499, []time.Month{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{"0 0 L 2 *", 1, 9999, []time.Month{2}},
	}
	for _, tt := range tests {
		s := mustParse(t, tt.expr)
		v := time.Date(tt.firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
		for year := tt.firstYear; year <= tt.lastYear; year++ {
			for _, month := range tt.months {
				want := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC)
				next, ok := s.Next(v)
				if !ok || !next.Equal(want) {
					t.Fatalf("%q: Next(%s) = %s, want %s", s, v, next, want)
				}
				if prev, ok := s.Prev(next); ok && prev.After(v) || !ok && year > 1 {
					t.Fatalf("%q: Prev(%s) = %s", s, next, prev)
				}
				v = next
			}
		}
	}
}

// Beyond the zone's table, package time reports the end of a leap year's last
// span as lying before the last day of that year.
func TestLastDayOfALeapYear(t *testing.T) {
	loc := mustZone(t, "America/New_York")
	s := mustParse(t, "0 */6 * * *")
	from := at(t, loc, "2096-12-30 13:00 -05:00")
	for i := range 12 {
		want := at(t, loc, "2096-12-30 12:00 -05:00").Add(time.Duration(i+1) * 6 * time.Hour)
		next, ok := s.Next(from)
		if !ok || !next.Equal(want) {
			t.Fatalf("Next(%s) = %s, want %s", from, next, want)
		}
		if prev, ok := s.Prev(next.Add(1)); !ok || !prev.Equal(next) {
			t.Fatalf("Prev(%s) = %s", next.Add(1), prev)
		}
		from = next
	}
}

func TestNoAllocations(t *testing.T) {
	s := mustParse(t, "0 8 * * MON")
	from := time.Date(2026, 3, 4, 0, 0, 0, 0, mustZone(t, "America/New_York"))
	if n := testing.AllocsPerRun(100, func() { s.Next(from); s.Prev(from) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
