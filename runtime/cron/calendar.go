package cron

// Dates are counted in days from 1 March of year 0. The leap day is then the
// last day of its year, which makes the arithmetic short, and no date of the
// supported years is negative, so that plain division rounds the right way.
const (
	epochDay   = 719468 // 1 January 1970
	daysIn400y = 146097 // the calendar, weekdays included, repeats after these
	daysIn100y = 36524
	daysIn4y   = 1461

	secondsPerDay = 24 * 60 * 60
)

// Results are bounded by the years that RFC 3339 and JSON can write.
const (
	minYear = 1
	maxYear = 9999
)

// The first and the last supported second, in Unix seconds of the local clock.
var (
	minLocal = (dayNumber(minYear, 1, 1) - epochDay) * secondsPerDay
	maxLocal = (dayNumber(maxYear+1, 1, 1)-epochDay)*secondsPerDay - 1
)

// dayNumber returns the day count of a date. The month is 1-12.
func dayNumber(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	// (153*m-457)/5 is the number of days between 1 March and month m, 3-14.
	return int64(year*365 + year/4 - year/100 + year/400 + (153*month-457)/5 + day - 1)
}

// date is the inverse of dayNumber.
func date(n int64) (year, month, day int) {
	era, rest := int(n/daysIn400y), int(n%daysIn400y)
	// Within the era: whole years, the leap days before this one taken away.
	y := (rest - rest/(daysIn4y-1) + rest/daysIn100y - rest/(daysIn400y-1)) / 365
	rest -= y*365 + y/4 - y/100
	m := (5*rest + 2) / 153 // months since March
	year, month, day = era*400+y, m+3, rest-(153*m+2)/5+1
	if month > 12 {
		year++
		month -= 12
	}
	return year, month, day
}

// weekday returns the day of the week of a day number, 0 for Sunday.
func weekday(n int64) int { return int((n + 3) % 7) }

// monthDays returns the number of days of a month.
func monthDays(year, month int) int {
	if month == 2 {
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	// 31 for the odd months up to July and the even ones from August on.
	return 30 + (month+month>>3)&1
}
