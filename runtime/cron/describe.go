package cron

import "fmt"

// Describe says in English when the schedule fires, for people who do not read
// cron: "every 15 minutes", "at 08:00 on Monday". Hours run from 00 to 23. The
// text speaks of the clock on the wall and does not mention clock changes. It
// is for reading only; its wording may change.
func (s *Schedule) Describe() string {
	month := "the month"
	if count(s.month) == 1 {
		month = monthNames[lowest(s.month)]
	}
	text, clockTimes := s.describeTime()
	days, named := s.days.describe(month)
	if days == "" && clockTimes {
		days = " every day"
	}
	text += days
	if !named || count(s.month) > 1 {
		text += s.describeMonths()
	}
	if _, ok := s.nextLocal(0); !ok {
		text += ", which never happens"
	}
	return text
}

// describeTime returns the words for second, minute and hour, and whether they
// are a plain list of times.
func (s *Schedule) describeTime() (words string, clockTimes bool) {
	minutes, hours := count(s.minute), count(s.hour)
	switch {
	case count(s.second) > 1:
		return s.describeSeconds(), false
	case minutes > 1 && minutes*hours > 4:
		return s.describeMinutes(), false
	case minutes > 1:
		return "at " + s.clockTimes(), true
	case steady(s.hour, 24) && hours > 2:
		return "every " + units(s.hour, "hour") + s.pastTheHour(), false
	case hours <= 6:
		return "at " + s.clockTimes(), true
	}
	if step, ok := stepOf(s.hour); ok {
		return "every " + plural(step, "hour") + s.fromTo(), false
	}
	return "at " + s.minuteAndSecond() + " of " + numbers(s.hour, "hour"), false
}

// describeMinutes is for one second and several minutes.
func (s *Schedule) describeMinutes() string {
	if !steady(s.minute, 60) {
		text := "at "
		if s.second != 1 {
			text += numbers(s.second, "second") + " of "
		}
		return text + numbers(s.minute, "minute") + " of " + s.ofHours()
	}
	text := "every " + units(s.minute, "minute")
	switch {
	case count(s.hour) == 24:
		return text + s.pastTheMinute()
	case isRun(s.hour):
		return text + s.fromTo()
	}
	return text + s.pastTheMinute() + " during " + numbers(s.hour, "hour")
}

// describeSeconds is for several seconds.
func (s *Schedule) describeSeconds() string {
	even := steady(s.second, 60)
	text, link := "at "+numbers(s.second, "second"), " of "
	if even {
		text, link = "every "+units(s.second, "second"), " during "
	}
	everyMinute, everyHour := count(s.minute) == 60, count(s.hour) == 24
	switch {
	case everyMinute && everyHour && even:
		return text
	case everyMinute && even && isRun(s.hour):
		return text + s.fromTo()
	case everyMinute && even:
		return text + " during " + numbers(s.hour, "hour")
	case everyMinute && everyHour:
		return text + " of every minute"
	case everyMinute:
		return text + " of every minute of " + s.ofHours()
	}
	return text + link + numbers(s.minute, "minute") + " of " + s.ofHours()
}

func (s *Schedule) ofHours() string {
	if count(s.hour) == 24 {
		return "every hour"
	}
	return numbers(s.hour, "hour")
}

// pastTheHour names the only minute and second, unless both are 0.
func (s *Schedule) pastTheHour() string {
	if s.minute == 1 && s.second == 1 {
		return ""
	}
	return " at " + s.minuteAndSecond()
}

// minuteAndSecond names the only minute, and the only second unless it is 0.
func (s *Schedule) minuteAndSecond() string {
	text := numbers(s.minute, "minute")
	if s.second != 1 {
		text += " and " + numbers(s.second, "second")
	}
	return text
}

// pastTheMinute names the only second, unless it is 0.
func (s *Schedule) pastTheMinute() string {
	if s.second == 1 {
		return ""
	}
	return " at " + numbers(s.second, "second")
}

// fromTo names the first and the last time of the day.
func (s *Schedule) fromTo() string {
	return " from " + s.time(s.firstClock) + " to " + s.time(s.lastClock)
}

// clockTimes lists every time of the day.
func (s *Schedule) clockTimes() string {
	var times []string
	for c := s.firstClock; c >= 0; c = s.clockAtOrAfter(c + 1) {
		times = append(times, s.time(c))
	}
	return listed(times, "and")
}

// time writes a time of day, with seconds where they matter.
func (s *Schedule) time(c int64) string {
	if s.second == 1 {
		return fmt.Sprintf("%02d:%02d", c/3600, c/60%60)
	}
	return fmt.Sprintf("%02d:%02d:%02d", c/3600, c/60%60, c%60)
}

// describeMonths returns the words for the months, empty for all of them.
func (s *Schedule) describeMonths() string {
	first, last, run := wheelRun(s.month, 1, 12)
	switch {
	case count(s.month) == 12:
		return ""
	case run:
		return " from " + monthNames[first] + " to " + monthNames[last]
	}
	return " in " + listed(values(s.month, monthNames), "and")
}

// describe returns the words for the days, empty for every day, and whether
// the month is named in them, as in "on day 1 of January".
func (r *dayRule) describe(month string) (words string, named bool) {
	date := r.describeDate()
	if date == "" {
		return r.describeWeekday(month)
	}
	on := " on " + date + " of " + month
	switch days := r.weekdays(); {
	case r.dow == everyDay:
		return on, true
	case r.nth != 0:
		return on + " if it is the " + weekOfMonth[r.nth] + " " + days[0], true
	default:
		return on + " if it is a " + listed(days, "or"), true
	}
}

// describeDate returns the words for day of month, empty for all of them.
func (r *dayRule) describeDate() string {
	day := ""
	switch {
	case r.last && r.before == 0 && r.nearest:
		return "the last weekday"
	case r.last && r.before == 0:
		return "the last day"
	case r.last && r.before == 1:
		day = "the day before the last day"
	case r.last:
		day = fmt.Sprintf("the day %d days before the last day", r.before)
	case r.dom == everyDate:
		return ""
	default:
		day = numbers(r.dom, "day")
	}
	if r.nearest {
		return "the weekday nearest to " + day
	}
	return day
}

// describeWeekday is describe for any date.
func (r *dayRule) describeWeekday(month string) (words string, named bool) {
	days := r.weekdays()
	first, last, run := wheelRun(r.dow, 0, 7)
	switch {
	case r.dow == everyDay:
		return "", false
	case r.nth != 0:
		return " on the " + weekOfMonth[r.nth] + " " + days[0] + " of " + month, true
	case run:
		return ", " + dayNames[first] + " to " + dayNames[last], false
	}
	return " on " + listed(days, "and"), false
}

// weekdays names the days of the week, Monday first.
func (r *dayRule) weekdays() []string {
	// Sunday moves from bit 0 to bit 7, where dayNames has it again.
	return values(r.dow&^1|r.dow&1<<7, dayNames)
}
