package cron_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// slowSchedule is an expression together with a plain reading of it, made
// without the package under test: a question for each field.
type slowSchedule struct {
	text     string
	seconds  bool // has a field for seconds
	interval bool
	second   func(int) bool
	minute   func(int) bool
	hour     func(int) bool
	month    func(int) bool
	dom, dow func(day time.Time) bool
}

// matches asks whether a reading of the clock, given as a UTC time, matches.
func (s *slowSchedule) matches(v time.Time) bool {
	return s.second(v.Second()) && s.minute(v.Minute()) && s.hour(v.Hour()) &&
		s.month(int(v.Month())) && s.dom(v) && s.dow(v)
}

// occurrences walks from one instant to another in small steps and returns
// those that fire, the first instant left out. It starts earlier than asked, by
// more than a clock change, to know which readings come for the second time.
func (s *slowSchedule) occurrences(loc *time.Location, from, to time.Time, step time.Duration) []time.Time {
	early := 3 * time.Hour
	if step == time.Second {
		early = 45 * time.Minute // enough for the zones that are walked by seconds
	}
	var found []time.Time
	seen := map[int64]bool{}
	read := func(v time.Time) time.Time { // the clock on the wall
		_, offset := v.In(loc).Zone()
		return v.UTC().Add(time.Duration(offset) * time.Second)
	}
	v := from.Add(-early)
	for expected := read(v); !v.After(to); v = v.Add(step) {
		wall := read(v)
		fires := false
		for ; expected.Before(wall); expected = expected.Add(step) {
			fires = fires || s.matches(expected) // skipped readings
		}
		if s.matches(wall) && (s.interval || !seen[wall.Unix()]) {
			fires = true
		}
		seen[wall.Unix()] = true
		expected = wall.Add(step)
		if fires && v.After(from) {
			found = append(found, v.In(loc))
		}
	}
	return found
}

// slowField draws the text of a field and lists the values it stands for.
func slowField(t *rapid.T, name string, low, high int) (text string, in func(int) bool, interval bool) {
	if rapid.Bool().Draw(t, name+" any") {
		return "*", func(int) bool { return true }, true
	}
	set := map[int]bool{}
	in = func(v int) bool { return set[v] }
	var items []string
	if rapid.IntRange(0, 3).Draw(t, name+" star") == 0 {
		step := rapid.IntRange(1, high).Draw(t, name+" step")
		for v := low; v <= high; v += step {
			set[v] = true
		}
		return fmt.Sprintf("*/%d", step), in, true
	}
	for range rapid.IntRange(1, 3).Draw(t, name+" items") {
		a, b := rapid.IntRange(low, high).Draw(t, name+" from"), rapid.IntRange(low, high).Draw(t, name+" to")
		step := rapid.IntRange(1, min(high, 7)).Draw(t, name+" step")
		switch rapid.IntRange(0, 3).Draw(t, name+" form") {
		case 0:
			items = append(items, strconv.Itoa(a))
			set[a] = true
			continue
		case 1:
			items = append(items, fmt.Sprintf("%d/%d", a, step))
			b = high
		case 2:
			items = append(items, fmt.Sprintf("%d-%d", a, b))
			step = 1
		case 3:
			items = append(items, fmt.Sprintf("%d-%d/%d", a, b, step))
		}
		interval = true
		for v, n := a, 0; ; n++ { // around the clock from a to b, one by one
			if n%step == 0 {
				set[v] = true
			}
			if v == b {
				break
			}
			if v++; v > high {
				v = low
			}
		}
	}
	return strings.Join(items, ","), in, interval
}

// slowDom draws a day of month.
func slowDom(t *rapid.T) (string, func(time.Time) bool) {
	n := rapid.IntRange(1, 31).Draw(t, "day")
	last := func(v time.Time) int { return time.Date(v.Year(), v.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() }
	switch rapid.IntRange(0, 7).Draw(t, "day of month form") {
	case 0:
		return "L", func(v time.Time) bool { return v.Day() == last(v) }
	case 1:
		return fmt.Sprintf("L-%d", n-1), func(v time.Time) bool { return v.Day() == last(v)-(n-1) }
	case 2:
		return "LW", func(v time.Time) bool { return v.Day() == closest(v, last(v)) }
	case 3:
		return fmt.Sprintf("L-%dW", n-1), func(v time.Time) bool { return v.Day() == closest(v, last(v)-(n-1)) }
	case 4:
		return fmt.Sprintf("%dW", n), func(v time.Time) bool { return v.Day() == closest(v, n) }
	}
	text, in, _ := slowField(t, "day of month", 1, 31)
	return text, func(v time.Time) bool { return in(v.Day()) }
}

// closest returns the weekday of v's month with the least distance to a day,
// 0 if the month has no such day.
func closest(v time.Time, day int) int {
	best, distance := 0, 100
	for d := time.Date(v.Year(), v.Month(), 1, 0, 0, 0, 0, time.UTC); d.Month() == v.Month(); d = d.AddDate(0, 0, 1) {
		away := max(d.Day()-day, day-d.Day())
		if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday && away < distance {
			best, distance = d.Day(), away
		}
	}
	if date := time.Date(v.Year(), v.Month(), day, 0, 0, 0, 0, time.UTC); date.Month() != v.Month() {
		return 0
	}
	return best
}

// slowDow draws a day of week.
func slowDow(t *rapid.T) (string, func(time.Time) bool) {
	day := rapid.IntRange(0, 6).Draw(t, "weekday")
	name := strings.ToUpper(time.Weekday(day).String()[:3])
	switch rapid.IntRange(0, 5).Draw(t, "day of week form") {
	case 0:
		return name + "L", func(v time.Time) bool {
			return int(v.Weekday()) == day && v.AddDate(0, 0, 7).Month() != v.Month()
		}
	case 1:
		n := rapid.IntRange(1, 5).Draw(t, "week")
		return fmt.Sprintf("%d#%d", day, n), func(v time.Time) bool {
			return int(v.Weekday()) == day && (v.Day()+6)/7 == n
		}
	case 2:
		return name, func(v time.Time) bool { return int(v.Weekday()) == day }
	}
	text, in, _ := slowField(t, "day of week", 0, 6)
	// A step without an end counts up to 7, and 7 is Sunday.
	for _, item := range strings.Split(text, ",") {
		start, step, _ := strings.Cut(strings.ReplaceAll(item, "*", "0"), "/")
		from, err := strconv.Atoi(start)
		by, err2 := strconv.Atoi(step)
		if err == nil && err2 == nil && (7-from)%by == 0 {
			return text, func(v time.Time) bool { return v.Weekday() == time.Sunday || in(int(v.Weekday())) }
		}
	}
	return text, func(v time.Time) bool { return in(int(v.Weekday())) }
}

// drawSchedule draws a whole expression. Days are left free more often than
// not, or hardly anything would ever fire.
func drawSchedule(t *rapid.T, seconds bool) *slowSchedule {
	s := &slowSchedule{
		seconds: seconds,
		second:  func(v int) bool { return v == 0 },
		month:   func(int) bool { return true },
		dom:     func(time.Time) bool { return true },
		dow:     func(time.Time) bool { return true },
	}
	var a, b, c bool
	texts := []string{"", "", "*", "*", "*"}
	if seconds {
		texts = append([]string{""}, texts...)
		texts[0], s.second, c = slowField(t, "second", 0, 59)
	}
	n := len(texts)
	texts[n-5], s.minute, a = slowField(t, "minute", 0, 59)
	texts[n-4], s.hour, b = slowField(t, "hour", 0, 23)
	s.interval = a || b || c
	switch rapid.IntRange(0, 5).Draw(t, "which days") {
	case 0:
		texts[n-3], s.dom = slowDom(t)
	case 1:
		texts[n-1], s.dow = slowDow(t)
	case 2:
		texts[n-3], s.dom = slowDom(t)
		texts[n-1], s.dow = slowDow(t)
		texts[n-2], s.month, _ = slowField(t, "month", 1, 12)
	}
	s.text = strings.Join(texts, " ")
	return s
}
