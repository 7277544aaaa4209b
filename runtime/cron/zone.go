package cron

import (
	"math"
	"time"
)

// A zone is a row of spans, each with one offset from UTC. Within a span the
// wall clock runs evenly, and so the matches of local.go are simply shifted;
// all that is special happens where a span starts.
type span struct {
	start, end int64 // Unix seconds, start included, end not
	offset     int64 // seconds east of UTC
}

const (
	beginning = math.MinInt64 // start of a span without start
	forever   = math.MaxInt64 // end of a span without end

	// maxShift is more than any clock was ever changed by. Samoa skipped a
	// day, Alaska repeated one.
	maxShift = 2 * secondsPerDay
)

// spanAt returns the span that contains an instant. It may be shorter than it
// could be: the next one then has the same offset.
func spanAt(loc *time.Location, sec int64) span {
	t := time.Unix(sec, 0).In(loc)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	s := span{start: beginning, end: forever, offset: int64(offset)}
	if !start.IsZero() {
		s.start = start.Unix()
	}
	if !end.IsZero() {
		s.end = end.Unix()
	}
	if s.end <= sec {
		// Beyond the zone's table, package time takes every year for 365
		// days and so ends the span before the last day of a leap year.
		_, clock := splitLocal(sec)
		s.end = sec - clock + secondsPerDay
	}
	return s
}

// floor returns the earliest reading of the clock that makes an occurrence in
// a span. The span before it has the offset given.
//
// Where the clock was set forward that is the first skipped reading: whatever
// matches there fires at the start of the span. Where it was set back, the
// readings up to the change have already been in the span before, and only an
// interval schedule fires again.
func (s *Schedule) floor(z span, offsetBefore int64) int64 {
	if s.interval {
		offsetBefore = min(offsetBefore, z.offset)
	}
	return z.start + offsetBefore
}

// Next returns the first occurrence strictly after the time given, in that
// time's location and on a full second. It returns false if there is none:
// the date never comes (31 February) or lies beyond year 9999.
func (s *Schedule) Next(after time.Time) (time.Time, bool) {
	loc := after.Location()
	sec := after.Unix()
	if sec > maxLocal+maxShift {
		return time.Time{}, false
	}
	sec = max(sec, minLocal-maxShift) + 1 // the first second that may fire

	z := spanAt(loc, sec)
	from := sec + z.offset
	if z.start != beginning && from < z.start+z.offset+maxShift {
		floor := s.floor(z, spanAt(loc, z.start-1).offset)
		if sec == z.start {
			from = floor
		}
		from = max(from, floor)
	}
	for {
		local, ok := s.nextLocal(from)
		if !ok {
			return time.Time{}, false
		}
		if z.end == forever || local < z.end+z.offset {
			return time.Unix(max(local-z.offset, z.start), 0).In(loc), true
		}
		z, from = s.spanAfter(loc, z, from, local)
	}
}

// spanAfter returns where to look when the first match from a reading on,
// local, does not lie in the span z: the span, and the reading to start from.
func (s *Schedule) spanAfter(loc *time.Location, z span, from, local int64) (span, int64) {
	// Far away: skip the spans between. Readings before from could come again
	// only if the clock is set back at the end of z, so from must be well
	// before that.
	near := local - z.offset - maxShift
	if near > z.end && from+maxShift <= z.end+z.offset {
		return spanAt(loc, near), local
	}
	next := spanAt(loc, z.end)
	next.start = z.end
	return next, s.floor(next, z.offset)
}

// Prev returns the last occurrence strictly before the time given, in that
// time's location and on a full second. It returns false if there is none from
// year 1 on. Prev and Next agree on the occurrences: if Next of any time is t,
// then Prev of t is not after that time.
func (s *Schedule) Prev(before time.Time) (time.Time, bool) {
	loc := before.Location()
	sec := before.Unix()
	if sec < minLocal-maxShift {
		return time.Time{}, false
	}
	sec = min(sec, maxLocal+maxShift)
	if before.Nanosecond() == 0 {
		sec--
	}

	z := spanAt(loc, sec)
	upTo := sec + z.offset
	for {
		local, ok := s.prevLocal(upTo)
		if !ok {
			return time.Time{}, false
		}
		if z.start == beginning || local >= z.start+z.offset+maxShift {
			return time.Unix(local-z.offset, 0).In(loc), true
		}
		prior := spanAt(loc, z.start-1)
		if local >= s.floor(z, prior.offset) {
			return time.Unix(max(local-z.offset, z.start), 0).In(loc), true
		}
		z, upTo = spanBefore(loc, z, prior, upTo, local)
	}
}

// spanBefore returns where to look when the last match up to a reading, local,
// does not lie in the span z but before it, in prior or earlier: the span, and
// the reading to look up to.
func spanBefore(loc *time.Location, z, prior span, upTo, local int64) (span, int64) {
	// Far away: skip the spans between. Readings after upTo could have been
	// earlier only if the clock was set back at the start of z, so upTo must
	// be well after that.
	near := local - z.offset + maxShift
	if near < prior.start && upTo >= z.start+z.offset+maxShift {
		return spanAt(loc, near), local
	}
	return prior, z.start + prior.offset - 1
}
