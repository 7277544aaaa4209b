package cron

import "math/bits"

// A field is one column of an expression.
type field struct {
	name     string
	min, max int
	// cycle is the number of different values. It is less than max-min+1 only
	// in day of week, where 0 and 7 are the same day.
	cycle int
	// hashMax is the largest value that H takes.
	hashMax int
	// names are the words for min, min+1, ...
	names []string
	// timed: a *, range or step here makes the schedule an interval.
	timed bool
}

// The fields of an expression with seconds, by place.
const (
	secondField = iota
	minuteField
	hourField
	domField
	monthField
	dowField
	fieldCount
)

var fields = [fieldCount]field{
	secondField: {name: "second", min: 0, max: 59, cycle: 60, hashMax: 59, timed: true},
	minuteField: {name: "minute", min: 0, max: 59, cycle: 60, hashMax: 59, timed: true},
	hourField:   {name: "hour", min: 0, max: 23, cycle: 24, hashMax: 23, timed: true},
	// No month lacks a day up to the 28th.
	domField: {name: "day of month", min: 1, max: 31, cycle: 31, hashMax: 28},
	monthField: {name: "month", min: 1, max: 12, cycle: 12, hashMax: 12, names: []string{
		"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	dowField: {name: "day of week", min: 0, max: 7, cycle: 7, hashMax: 6, names: []string{
		"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
}

// span returns every step-th value from low to high. If high is less than low
// it counts past the end of the field and on from its start.
func (f *field) span(low, high, step int) uint64 {
	if low <= high {
		return spread(low, high, step)
	}
	var mask uint64
	for v := low; v <= high+f.cycle; v += step {
		mask |= 1 << (f.min + (v-f.min)%f.cycle)
	}
	return mask
}

// hash returns a number from 0 to n-1 that depends on the seed and on the
// place of the field. Schedules are stored as text and seed, so what it
// returns must never change.
func hash(seed uint64, place, n int) int {
	// The finalizer of splitmix64: every bit of the seed reaches every bit.
	x := seed + uint64(place+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	scaled, _ := bits.Mul64(x, uint64(n))
	return int(scaled)
}
