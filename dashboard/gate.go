package dashboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// verb is something that can be done.
type verb struct {
	name  string // in forms
	label string // on buttons
	past  string // in results
	icon  string
	needs Role

	control storage.Action                                               // on jobs by id
	one     func(ctx context.Context, d *handler, name, by string) error // on one queue, kind or recurring job
}

// action is a verb with its targets and who asked.
type action struct {
	verb   *verb
	ids    []storage.ID // of jobs
	name   string       // of a queue, kind or recurring job
	remote string
}

// outcome is what came of an action.
type outcome struct {
	done    int
	skipped []storage.Skip
}

var jobVerbs = []*verb{
	{name: "retry", label: "Retry", past: "retried", icon: "retry", needs: Operator, control: storage.Requeue},
	{name: "run-now", label: "Run now", past: "sent to run", icon: "bolt", needs: Operator, control: storage.RunNow},
	{name: "cancel", label: "Cancel", past: "cancelled", icon: "cancel", needs: Operator, control: storage.Cancel},
	{name: "delete", label: "Delete", past: "deleted", icon: "deleted", needs: Admin, control: storage.Remove},
}

var queueVerbs = []*verb{
	{name: "pause", label: "Pause", past: "paused", icon: "pause", needs: Operator, one: pauser(storage.PauseQueue, true)},
	{name: "resume", label: "Resume", past: "resumed", icon: "play", needs: Operator, one: pauser(storage.PauseQueue, false)},
}

var kindVerbs = []*verb{
	{name: "pause", label: "Pause", past: "paused", icon: "pause", needs: Operator, one: pauser(storage.PauseKind, true)},
	{name: "resume", label: "Resume", past: "resumed", icon: "play", needs: Operator, one: pauser(storage.PauseKind, false)},
}

var recurringVerbs = []*verb{
	{name: "trigger", label: "Trigger", past: "triggered", icon: "bolt", needs: Operator,
		one: func(ctx context.Context, d *handler, id, by string) error {
			_, err := runtime.TriggerRecurring(ctx, d.store, id, by)
			return err
		}},
	{name: "pause", label: "Pause", past: "paused", icon: "pause", needs: Operator,
		one: func(ctx context.Context, d *handler, id, by string) error {
			return d.store.PauseRecurring(ctx, id, true, by, time.Time{})
		}},
	{name: "resume", label: "Resume", past: "resumed", icon: "play", needs: Operator,
		one: func(ctx context.Context, d *handler, id, by string) error {
			return runtime.ResumeRecurring(ctx, d.store, id, by)
		}},
}

func pauser(target storage.PauseTarget, paused bool) func(context.Context, *handler, string, string) error {
	return func(ctx context.Context, d *handler, name, by string) error {
		return d.store.Pause(ctx, target, name, paused, by)
	}
}

// actionDeadline is longer than that of a query: what was done half is worse than late.
const actionDeadline = 10 * time.Second

// do is the one gate: nothing in the store changes but through it. It checks the
// role, acts, and tells the log and the audit hook in every case.
func (d *handler) do(ctx context.Context, who Principal, a action) (outcome, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actionDeadline)
	defer cancel()
	var out outcome
	err := errForbidden
	if who.may(a.verb.needs) {
		if out, err = d.act(ctx, who, a); err == nil || !errors.Is(err, storage.ErrNotFound) {
			d.look.epoch.Add(1)
		}
	}
	rec := ActionRecord{At: d.now().UTC(), Principal: who, Action: a.verb.name, Targets: a.targets(),
		Done: out.done, Skipped: len(out.skipped), Remote: a.remote, Err: err}
	d.log.Info().Str("action", rec.Action).Str("principal", who.Name).Str("role", who.Role.String()).Str("remote", rec.Remote).
		Int("targets", len(rec.Targets)).Int("done", rec.Done).Int("skipped", rec.Skipped).Err(err).Msg("dashboard action")
	if d.opts.OnAction != nil {
		d.opts.OnAction(ctx, rec)
	}
	return out, err
}

func (d *handler) act(ctx context.Context, who Principal, a action) (outcome, error) {
	if a.verb.control == 0 {
		if err := a.verb.one(ctx, d, a.name, who.by()); err != nil {
			return outcome{}, err
		}
		return outcome{done: 1}, nil
	}
	if len(a.ids) > maxIDs {
		return outcome{}, fmt.Errorf("%w: more than %d jobs at once", storage.ErrInvalid, maxIDs)
	}
	r, err := d.store.Control(ctx, storage.Control{Action: a.verb.control, IDs: a.ids, By: who.by()})
	if err != nil {
		return outcome{}, err
	}
	return outcome{done: len(r.Done), skipped: r.Skipped}, nil
}

func (a action) targets() []string {
	if a.name != "" {
		return []string{a.name}
	}
	out := make([]string, len(a.ids))
	for i, id := range a.ids {
		out[i] = id.String()
	}
	return out
}
