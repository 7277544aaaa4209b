package cron

// dayRule is what the two day fields say together.
type dayRule struct {
	// dom has bits 1-31. With nearest and without last it has one bit.
	dom     uint64
	last    bool // L: before days from the end of the month
	before  int
	nearest bool // W: moved to the nearest weekday

	// dow has bits 0-6, Sunday first. With nth it has one bit.
	dow uint64
	nth int // 1-5 for #, lastOfMonth for L, 0 for every week
}

const (
	lastOfMonth = -1
	everyDay    = 1<<7 - 1
	everyDate   = 1<<32 - 2

	sunday   = 0
	saturday = 6
)

// in returns the days of one month that match, as bits 1-31.
func (r *dayRule) in(year, month int) uint64 {
	days := monthDays(year, month)
	first := weekday(dayNumber(year, month, 1))
	return r.byDate(days, first) & r.byWeekday(days, first)
}

// byDate returns the days that day of month allows. The month has so many
// days and starts on the weekday first. No bit lies beyond the month's end.
func (r *dayRule) byDate(days, first int) uint64 {
	if !r.last && !r.nearest {
		return r.dom & (1<<(days+1) - 1)
	}
	day := days - r.before
	if !r.last {
		day = lowest(r.dom)
	}
	if day < 1 || day > days {
		return 0
	}
	if r.nearest {
		day = nearestWeekday(day, days, (first+day-1)%7)
	}
	return 1 << day
}

// nearestWeekday moves a Saturday or Sunday to the nearest day from Monday to
// Friday that lies in the same month.
func nearestWeekday(day, days, weekday int) int {
	switch {
	case weekday == saturday && day == 1:
		return 3
	case weekday == saturday:
		return day - 1
	case weekday == sunday && day == days:
		return day - 2
	case weekday == sunday:
		return day + 1
	}
	return day
}

// byWeekday returns the days that day of week allows. Bits beyond the month's
// end mean nothing.
func (r *dayRule) byWeekday(days, first int) uint64 {
	if r.dow == everyDay {
		return everyDate
	}
	// week has bit 0 for the 1st of the month, bit 6 for the 7th. The product
	// repeats it five times, and the shift makes bit 1 the 1st.
	week := (r.dow>>first | r.dow<<(7-first)) & everyDay
	mask := week * (1 | 1<<7 | 1<<14 | 1<<21 | 1<<28) << 1
	switch {
	case r.nth == lastOfMonth:
		mask &= everyDay << (days - 6)
	case r.nth > 0:
		mask &= everyDay << (7*r.nth - 6)
	}
	return mask
}
