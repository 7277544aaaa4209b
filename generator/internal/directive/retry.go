package directive

import (
	"go/token"
	"strconv"
	"strings"
	"time"
)

// defaultRetries is what //job:retry without max means, the same as without the
// directive.
const defaultRetries = 10

// maxRetries keeps a slip of the keyboard from retrying a job for years.
const maxRetries = 1000

func readRetry(r *reader, o *Options) {
	values, alone, ok := r.pairs("max", "delays", "backoff", "base", "cap", "on")
	if !ok {
		return
	}
	retry := Retry{Max: defaultRetries}
	switch {
	case len(r.Args) == 0:
		r.failf(r.End, "something is missing: write %s", r.usage)
		return
	case len(alone) > 1 || len(alone) == 1 && r.Args[0].Key != "":
		r.failf(alone[len(alone)-1].Pos, "%q does not belong here: write %s", alone[len(alone)-1].Value, r.usage)
		return
	case len(alone) == 1:
		if m, twice := values["max"]; twice {
			r.failf(m.Pos, "the number of retries stands here twice: keep one")
			return
		}
		values["max"] = alone[0]
	}
	if r.max(values, &retry) && r.delays(values, &retry) && r.backoff(values, &retry) {
		if on, given := values["on"]; given {
			if !r.choice(on, "fail", "delete") {
				return
			}
			retry.OnDelete = on.Value == "delete"
		}
		o.Retry = &retry
	}
}

func (r *reader) max(values map[string]Arg, retry *Retry) bool {
	arg, given := values["max"]
	if !given {
		return true
	}
	n, err := strconv.Atoi(arg.Value)
	if err != nil || n < 0 || n > maxRetries {
		r.failf(arg.ValuePos, "%q is not a number of retries: write one from 0 to %d", arg.Value, maxRetries)
		return false
	}
	retry.Max = n
	return true
}

func (r *reader) delays(values map[string]Arg, retry *Retry) bool {
	arg, given := values["delays"]
	if !given {
		return true
	}
	pos := arg.ValuePos
	for text := range strings.SplitSeq(arg.Value, ",") {
		d, err := parseDuration(text)
		if err != nil {
			r.failf(pos, "%q is not a delay: %s", text, err)
			return false
		}
		if len(retry.Delays) == retry.Max {
			r.failf(pos, "there are more delays than retries (%d): this one would never be used", retry.Max)
			return false
		}
		retry.Delays = append(retry.Delays, d)
		pos += token.Pos(len(text) + len(","))
	}
	return true
}

func (r *reader) backoff(values map[string]Arg, retry *Retry) bool {
	backoff, given := values["backoff"]
	if !r.part(values, "base", given, &retry.Base) || !r.part(values, "cap", given, &retry.Cap) {
		return false
	}
	if !given {
		return true
	}
	switch {
	case !r.choice(backoff, "exponential"):
	case retry.Delays != nil:
		r.failf(backoff.Pos, "delays= and backoff= exclude each other: keep one")
	case retry.Base == 0:
		r.failf(backoff.Pos, "backoff=exponential needs the first delay: add base=10s")
	case retry.Cap != 0 && retry.Cap < retry.Base:
		r.failf(values["cap"].Pos, "cap= is shorter than base=")
	default:
		return true
	}
	return false
}

// part reads one duration of the backoff.
func (r *reader) part(values map[string]Arg, key string, backoff bool, into *time.Duration) bool {
	arg, given := values[key]
	if !given {
		return true
	}
	d, err := parseDuration(arg.Value)
	switch {
	case !backoff:
		r.failf(arg.Pos, "%s= needs backoff=exponential beside it", key)
	case err != nil:
		r.failf(arg.ValuePos, "%q is not a duration: %s", arg.Value, err)
	case d == 0:
		r.failf(arg.ValuePos, "%s= has to be longer than 0", key)
	default:
		*into = d
		return true
	}
	return false
}
