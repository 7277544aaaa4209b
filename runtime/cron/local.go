package cron

// Here times are readings of a wall clock in Unix seconds, as if the zone were
// UTC: no zone, no clock changes. zone.go turns them into instants.

// searchYears bounds the search for a matching day. The calendar repeats after
// 400 years, so what does not match by then never does.
const searchYears = 400

// nextLocal returns the first match at or after from; false if there is none.
func (s *Schedule) nextLocal(from int64) (int64, bool) {
	if from > maxLocal {
		return 0, false
	}
	day, clock := splitLocal(max(from, minLocal))
	y, m, d := date(day)
	today := s.daysIn(y, m)
	if has(today, d) {
		if c := s.clockAtOrAfter(clock); c >= 0 {
			return joinLocal(day, c), true
		}
	}
	d = atOrAbove(today, d+1)
	for lastYear := min(y+searchYears, maxYear); d < 0; d = atOrAbove(s.daysIn(y, m), 1) {
		m = atOrAbove(s.month, m+1)
		if m < 0 {
			y, m = y+1, lowest(s.month)
		}
		if y > lastYear {
			return 0, false
		}
	}
	return joinLocal(dayNumber(y, m, d), s.firstClock), true
}

// prevLocal returns the last match at or before upTo; false if there is none.
func (s *Schedule) prevLocal(upTo int64) (int64, bool) {
	if upTo < minLocal {
		return 0, false
	}
	day, clock := splitLocal(min(upTo, maxLocal))
	y, m, d := date(day)
	today := s.daysIn(y, m)
	if has(today, d) {
		if c := s.clockAtOrBefore(clock); c >= 0 {
			return joinLocal(day, c), true
		}
	}
	d = atOrBelow(today, d-1)
	for firstYear := max(y-searchYears, minYear); d < 0; d = atOrBelow(s.daysIn(y, m), 31) {
		m = atOrBelow(s.month, m-1)
		if m < 0 {
			y, m = y-1, highest(s.month)
		}
		if y < firstYear {
			return 0, false
		}
	}
	return joinLocal(dayNumber(y, m, d), s.lastClock), true
}

// daysIn returns the matching days of a month, none if the month is not in its
// field.
func (s *Schedule) daysIn(year, month int) uint64 {
	if !has(s.month, month) {
		return 0
	}
	return s.days.in(year, month)
}

// clockAtOrAfter returns the first matching time of day that is c or later, or
// -1. Times of day are in seconds from 0:00.
func (s *Schedule) clockAtOrAfter(c int64) int64 {
	hour, minute, second := int(c/3600), int(c/60%60), int(c%60)
	if has(s.hour, hour) {
		if has(s.minute, minute) {
			if v := atOrAbove(s.second, second); v >= 0 {
				return clock(hour, minute, v)
			}
		}
		if v := atOrAbove(s.minute, minute+1); v >= 0 {
			return clock(hour, v, lowest(s.second))
		}
	}
	if v := atOrAbove(s.hour, hour+1); v >= 0 {
		return clock(v, lowest(s.minute), lowest(s.second))
	}
	return -1
}

// clockAtOrBefore returns the last matching time of day that is c or earlier,
// or -1.
func (s *Schedule) clockAtOrBefore(c int64) int64 {
	hour, minute, second := int(c/3600), int(c/60%60), int(c%60)
	if has(s.hour, hour) {
		if has(s.minute, minute) {
			if v := atOrBelow(s.second, second); v >= 0 {
				return clock(hour, minute, v)
			}
		}
		if v := atOrBelow(s.minute, minute-1); v >= 0 {
			return clock(hour, v, highest(s.second))
		}
	}
	if v := atOrBelow(s.hour, hour-1); v >= 0 {
		return clock(v, highest(s.minute), highest(s.second))
	}
	return -1
}

func clock(hour, minute, second int) int64 {
	return int64(hour*3600 + minute*60 + second)
}

func splitLocal(local int64) (day, clock int64) {
	local += epochDay * secondsPerDay
	return local / secondsPerDay, local % secondsPerDay
}

func joinLocal(day, clock int64) int64 {
	return (day-epochDay)*secondsPerDay + clock
}
