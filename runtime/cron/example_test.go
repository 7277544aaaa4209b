package cron_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/runtime/cron"
)

func Example() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := cron.Parse("0 8 * * MON")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Describe())
	next, _ := s.Next(time.Date(2026, 3, 24, 12, 0, 0, 0, berlin))
	fmt.Println(next)
	// Output:
	// at 08:00 on Monday
	// 2026-03-30 08:00:00 +0200 CEST
}

func ExampleParse_error() {
	_, err := cron.Parse("0 25 * * *")
	fmt.Println(err)

	var bad *cron.ParseError
	if errors.As(err, &bad) {
		fmt.Println(bad.Field, bad.Offset)
	}
	// Output:
	// cron "0 25 * * *": hour, column 3: 25 is out of range 0-23
	// hour 2
}

func ExampleParseSeed() {
	// The seed is usually a hash of the job's name.
	for seed := range uint64(3) {
		s, err := cron.ParseSeed("H H * * *", seed)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(s, "is", s.Describe())
	}
	// Output:
	// H H * * * is at 00:25 every day
	// H H * * * is at 23:44 every day
	// H H * * * is at 14:44 every day
}

// In spring the clock in New York jumps from 02:00 to 03:00. In autumn the
// hour from 01:00 comes twice; a fixed time fires only in the first.
func ExampleSchedule_Next_clockChange() {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func(expr string, v time.Time, times int) {
		s, err := cron.Parse(expr)
		if err != nil {
			fmt.Println(err)
			return
		}
		for range times {
			v, _ = s.Next(v)
			fmt.Println(v.Format("Jan 2 15:04 MST"))
		}
	}
	show("30 2 * * *", time.Date(2026, 3, 7, 12, 0, 0, 0, newYork), 2)
	show("30 1 * * *", time.Date(2026, 11, 1, 0, 0, 0, 0, newYork), 2)
	show("*/30 1 * * *", time.Date(2026, 11, 1, 0, 0, 0, 0, newYork), 4)
	// Output:
	// Mar 8 03:00 EDT
	// Mar 9 02:30 EDT
	// Nov 1 01:30 EDT
	// Nov 2 01:30 EST
	// Nov 1 01:00 EDT
	// Nov 1 01:30 EDT
	// Nov 1 01:00 EST
	// Nov 1 01:30 EST
}

func ExampleSchedule_Prev() {
	s, err := cron.Parse("0 0 L * *")
	if err != nil {
		fmt.Println(err)
		return
	}
	v := time.Date(2028, 3, 15, 0, 0, 0, 0, time.UTC)
	for range 3 {
		v, _ = s.Prev(v)
		fmt.Println(v.Format("2006-01-02"))
	}
	// Output:
	// 2028-02-29
	// 2028-01-31
	// 2027-12-31
}

func ExampleSchedule_Describe() {
	for _, expr := range []string{"*/15 * * * *", "*/15 9-17 * * 1-5", "0 0 LW * *", "0 0 13 * FRI", "0 0 31 2 *"} {
		s, err := cron.Parse(expr)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(s.Describe())
	}
	// Output:
	// every 15 minutes
	// every 15 minutes from 09:00 to 17:45, Monday to Friday
	// at 00:00 on the last weekday of the month
	// at 00:00 on day 13 of the month if it is a Friday
	// at 00:00 on day 31 of February, which never happens
}
