package rules_test

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":            "",
		"plain ü":     "plain ü",
		"a\x00b":      "a\uFFFDb",
		"a\xff\xfeb":  "a\uFFFDb",
		"\xffa\x00\n": "\uFFFDa\uFFFD\n",
	} {
		if got := rules.Clean(in); got != want || !rules.IsText(got) {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	for limit := range 8 {
		got := rules.CutText("aüüü", limit)
		if len(got) > limit || !utf8.ValidString(got) || len(got) < min(limit-1, 7) {
			t.Errorf("CutText to %d: %q", limit, got)
		}
	}
}

func TestFailure(t *testing.T) {
	if rules.Failure(nil) != nil || rules.Progress(nil) != nil {
		t.Error("nil is nil")
	}
	f := rules.Failure(&storage.Failure{Type: big(999), Message: "bad \x00", Stack: big(storage.MaxFailure)})
	if len(f.Type) != storage.MaxName || f.Message != "bad \uFFFD" || len(f.Message)+len(f.Stack) != storage.MaxFailure {
		t.Errorf("Failure: type %d, message %q, stack %d", len(f.Type), f.Message, len(f.Stack))
	}
	for in, want := range map[float64]float64{-1: 0, 50: 50, 101: 100, math.Inf(1): 100, math.NaN(): 0} {
		if p := rules.Progress(&storage.Progress{Percent: in, Note: big(999)}); p.Percent != want || len(p.Note) != storage.MaxReason {
			t.Errorf("Progress of %v: %v", in, p.Percent)
		}
	}
}

func TestLogLine(t *testing.T) {
	l := rules.LogLine(storage.LogLine{Level: "info", Message: big(storage.MaxLogLine), Fields: `{"a":1}`})
	if len(l.Level)+len(l.Message) != storage.MaxLogLine || l.Fields != "" {
		t.Errorf("long line: %d, fields %q", len(l.Message), l.Fields)
	}
	if l := rules.LogLine(storage.LogLine{Message: "m", Fields: `{"a":1}`}); l.Fields == "" {
		t.Error("fields that fit stay")
	}
	if rules.LogLines(0, 3) != 3 || rules.LogLines(999, 3) != 1 || rules.LogLines(2000, 3) != 0 {
		t.Error("LogLines")
	}
}

func TestHistory(t *testing.T) {
	var history []storage.HistoryEntry
	dropped := 0
	session := storage.NewID()
	for i := range 200 {
		history, dropped = rules.Append(history, dropped, storage.HistoryEntry{
			Fetch: i, Session: session, Outcome: storage.Snooze, Reason: big(999), Duration: -1,
		})
	}
	if len(history) != storage.MaxHistory || dropped != 150 {
		t.Fatalf("%d entries, %d dropped", len(history), dropped)
	}
	if history[9].Fetch != 9 || history[10].Fetch != 160 || history[49].Fetch != 199 {
		t.Errorf("kept %d, %d, %d", history[9].Fetch, history[10].Fetch, history[49].Fetch)
	}
	if len(history[0].Reason) != storage.MaxReason || history[0].Duration != 0 {
		t.Errorf("an entry is cut: %+v", history[0])
	}
	for fetch, want := range map[int]storage.OutcomeKind{5: storage.Snooze, 100: 0, 199: storage.Snooze} {
		if got := rules.Settled(history, storage.Token{Session: session, Fetch: fetch}); got != want {
			t.Errorf("Settled of fetch %d: %v, want %v", fetch, got, want)
		}
	}
}

func TestOutcome(t *testing.T) {
	if !rules.Storable(storage.Outcome{Kind: storage.Succeed}) || !rules.Storable(storage.Outcome{Kind: storage.Succeed, Result: []byte(`{"a":1}`)}) ||
		!rules.Storable(storage.Outcome{Kind: storage.Fail, Result: []byte("not used")}) {
		t.Error("storable")
	}
	for _, o := range []storage.Outcome{
		{}, {Kind: storage.Release + 1}, {Kind: storage.Succeed, Result: []byte("{")},
		{Kind: storage.Succeed, Result: []byte("\"\xff\"")},
		{Kind: storage.Succeed, Result: []byte(`"` + big(storage.MaxResult) + `"`)},
	} {
		if rules.Storable(o) {
			t.Errorf("%v %.10q is not storable", o.Kind, o.Result)
		}
	}
	if rules.ReportStorable(storage.Report{Checkpoint: make([]byte, storage.MaxCheckpoint+1)}) {
		t.Error("a checkpoint over its limit is not storable")
	}
	for _, c := range []struct {
		kind      storage.OutcomeKind
		delay     time.Duration
		cancelled bool
		want      rules.End
	}{
		{storage.Succeed, 0, true, rules.End{State: storage.Succeeded, Counted: true}},
		{storage.Fail, 0, true, rules.End{State: storage.Failed, Counted: true}},
		{storage.Delete, 0, false, rules.End{State: storage.Deleted, Counted: true}},
		{storage.Retry, time.Second, false, rules.End{State: storage.Scheduled, Delay: time.Second, Counted: true, Retried: true}},
		{storage.Retry, 0, false, rules.End{State: storage.Enqueued, Counted: true, Retried: true}},
		{storage.Retry, time.Second, true, rules.End{State: storage.Deleted, Counted: true, Cut: true}},
		{storage.Snooze, time.Second, false, rules.End{State: storage.Scheduled, Delay: time.Second}},
		{storage.Snooze, -1, false, rules.End{State: storage.Enqueued}},
		{storage.Release, time.Second, false, rules.End{State: storage.Enqueued}},
		{storage.Release, 0, true, rules.End{State: storage.Deleted, Cut: true}},
	} {
		if got := rules.EndOf(storage.Outcome{Kind: c.kind, Delay: c.delay}, c.cancelled); got != c.want {
			t.Errorf("%v after %v, cancelled %v: %+v, want %+v", c.kind, c.delay, c.cancelled, got, c.want)
		}
	}
}

func TestLostEnd(t *testing.T) {
	for _, c := range []struct {
		started   bool
		lost, max int
		cancelled bool
		want      storage.State
	}{
		{true, 3, 0, false, storage.Enqueued},
		{true, 4, 0, false, storage.Failed},
		{false, 4, 3, false, storage.Enqueued},
		{true, 2, 1, false, storage.Failed},
		{true, 9, 1, true, storage.Deleted},
	} {
		state, reason := rules.LostEnd("srv", c.started, c.lost, c.max, c.cancelled, "cancelled by me")
		if state != c.want || reason == "" || c.cancelled && reason != "cancelled by me" {
			t.Errorf("%+v: %v %q", c, state, reason)
		}
	}
}

func TestReasons(t *testing.T) {
	id := storage.NewID()
	for got, want := range map[string]string{
		rules.Skipped(3, id):                             "skipped by run 3 of " + id.String(),
		rules.Released(3, id):                            "released by run 3 of " + id.String(),
		rules.Restored(id):                               "restored with " + id.String(),
		rules.ReleasedBy("s"):                            "released by server s",
		rules.LostWith("s"):                              "lost with server s",
		rules.By(storage.Requeue, "eve", "try again"):    "requeued by eve: try again",
		rules.By(storage.Cancel, "", ""):                 "cancelled",
		rules.By(storage.Action(99), "eve", ""):          "unknown action by eve",
		rules.BatchCancelled(id, "eve"):                  "cancelled with batch " + id.String() + " by eve",
		rules.KeyTaken(id):                               "its unique key is held by " + id.String(),
		rules.InState(storage.Failed):                    "it is failed",
		rules.KindLine("k", "f"):                         "kind:k@f",
		rules.PausedKindLine("k"):                        "paused-kind:k",
		rules.LimitLine(storage.Limit{Key: "a:b"}):       "limit:a:b",
		rules.LimitLine(storage.Limit{Key: "k", Per: 1}): "rate:k",
		rules.HeldCause("paused-kind:k:x"):               storage.HeldPausedKind,
		rules.HeldCause("none"):                          "none",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if !strings.Contains(rules.LostTooOften("s", 4), "4") {
		t.Error(rules.LostTooOften("s", 4))
	}
}

func TestTimes(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 1_999_999, time.FixedZone("x", 3600))
	cut := rules.Cut(now)
	if cut.Nanosecond() != 1_000_000 || cut.Location() != time.UTC || !rules.Cut(time.Time{}).IsZero() {
		t.Errorf("Cut: %v", cut)
	}
	if got := rules.Due(storage.When{In: time.Second}, now); !got.Equal(cut.Add(time.Second)) {
		t.Errorf("Due: %v", got)
	}
	if got := rules.Due(storage.When{At: now}, now); !got.Equal(cut) {
		t.Errorf("Due at: %v", got)
	}
	if got := rules.After(now, -1); !got.Equal(cut) {
		t.Errorf("After: %v", got)
	}
	if !rules.Seen(now.Add(1), now).Equal(now) || !rules.Seen(now.Add(-1), now).Equal(now.Add(-1)) {
		t.Error("Seen")
	}
	for state, want := range map[storage.State]time.Duration{
		storage.Succeeded: storage.RetainSucceeded, storage.Failed: storage.RetainFailed, storage.Deleted: storage.RetainDeleted,
	} {
		if got := rules.RetainedTo(state, cut, 0).Sub(cut); got != want {
			t.Errorf("%v is retained for %v", state, got)
		}
	}
	if rules.RetainedTo(storage.Failed, cut, 1).Sub(cut) != storage.MinRetain || rules.RetainedTo(storage.Failed, cut, time.Hour).Sub(cut) != time.Hour {
		t.Error("RetainedTo")
	}
	starts := []time.Time{now.Add(-2 * time.Second), now.Add(-time.Second / 2)}
	for max, want := range map[int]time.Time{1: starts[1].Add(time.Second), 2: {}, 3: {}} {
		if got := rules.RateFree(storage.Limit{Max: max, Per: time.Second}, starts, now); !got.Equal(want) {
			t.Errorf("RateFree of %d: %v, want %v", max, got, want)
		}
	}
}
