package directive

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// day is the unit that Go durations lack and that retention needs.
const day = 24 * time.Hour

// parseDuration reads a Go duration that may begin with days: 90s, 30d, 1d12h.
func parseDuration(s string) (time.Duration, error) {
	var days time.Duration
	if digits, rest, found := strings.Cut(s, "d"); found {
		n, err := strconv.ParseUint(digits, 10, 31)
		if err != nil {
			return 0, errors.New("write it like 90s, 5m, 1h30m or 30d")
		}
		if n > math.MaxInt64/uint64(day) {
			return 0, errors.New("that is longer than 292 years")
		}
		days = time.Duration(n) * day
		if s = rest; s == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, errors.New("write it like 90s, 5m, 1h30m or 30d")
	case d < 0 || strings.HasPrefix(s, "-"):
		return 0, errors.New("a duration cannot be negative")
	case d > math.MaxInt64-days:
		return 0, errors.New("that is longer than 292 years")
	}
	return days + d, nil
}

// duration reads the only argument as a duration.
func (r *reader) duration() *Duration {
	arg, ok := r.one()
	if !ok {
		return nil
	}
	d, err := parseDuration(arg.Value)
	if err != nil {
		r.failf(arg.Pos, "%q is not a duration: %s", arg.Value, err)
		return nil
	}
	return &Duration{d, arg.Pos}
}

// The zero of timeout and expires switches off what the interface says.
func readTimeout(r *reader, o *Options) { o.Timeout = r.duration() }
func readExpires(r *reader, o *Options) { o.Expires = r.duration() }

func readRetain(r *reader, o *Options) {
	d := r.duration()
	if d != nil && d.Value == 0 {
		r.failf(d.Pos, "a job cannot be kept for no time: write a short one, such as 1m")
		return
	}
	o.Retain = d
}
