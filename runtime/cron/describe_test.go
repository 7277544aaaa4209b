package cron_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gojobgen/jobgen/runtime/cron"
)

func TestDescribe(t *testing.T) {
	tests := []struct{ expr, want string }{
		// Minutes and hours.
		{"* * * * *", "every minute"},
		{"*/15 * * * *", "every 15 minutes"},
		{"0,30 * * * *", "every 30 minutes"},
		{"*/7 * * * *", "at every 7th minute from 0 to 56 of every hour"},
		{"1/2 * * * *", "at every 2nd minute from 1 to 59 of every hour"},
		{"3/23 * * * *", "at minutes 3, 26 and 49 of every hour"},
		{"0-40/13 * * * *", "at every 13th minute from 0 to 39 of every hour"},
		{"0-11/3 * * * *", "at every 3rd minute from 0 to 9 of every hour"},
		{"5-8,19,35-41/3 * * * *", "at minutes 5-8, 19, 35, 38 and 41 of every hour"},
		{"0 * * * *", "every hour"},
		{"5 * * * *", "every hour at minute 5"},
		{"0 */6 * * *", "every 6 hours"},
		{"30 */6 * * *", "every 6 hours at minute 30"},
		{"0 */12 * * *", "at 00:00 and 12:00 every day"},
		{"0 */5 * * *", "at 00:00, 05:00, 10:00, 15:00 and 20:00 every day"},
		{"0 8 * * *", "at 08:00 every day"},
		{"0,30 8,20 * * *", "at 08:00, 08:30, 20:00 and 20:30 every day"},
		{"0 9-17 * * *", "every hour from 09:00 to 17:00"},
		{"5 8-20/2 * * *", "every 2 hours from 08:05 to 20:05"},
		{"5 1,3-7,9 * * *", "at minute 5 of hours 1, 3-7 and 9"},
		{"*/15 9-17 * * *", "every 15 minutes from 09:00 to 17:45"},
		{"* 9 * * *", "every minute from 09:00 to 09:59"},
		{"* 9,11 * * *", "every minute during hours 9 and 11"},
		{"*/15 22-2 * * *", "every 15 minutes during hours 0-2, 22 and 23"},
		{"*/10 */2 * * *", "every 10 minutes during every 2nd hour from 0 to 22"},
		{"5,10 9-17 * * *", "at minutes 5 and 10 of hours 9-17"},
		{"1-5 9 * * *", "at minutes 1-5 of hour 9"},

		// Seconds.
		{"* * * * * *", "every second"},
		{"*/10 * * * * *", "every 10 seconds"},
		{"5,10 * * * * *", "at seconds 5 and 10 of every minute"},
		{"5,10 * 9 * * *", "at seconds 5 and 10 of every minute of hour 9"},
		{"5,10 0 9-17 * * *", "at seconds 5 and 10 of minute 0 of hours 9-17"},
		{"*/10 * 9-17 * * *", "every 10 seconds from 09:00:00 to 17:59:50"},
		{"* * 9,11 * * *", "every second during hours 9 and 11"},
		{"* 0-10 * * * *", "every second during minutes 0-10 of every hour"},
		{"30 * * * * *", "every minute at second 30"},
		{"30 */15 9-17 * * *", "every 15 minutes from 09:00:30 to 17:45:30"},
		{"30 */15 9,11 * * *", "every 15 minutes at second 30 during hours 9 and 11"},
		{"30 1,2,3 * * * *", "at second 30 of minutes 1-3 of every hour"},
		{"30 5 * * * *", "every hour at minute 5 and second 30"},
		{"30 0 * * * *", "every hour at minute 0 and second 30"},
		{"30 0 8 * * *", "at 08:00:30 every day"},
		{"30 5 1,3-7,9 * * *", "at minute 5 and second 30 of hours 1, 3-7 and 9"},

		// Days.
		{"0 8 * * MON", "at 08:00 on Monday"},
		{"0 8 * * SAT,SUN", "at 08:00 on Saturday and Sunday"},
		{"0 8 * * MON,WED,FRI", "at 08:00 on Monday, Wednesday and Friday"},
		{"0 8 * * 1-5", "at 08:00, Monday to Friday"},
		{"0 8 * * FRI-MON", "at 08:00, Friday to Monday"},
		{"0 8 * * 5,6,0", "at 08:00, Friday to Sunday"},
		{"*/15 9-17 * * 1-5", "every 15 minutes from 09:00 to 17:45, Monday to Friday"},
		{"* * * * MON", "every minute on Monday"},
		{"0 8 * * MON#2", "at 08:00 on the second Monday of the month"},
		{"0 8 * * 0#5", "at 08:00 on the fifth Sunday of the month"},
		{"0 8 * * FRIL", "at 08:00 on the last Friday of the month"},
		{"0 8 1 * *", "at 08:00 on day 1 of the month"},
		{"0 8 1,15 * *", "at 08:00 on days 1 and 15 of the month"},
		{"0 8 */2 * *", "at 08:00 on every 2nd day from 1 to 31 of the month"},
		{"0 8 L * *", "at 08:00 on the last day of the month"},
		{"0 8 L-1 * *", "at 08:00 on the day before the last day of the month"},
		{"0 8 L-3 * *", "at 08:00 on the day 3 days before the last day of the month"},
		{"0 8 LW * *", "at 08:00 on the last weekday of the month"},
		{"0 8 15W * *", "at 08:00 on the weekday nearest to day 15 of the month"},
		{"0 8 L-3W * *", "at 08:00 on the weekday nearest to the day 3 days before the last day of the month"},
		{"0 0 13 * FRI", "at 00:00 on day 13 of the month if it is a Friday"},
		{"0 0 1-7 * MON,TUE", "at 00:00 on days 1-7 of the month if it is a Monday or Tuesday"},
		{"0 0 L * FRIL", "at 00:00 on the last day of the month if it is the last Friday"},

		// Months.
		{"0 8 * JAN *", "at 08:00 every day in January"},
		{"0 8 * JAN,MAR *", "at 08:00 every day in January and March"},
		{"0 8 * 6-8 *", "at 08:00 every day from June to August"},
		{"0 8 * NOV-FEB *", "at 08:00 every day from November to February"},
		{"0 8 1 JAN *", "at 08:00 on day 1 of January"},
		{"0 8 1 JAN,JUL *", "at 08:00 on day 1 of the month in January and July"},
		{"0 8 * NOV THU#4", "at 08:00 on the fourth Thursday of November"},
		{"0 8 * NOV THU", "at 08:00 on Thursday in November"},
		{"0 8 13 NOV FRI", "at 08:00 on day 13 of November if it is a Friday"},
		{"*/15 * * JAN *", "every 15 minutes in January"},

		{"0 0 31 2 *", "at 00:00 on day 31 of February, which never happens"},
		{"0 0 15W * SUN", "at 00:00 on the weekday nearest to day 15 of the month if it is a Sunday, which never happens"},
		{"0 0 29 2 *", "at 00:00 on day 29 of February"},

		{"@every_second", "every second"},
		{"@every_minute", "every minute"},
		{"@hourly", "every hour"},
		{"@daily", "at 00:00 every day"},
		{"@weekly", "at 00:00 on Sunday"},
		{"@monthly", "at 00:00 on day 1 of the month"},
		{"@yearly", "at 00:00 on day 1 of January"},
	}
	for _, tt := range tests {
		if got := mustParse(t, tt.expr).Describe(); got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.expr, got, tt.want)
		}
	}
}

// Schedules that read the same are the same: the words leave nothing out.
func TestDescribeIsComplete(t *testing.T) {
	first := map[string]*cron.Schedule{}
	var met int
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			s, err := cron.Parse(drawSchedule(t, rapid.Bool().Draw(t, "seconds")).text)
			if err != nil {
				t.Fatal(err)
			}
			words := s.Describe()
			other, ok := first[words]
			if !ok {
				first[words] = s
				continue
			}
			met++
			v := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for range 100 {
				a, ok := s.Next(v)
				b, ok2 := other.Next(v)
				if !a.Equal(b) || ok != ok2 {
					t.Fatalf("%q and %q are both %q, but fire at %s and %s", s, other, words, a, b)
				}
				if !ok {
					break
				}
				v = a
			}
		}
	})
	if met == 0 {
		t.Error("no two schedules read the same; the test compares nothing")
	}
}
