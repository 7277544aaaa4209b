package cron_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the tests need zones on machines that have none

	"github.com/gojobgen/jobgen/runtime/cron"
)

const layout = "2006-01-02 15:04:05 -07:00"

func mustParse(t testing.TB, expr string) *cron.Schedule {
	t.Helper()
	s, err := cron.Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// at reads a time written with its offset, and puts it in a zone where that
// offset must hold. Seconds and offset may be left out in UTC.
func at(t testing.TB, loc *time.Location, text string) time.Time {
	t.Helper()
	for _, form := range []string{layout, "2006-01-02 15:04 -07:00", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		v, err := time.Parse(form, text)
		if err != nil {
			continue
		}
		_, want := v.Zone()
		v = v.In(loc)
		if _, got := v.Zone(); got != want {
			t.Fatalf("%s: the zone %s is %d s off UTC then", text, loc, got)
		}
		return v
	}
	t.Fatalf("%q is not a time", text)
	return time.Time{}
}

// show writes the result of Next or Prev.
func show(v time.Time, ok bool) string {
	if !ok {
		return "never"
	}
	return v.Format(layout)
}
