package redisstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var settleScript = lazySafe("settle")

// maxSettle is how many outcomes or reports share a run of the script.
const maxSettle = 500

// Settle implements [storage.Worker].
func (s *Store) Settle(ctx context.Context, r storage.SettleRequest) ([]storage.Verdict, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	t := newTelling(s, r.Session, len(r.Outcomes))
	for _, token := range r.Started {
		if token.Session == r.Session {
			t.at(token).started = append(t.at(token).started, token)
		}
	}
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		if o.Token.Session == r.Session {
			p := t.at(o.Token)
			p.outcomes = append(p.outcomes, o)
			p.which = append(p.which, i)
		}
	}
	if err := t.tell(ctx); err != nil {
		return nil, err
	}
	return t.verdicts, nil
}

// Report implements [storage.Worker].
func (s *Store) Report(ctx context.Context, session storage.ID, reports []storage.Report) ([]storage.Verdict, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	t := newTelling(s, session, len(reports))
	for i := range reports {
		r := &reports[i]
		if r.Token.Session == session {
			s.shardOf(r.Token.Job).runs.forget(r.Token)
			p := t.at(r.Token)
			p.reports = append(p.reports, r)
			p.which = append(p.which, i)
		}
	}
	return t.verdicts, t.tell(ctx)
}

// telling is one running call of Settle or Report. Tokens of other sessions are refused
// without a look.
type telling struct {
	s        *Store
	session  storage.ID
	verdicts []storage.Verdict
	parts    map[*shard]*told
}

// told is what one shard has to be told.
type told struct {
	started  []storage.Token
	outcomes []*storage.Outcome
	reports  []*storage.Report
	which    []int // places of the verdicts
}

func newTelling(s *Store, session storage.ID, n int) *telling {
	t := &telling{s: s, session: session, verdicts: make([]storage.Verdict, n), parts: make(map[*shard]*told)}
	for i := range t.verdicts {
		t.verdicts[i] = storage.Refused
	}
	return t
}

func (t *telling) at(token storage.Token) *told {
	sh := t.s.shardOf(token.Job)
	if t.parts[sh] == nil {
		t.parts[sh] = &told{}
	}
	return t.parts[sh]
}

func (t *telling) tell(ctx context.Context) error {
	return t.s.each(func(sh *shard) error {
		p := t.parts[sh]
		if p == nil {
			return nil
		}
		if err := t.plain(ctx, sh, p); err != nil {
			return err
		}
		for len(p.which) > 0 || len(p.started) > 0 {
			if err := t.run(ctx, sh, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// run tells a shard a bounded part of p and drops that.
func (t *telling) run(ctx context.Context, sh *shard, p *told) error {
	outcomes, reports := min(len(p.outcomes), maxSettle), min(len(p.reports), maxSettle)
	n := outcomes + reports
	reply, err := sh.call(ctx, settleScript(), t.session[:], packTold(p, outcomes, reports))
	if err != nil {
		return err
	}
	answers := asList(reply)
	if len(answers) != n {
		return t.s.fault("settle", fmt.Errorf("%d answers to %d outcomes and reports", len(answers), n))
	}
	for i, a := range answers {
		t.verdicts[p.which[i]] = storage.Verdict(asInt(a))
	}
	p.started, p.which = nil, p.which[n:]
	p.outcomes, p.reports = p.outcomes[outcomes:], p.reports[reports:]
	return nil
}

func packTold(t *told, outcomes, reports int) []byte {
	p := &pack{b: make([]byte, 0, 64+96*(outcomes+reports))}
	p.dict(3)
	p.text("s")
	p.list(len(t.started))
	for _, token := range t.started {
		p.list(2)
		packToken(p, token)
	}
	p.text("o")
	p.list(outcomes)
	for _, o := range t.outcomes[:outcomes] {
		packOutcome(p, o)
	}
	p.text("r")
	p.list(reports)
	for _, r := range t.reports[:reports] {
		packReport(p, r)
	}
	return p.b
}

func packToken(p *pack, t storage.Token) {
	p.id(t.Job)
	p.int(int64(t.Fetch))
}

func packOutcome(p *pack, o *storage.Outcome) {
	p.list(13)
	packToken(p, o.Token)
	p.int(int64(o.Kind))
	storable := rules.Storable(*o)
	p.flag(storable)
	p.int(o.Delay.Milliseconds())
	p.int(retainMS(o.Retain))
	p.text(string(binary.BigEndian.AppendUint64(nil, uint64(max(o.Duration, 0)))))
	p.text(rules.Reason(o.Reason))
	p.text(failureText(o.Failure))
	if storable && o.Kind == storage.Succeed {
		p.text(string(o.Result))
	} else {
		p.text("")
	}
	p.int(number(o.Number))
	p.text(progressText(o.Progress))
	packLogs(p, o.Logs)
}

func packReport(p *pack, r *storage.Report) {
	p.list(7)
	packToken(p, r.Token)
	storable := rules.ReportStorable(*r)
	p.flag(storable)
	p.int(number(r.Number))
	p.text(progressText(r.Progress))
	if r.Checkpoint != nil && storable {
		p.text(string(r.Checkpoint))
	} else {
		p.null()
	}
	packLogs(p, r.Logs)
}

// retainMS is how long a final job is kept as scripts take it: 0 for the default.
func retainMS(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return max(d, storage.MinRetain).Milliseconds()
}

// number is that of a report, within what a record holds.
func number(n uint64) int64 { return int64(min(n, maxTime)) }

func failureText(f *storage.Failure) string {
	if f == nil {
		return ""
	}
	text, _ := json.Marshal(rules.Failure(f))
	return string(text)
}

func progressText(p *storage.Progress) string {
	if p == nil {
		return ""
	}
	p = rules.Progress(p)
	return string(binary.BigEndian.AppendUint64(nil, math.Float64bits(p.Percent))) + p.Note
}

// packLogs adds the lines that a run may still keep; of those over the limit only the
// number matters.
func packLogs(p *pack, lines []storage.LogLine) {
	p.list(len(lines))
	for i, l := range lines {
		if i >= storage.MaxLogLines {
			p.text("")
			continue
		}
		text, _ := json.Marshal(rules.LogLine(l))
		p.text(string(text))
	}
}
