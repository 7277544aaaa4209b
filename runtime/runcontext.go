package runtime

import (
	"context"

	"github.com/rs/zerolog"
)

// runContext is the context of a run: that of the server, with a cancellation of its
// own, in which the job and its logger are found. It lies within its run and makes the
// logger when somebody asks for it, since most handlers do nothing with either.
type runContext struct {
	context.Context
	run *run
}

// Value implements [context.Context].
func (c *runContext) Value(key any) any {
	switch key {
	case contextKey{}:
		return &c.run.jc
	case loggerKey:
		return c.run.jc.Logger()
	}
	return c.Context.Value(key)
}

// loggerKey is the key under which zerolog.Ctx looks for a logger; zerolog has no name
// for it, but it can be asked.
var loggerKey = func() any {
	var probe keyProbe
	zerolog.Ctx(&probe)
	return probe.key
}()

// keyProbe notes the key that it is asked for.
type keyProbe struct {
	context.Context // nil: nothing else of it is used
	key             any
}

// Value implements [context.Context].
func (p *keyProbe) Value(key any) any {
	p.key = key
	return nil
}
