package runtime

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/runtime/internal/spec"
	"github.com/gojobgen/jobgen/storage"
)

// draft is a job while its options are applied.
type draft struct {
	job       storage.NewJob
	overrides overrides
	err       error
}

func buildJob(s *spec.Spec, args json.RawMessage, opts []Option) (storage.NewJob, error) {
	d := draft{job: storage.NewJob{
		Kind: s.Kind, Fingerprint: s.Fingerprint, Payload: args,
		Queue: s.Queue, Priority: DefaultPriority, Expires: s.Expires,
	}}
	if s.HasPriority {
		d.job.Priority = s.Priority
	}
	if len(opts) > 0 {
		d = d.with(opts)
	}
	if d.err == nil {
		d.err = d.finish()
	}
	if d.err != nil {
		return storage.NewJob{}, fmt.Errorf("%s: %w", s.Kind, d.err)
	}
	return d.job, nil
}

// with applies options. It works on a copy, so that a draft without any need not live
// on the heap.
func (d draft) with(opts []Option) draft {
	for _, o := range opts {
		o(&d)
	}
	return d
}

// finish checks what options can get wrong and fills in what they left open.
func (d *draft) finish() error {
	j := &d.job
	if j.Queue == "" {
		j.Queue = DefaultQueue
	}
	if err := d.expandQueue(); err != nil {
		return err
	}
	if err := checkQueue(j.Queue); err != nil {
		return err
	}
	if j.Priority < 0 || j.Priority > 3 {
		return fmt.Errorf("%w: priority %d is not 0 to 3", ErrInvalid, j.Priority)
	}
	if err := d.checkTimes(); err != nil {
		return err
	}
	if len(j.Parents) == 0 && j.On != Success {
		return fmt.Errorf("%w: On(%v) is for continuations; this job has no parent", ErrInvalid, j.On)
	}
	if !j.InputFrom.IsZero() && j.On != Success {
		return fmt.Errorf("%w: parameter %s is filled by the parent's result, so it runs on success only; use the Continue...With function for On(%v)",
			ErrInvalid, j.InputParam, j.On)
	}
	for _, p := range j.Parents {
		if p.IsZero() {
			return fmt.Errorf("%w: the parent is the zero Handle", ErrInvalid)
		}
	}
	return d.encodeOverrides()
}

func (d *draft) checkTimes() error {
	negative := func(option string, t *time.Duration) error {
		if t != nil && *t < 0 {
			return fmt.Errorf("%w: %s(%v) is negative", ErrInvalid, option, *t)
		}
		return nil
	}
	return cmp.Or(negative("Expires", &d.job.Expires), negative("Timeout", d.overrides.Timeout), negative("Retain", d.overrides.Retain))
}

func (d *draft) encodeOverrides() error {
	o := d.overrides
	if o == (overrides{}) {
		return nil
	}
	if o.Retry != nil {
		if err := o.Retry.validate(); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	data, err := json.Marshal(o)
	d.job.Options = data
	return err
}

// maxQueue is the longest name of a queue.
const maxQueue = 64

func checkQueue(name string) error {
	fine := name != "" && len(name) <= maxQueue
	for i := 0; fine && i < len(name); i++ {
		c := name[i]
		fine = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
	}
	if fine {
		return nil
	}
	return fmt.Errorf("%w: queue %.80q: use 1 to 64 lower-case letters, digits, '_', '-' and '.'", ErrInvalid, name)
}

// expandQueue puts argument values into a queue name such as "mail-{region}".
func (d *draft) expandQueue() error {
	if !strings.Contains(d.job.Queue, "{") {
		return nil
	}
	name, err := expand(d.job.Queue, d.job.Payload)
	d.job.Queue = name
	return err
}

var placeholder = regexp.MustCompile(`\{([^{}]+)\}`)

// expand replaces each {param} of template by the argument's value: strings as
// they are, numbers and booleans in their JSON form.
func expand(template string, args json.RawMessage) (string, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(args, &values); err != nil {
		return "", err
	}
	var bad error
	out := placeholder.ReplaceAllStringFunc(template, func(m string) string {
		raw, ok := values[m[1:len(m)-1]]
		var text string
		switch {
		case !ok:
			bad = errors.Join(bad, fmt.Errorf("%w: %s in %q names no argument", ErrInvalid, m, template))
		case json.Unmarshal(raw, &text) != nil:
			text = string(raw)
		}
		return text
	})
	return out, bad
}

// cloneJob copies what middleware may change.
func cloneJob(j storage.NewJob) storage.NewJob {
	j.Metadata = maps.Clone(j.Metadata)
	return j
}
