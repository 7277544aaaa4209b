package cron

// Schedule is a parsed expression. It never changes after [Parse], so any
// number of goroutines may use one at the same time. The zero value is not
// usable.
type Schedule struct {
	text string

	// One bit for each value of the field: bit 5 of minute is minute 5.
	second, minute, hour, month uint64
	days                        dayRule

	// The first and the last matching time of a day, in seconds from 0:00.
	firstClock, lastClock int64

	// interval: fires in both passes of a repeated hour.
	interval bool
}

// Parse reads an expression of 5 or 6 fields or a macro; the package comment
// has the grammar. The error is a [*ParseError]. H needs a seed and is
// refused here: see [ParseSeed].
func Parse(expr string) (*Schedule, error) {
	p := parser{expr: expr}
	return p.parse()
}

// ParseSeed is [Parse] for expressions that may contain H. Each H takes a
// value of its field that depends on the seed and on the field alone: the same
// seed always gives the same schedule, in every process and release. In day of
// month H stays within 1-28, so that it fires in every month.
func ParseSeed(expr string, seed uint64) (*Schedule, error) {
	p := parser{expr: expr, seed: seed, seeded: true}
	return p.parse()
}

// String returns the expression as given, with one space between fields, field
// letters in upper and macros in lower case. Parsing it again, with the same
// seed if it has H, gives an equal schedule.
func (s *Schedule) String() string { return s.text }
