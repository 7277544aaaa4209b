package cron_test

import (
	"slices"
	"testing"
)

// The cases on which cron libraries part ways. The expected times are what
// HangfireIO/Cronos returns.
func TestNextWhenTheClockChanges(t *testing.T) {
	const (
		newYork  = "America/New_York"    // 2016-03-13 02:00 -> 03:00, 2016-11-06 02:00 -> 01:00
		havana   = "America/Havana"      // 2024-03-10 00:00 -> 01:00, 2024-11-03 01:00 -> 00:00
		lordHowe = "Australia/Lord_Howe" // 2017-10-01 02:00 -> 02:30, 2017-04-02 02:00 -> 01:30
		london   = "Europe/London"       // 2024-03-31 01:00 -> 02:00, 2024-10-27 02:00 -> 01:00
		amman    = "Asia/Amman"          // 2017-03-31 00:00 -> 01:00, 2014-10-31 01:00 -> 00:00
		santiago = "America/Santiago"    // 2017-05-14 00:00 -> 2017-05-13 23:00
		apia     = "Pacific/Apia"        // no 2011-12-30
	)
	tests := []struct{ name, zone, expr, after, want string }{
		{"gap, fixed time", newYork, "30 2 * * *", "2016-03-13 01:59 -05:00", "2016-03-13 03:00 -04:00"},
		{"gap, fixed time, from the day before", newYork, "30 2 * * *", "2016-03-12 02:30 -05:00", "2016-03-13 03:00 -04:00"},
		{"gap, fixed time, only once", newYork, "30 2 * * *", "2016-03-13 03:00 -04:00", "2016-03-14 02:30 -04:00"},
		{"gap, two fixed times become one", newYork, "0,30 2 * * *", "2016-03-13 03:00 -04:00", "2016-03-14 02:00 -04:00"},
		{"gap, interval", newYork, "*/30 * * * *", "2016-03-13 01:45 -05:00", "2016-03-13 03:00 -04:00"},
		{"gap, interval goes on", newYork, "*/30 * * * *", "2016-03-13 03:00 -04:00", "2016-03-13 03:30 -04:00"},
		{"gap, every second hour", newYork, "0 */2 * * *", "2016-03-13 00:00 -05:00", "2016-03-13 03:00 -04:00"},
		{"gap, interval not on the change", newYork, "30 * * * *", "2016-03-13 01:59 -05:00", "2016-03-13 03:00 -04:00"},
		{"gap, date and seconds", newYork, "0 1-58 */2 13 3 *", "2016-03-13 01:59 -05:00", "2016-03-13 03:00 -04:00"},

		{"repeat, fixed time in the first pass", newYork, "30 1 * * *", "2016-11-06 00:59 -04:00", "2016-11-06 01:30 -04:00"},
		{"repeat, fixed time not again", newYork, "30 1 * * *", "2016-11-06 01:30 -04:00", "2016-11-07 01:30 -05:00"},
		{"repeat, fixed time, asked in the second pass", newYork, "30 1 * * *", "2016-11-06 01:00 -05:00", "2016-11-07 01:30 -05:00"},
		{"repeat, two fixed times", newYork, "0,30 1 * * *", "2016-11-06 01:30 -04:00", "2016-11-07 01:00 -05:00"},
		{"repeat, every hour", newYork, "0 * * * *", "2016-11-06 01:00 -04:00", "2016-11-06 01:00 -05:00"},
		{"repeat, step in the minutes", newYork, "*/30 1 * * *", "2016-11-06 01:30 -04:00", "2016-11-06 01:00 -05:00"},
		{"repeat, range in the hours", newYork, "30 1-9 * * *", "2016-11-06 01:30 -04:00", "2016-11-06 01:30 -05:00"},
		{"repeat, step in the seconds", newYork, "*/30 0 1 * * *", "2016-11-06 01:00:30 -04:00", "2016-11-06 01:00 -05:00"},
		{"repeat, steps in the days do not count", newYork, "0,30 1 6/1 1-12 0/1", "2016-11-06 01:30 -04:00", "2016-11-07 01:00 -05:00"},
		{"repeat, after the change", newYork, "0 2 * * *", "2016-11-06 01:45 -04:00", "2016-11-06 02:00 -05:00"},

		{"gap at midnight", havana, "0 0 * * *", "2024-03-09 23:59 -05:00", "2024-03-10 01:00 -04:00"},
		{"repeat of midnight, fixed time", havana, "0 0 * * *", "2024-11-03 00:00 -04:00", "2024-11-04 00:00 -05:00"},
		{"repeat of midnight, interval", havana, "0 * * * *", "2024-11-03 00:00 -04:00", "2024-11-03 00:00 -05:00"},

		{"gap of half an hour", lordHowe, "15 2 * * *", "2017-10-01 01:59 +10:30", "2017-10-01 02:30 +11:00"},
		{"repeat of half an hour, fixed time", lordHowe, "30 1 * * *", "2017-04-02 01:30 +11:00", "2017-04-03 01:30 +10:30"},
		{"repeat of half an hour, interval", lordHowe, "*/30 * * * *", "2017-04-02 01:30 +11:00", "2017-04-02 01:30 +10:30"},
		{"repeat of half an hour, only half of it", lordHowe, "*/30 1 * * *", "2017-04-02 01:30 +10:30", "2017-04-03 01:00 +10:30"},

		{"gap in a zone without offset", london, "30 1 * * *", "2024-03-31 00:59 +00:00", "2024-03-31 02:00 +01:00"},
		{"repeat in a zone without offset", london, "30 1 * * *", "2024-10-27 01:30 +01:00", "2024-10-28 01:30 +00:00"},

		{"gap on the last day", amman, "30 0 L * *", "2017-03-30 23:59:59 +02:00", "2017-03-31 01:00 +03:00"},
		{"after a gap on the last day", amman, "30 0 L * *", "2017-03-31 01:00 +03:00", "2017-04-30 00:30 +03:00"},
		{"gap on the last weekday", amman, "30 0 LW * *", "2018-03-29 23:59 +02:00", "2018-03-30 01:00 +03:00"},
		{"repeat on the last day", amman, "30 0 L * *", "2014-10-31 00:30 +03:00", "2014-11-30 00:30 +02:00"},
		{"repeat into the day before", santiago, "30 23 * * *", "2017-05-13 23:59:59 -03:00", "2017-05-14 23:30 -04:00"},
		{"a whole day skipped", apia, "0 12 30 * *", "2011-12-29 12:00 -10:00", "2011-12-31 00:00 +14:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			loc := mustZone(t, tt.zone)
			got := show(mustParse(t, tt.expr).Next(at(t, loc, tt.after)))
			if want := show(at(t, loc, tt.want), true); got != want {
				t.Errorf("%q after %s: %s, want %s", tt.expr, tt.after, got, want)
			}
		})
	}
}

// A run through a clock change, in both directions.
func TestThroughAClockChange(t *testing.T) {
	tests := []struct {
		name, zone, expr, after, until string
		want                           []string
	}{
		{"every half hour, forward", "America/New_York", "*/30 * * * *",
			"2016-03-13 01:00 -05:00", "2016-03-13 04:00 -04:00",
			[]string{"01:30 -05:00", "03:00 -04:00", "03:30 -04:00", "04:00 -04:00"}},
		{"at half past, forward", "America/New_York", "30 * * * *",
			"2016-03-13 01:00 -05:00", "2016-03-13 04:00 -04:00",
			[]string{"01:30 -05:00", "03:00 -04:00", "03:30 -04:00"}},
		{"every half hour, back", "America/New_York", "*/30 * * * *",
			"2016-11-06 00:30 -04:00", "2016-11-06 02:00 -05:00",
			[]string{"01:00 -04:00", "01:30 -04:00", "01:00 -05:00", "01:30 -05:00", "02:00 -05:00"}},
		{"fixed times, back", "America/New_York", "0,30 0,1,2 * * *",
			"2016-11-06 00:00 -04:00", "2016-11-06 02:00 -05:00",
			[]string{"00:30 -04:00", "01:00 -04:00", "01:30 -04:00", "02:00 -05:00"}},
		{"every half hour, back by half an hour", "Australia/Lord_Howe", "*/30 * * * *",
			"2017-04-02 01:00 +11:00", "2017-04-02 02:00 +10:30",
			[]string{"01:30 +11:00", "01:30 +10:30", "02:00 +10:30"}},
		{"every hour, back over midnight", "America/Havana", "0 * * * *",
			"2024-11-02 23:00 -04:00", "2024-11-03 01:00 -05:00",
			[]string{"00:00 -04:00", "00:00 -05:00", "01:00 -05:00"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			loc := mustZone(t, tt.zone)
			s := mustParse(t, tt.expr)
			after, until := at(t, loc, tt.after), at(t, loc, tt.until)
			var got []string
			for v, ok := s.Next(after); ok && !v.After(until); v, ok = s.Next(v) {
				got = append(got, v.Format("15:04 -07:00"))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Next gives %q, want %q", got, tt.want)
			}
			got = nil
			for v, ok := s.Prev(until.Add(1)); ok && v.After(after); v, ok = s.Prev(v) {
				got = append([]string{v.Format("15:04 -07:00")}, got...)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Prev gives %q, want %q", got, tt.want)
			}
		})
	}
}
