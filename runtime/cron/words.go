package cron

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

var (
	dayNames = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

	monthNames = []string{1: "January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"}

	weekOfMonth = map[int]string{
		1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", lastOfMonth: "last"}
)

// steady tells whether a set of 0 to size-1 has the same distance between all
// its values, the step from the last to the first included, and starts at 0.
// Only then is "every 15 minutes" true.
func steady(mask uint64, size int) bool {
	n := count(mask)
	return size%n == 0 && mask == spread(0, size-1, size/n) && n > 1
}

// units returns the distance in a steady set: "minute", "15 minutes".
func units(mask uint64, unit string) string {
	return plural(lowest(mask&^1), unit)
}

func plural(n int, unit string) string {
	if n == 1 {
		return unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// stepOf returns the distance between the values of a set of two or more, if
// it is the same for all.
func stepOf(mask uint64) (step int, ok bool) {
	low, high := lowest(mask), highest(mask)
	step = (high - low) / (count(mask) - 1)
	return step, mask == spread(low, high, step)
}

// isRun tells whether a set has no holes.
func isRun(mask uint64) bool {
	return mask == spread(lowest(mask), highest(mask), 1)
}

// wheelRun tells whether a set of size values from low on is one run of three
// or more, perhaps around the end, and not all of them.
func wheelRun(mask uint64, low, size int) (first, last int, ok bool) {
	if n := count(mask); n < 3 || n == size {
		return 0, 0, false
	}
	all := uint64(1)<<size - 1
	wheel := mask >> low
	next := (wheel>>1 | wheel<<(size-1)) & all // bit v: v+1 is in
	prev := (wheel<<1 | wheel>>(size-1)) & all // bit v: v-1 is in
	starts, ends := wheel&^prev, wheel&^next
	if count(starts) != 1 {
		return 0, 0, false
	}
	return lowest(starts) + low, lowest(ends) + low, true
}

// numbers names the values of a set: "minute 5", "minutes 5, 10 and 20-25",
// "every 7th minute from 0 to 56".
func numbers(mask uint64, unit string) string {
	low, high, n := lowest(mask), highest(mask), count(mask)
	if n == 1 {
		return fmt.Sprintf("%s %d", unit, low)
	}
	if step, ok := stepOf(mask); ok && step > 1 && n > 3 {
		return fmt.Sprintf("every %s %s from %d to %d", ordinal(step), unit, low, high)
	}
	var runs []string
	for rest := mask; rest != 0; {
		first := lowest(rest)
		last := first + bits.TrailingZeros64(^(rest >> first)) - 1
		if last < first+2 {
			last = first
			runs = append(runs, strconv.Itoa(first))
		} else {
			runs = append(runs, fmt.Sprintf("%d-%d", first, last))
		}
		rest = rest >> (last + 1) << (last + 1)
	}
	return unit + "s " + listed(runs, "and")
}

// values returns the names of the values of a set.
func values(mask uint64, names []string) []string {
	var found []string
	for ; mask != 0; mask &= mask - 1 {
		found = append(found, names[lowest(mask)])
	}
	return found
}

// listed joins words: "a", "a and b", "a, b and c".
func listed(words []string, last string) string {
	n := len(words)
	if n < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n-1], ", ") + " " + last + " " + words[n-1]
}

// ordinal writes 2nd, 3rd, 4th. Steps that numbers shows are 2 to 19.
func ordinal(n int) string {
	switch n {
	case 2:
		return "2nd"
	case 3:
		return "3rd"
	}
	return strconv.Itoa(n) + "th"
}
