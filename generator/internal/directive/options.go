package directive

import (
	"go/token"
	"time"
)

// Text is a word of a directive with its place.
type Text struct {
	Value string
	Pos   token.Pos
}

// Duration is a length of time with its place.
type Duration struct {
	Value time.Duration
	Pos   token.Pos
}

// Options are what the directives above one declaration say. A nil field was not
// said.
type Options struct {
	Queue    *Text
	Retry    *Retry
	Timeout  *Duration
	Expires  *Duration
	Retain   *Duration
	Priority *int

	Prefix *Text // interfaces only

	Name    *Text // the rest: methods only
	Aliases []Text
	Input   *Text
	Cron    []Cron
	Display *Text
	Secrets []Text
}

// Retry is //job:retry.
type Retry struct {
	Max      int
	Delays   []time.Duration
	Base     time.Duration // exponential when set
	Cap      time.Duration
	OnDelete bool
}

// Cron is one //job:cron.
type Cron struct {
	Pos     token.Pos // of the directive
	ID      *Text     // nil: the kind
	Expr    string
	Zone    string
	Misfire string
	Overlap bool
}

// over is o, with what o does not say taken from defaults. A retry policy is taken
// whole: a method that says //job:retry max=3 does not keep the delays of its
// interface, because half of a policy seldom fits the other half.
func (o Options) over(defaults Options) Options {
	if o.Queue == nil {
		o.Queue = defaults.Queue
	}
	if o.Retry == nil {
		o.Retry = defaults.Retry
	}
	if o.Timeout == nil {
		o.Timeout = defaults.Timeout
	}
	if o.Expires == nil {
		o.Expires = defaults.Expires
	}
	if o.Retain == nil {
		o.Retain = defaults.Retain
	}
	if o.Priority == nil {
		o.Priority = defaults.Priority
	}
	return o
}
