package cron_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gojobgen/jobgen/runtime/cron"
)

// Zones with every kind of change: by an hour, half an hour, two hours, a
// day; at midnight; with summer time below the offset of winter.
var zones = []string{
	"America/New_York", "Europe/London", "Europe/Dublin", "America/Havana", "Australia/Lord_Howe",
	"America/Santiago", "Asia/Amman", "Africa/Casablanca", "Antarctica/Troll", "Pacific/Apia",
}

// changes returns the instants from one year to another at which the offset
// of a zone changes.
func changes(loc *time.Location, fromYear, toYear int) []time.Time {
	var found []time.Time
	offset := func(v time.Time) int { _, o := v.In(loc).Zone(); return o }
	v := time.Date(fromYear, 1, 1, 0, 0, 0, 0, time.UTC)
	for ; v.Year() < toYear; v = v.Add(time.Hour) {
		next := v.Add(time.Hour)
		if offset(v) == offset(next) {
			continue
		}
		change := v
		for offset(change) == offset(v) {
			change = change.Add(time.Second)
		}
		found = append(found, change)
	}
	return found
}

// compare checks Next and Prev against the slow walk.
func compare(t interface{ Fatalf(string, ...any) }, slow *slowSchedule, loc *time.Location, from, to time.Time, step time.Duration) {
	s, err := cron.Parse(slow.text)
	if err != nil {
		t.Fatalf("%v", err)
	}
	want := slow.occurrences(loc, from, to, step)
	var next, prev []time.Time
	for v, ok := s.Next(from.In(loc)); ok && !v.After(to); v, ok = s.Next(v) {
		next = append(next, v)
	}
	for v, ok := s.Prev(to.In(loc).Add(1)); ok && v.After(from); v, ok = s.Prev(v) {
		prev = append(prev, v)
	}
	slices.Reverse(prev)
	if !slices.EqualFunc(next, want, time.Time.Equal) {
		t.Fatalf("%q in %s from %s: Next gives\n%s\nwant\n%s", slow.text, loc, from, lines(next), lines(want))
	}
	if !slices.EqualFunc(prev, want, time.Time.Equal) {
		t.Fatalf("%q in %s to %s: Prev gives\n%s\nwant\n%s", slow.text, loc, to, lines(prev), lines(want))
	}
}

func lines(times []time.Time) string {
	var b strings.Builder
	for _, v := range times {
		b.WriteString(v.Format(layout) + "\n")
	}
	return b.String()
}

// Around every clock change of ten zones, minute by minute.
func TestAgainstASlowWalk(t *testing.T) {
	for _, name := range zones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc := mustZone(t, name)
			all := append(changes(loc, 2003, 2030), changes(loc, 2095, 2097)...)
			rapid.Check(t, func(t *rapid.T) {
				change := rapid.SampledFrom(all).Draw(t, "change")
				before := time.Duration(rapid.IntRange(0, 8*60).Draw(t, "before")) * time.Minute
				after := time.Duration(rapid.IntRange(1, 26).Draw(t, "after")) * time.Hour
				slow := drawSchedule(t, false)
				compare(t, slow, loc, change.Add(-before), change.Add(after), time.Minute)
			})
		})
	}
}

// The same second by second, and at a change that is not on a full minute:
// Amsterdam left its own 19 minutes and 32 seconds for 20 minutes.
func TestAgainstASlowWalkBySeconds(t *testing.T) {
	tests := []struct{ zone, change string }{
		{"Europe/Amsterdam", "1937-06-30 23:40:28"},
		{"Australia/Lord_Howe", "2017-04-01 15:00:00"},
		{"Australia/Lord_Howe", "2017-09-30 15:30:00"},
	}
	for _, tt := range tests {
		t.Run(tt.zone+tt.change, func(t *testing.T) {
			t.Parallel()
			loc, change := mustZone(t, tt.zone), at(t, time.UTC, tt.change)
			rapid.Check(t, func(t *rapid.T) {
				slow := drawSchedule(t, true)
				compare(t, slow, loc, change.Add(-35*time.Minute), change.Add(35*time.Minute), time.Second)
			})
		})
	}
}

// Without clock changes and over months, hour by hour.
func TestAgainstASlowWalkOverMonths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slow := drawSchedule(t, false)
		slow.text = "0" + slow.text[strings.Index(slow.text, " "):]
		slow.minute = func(v int) bool { return v == 0 }
		year, month := rapid.IntRange(1890, 2499).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month")
		from := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
		compare(t, slow, time.UTC, from, from.AddDate(0, 5, 0), time.Hour)
	})
}

// Whatever the expression, the zone and the time: results are on the right
// side, and Next and Prev agree.
func TestNextAndPrevAgree(t *testing.T) {
	more := append([]string{"UTC", "Asia/Kathmandu", "Europe/Amsterdam", "America/Juneau", "Africa/Cairo"}, zones...)
	rapid.Check(t, func(t *rapid.T) {
		slow := drawSchedule(t, rapid.Bool().Draw(t, "seconds"))
		s, err := cron.Parse(slow.text)
		if err != nil {
			t.Fatal(err)
		}
		loc, err := time.LoadLocation(rapid.SampledFrom(more).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		for range 30 {
			from := time.Unix(
				rapid.Int64Range(-4e9, 16.7e9).Draw(t, "time"), // 1843 to 2499
				rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).In(loc)
			agree(t, s, from)
		}
	})
}

func agree(t *rapid.T, s *cron.Schedule, from time.Time) {
	next, ok := s.Next(from)
	if !ok {
		if !strings.HasSuffix(s.Describe(), "which never happens") {
			t.Fatalf("%q never fires after %s", s, from)
		}
		return
	}
	if !next.After(from) || next.Location() != from.Location() || next.Nanosecond() != 0 {
		t.Fatalf("%q: Next(%s) = %s", s, from, next)
	}
	if again, ok := s.Prev(next.Add(1)); !ok || !again.Equal(next) {
		t.Fatalf("%q: Prev just after %s = %s", s, next, again)
	}
	prev, ok := s.Prev(next)
	if !ok || prev.After(from) {
		t.Fatalf("%q: Next(%s) = %s, but Prev of it = %s", s, from, next, prev)
	}
	if again, ok := s.Next(prev); !ok || !again.Equal(next) {
		t.Fatalf("%q: Prev(%s) = %s, but Next of it = %s", s, next, prev, again)
	}
}
