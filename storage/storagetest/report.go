package storagetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var reportTests = []test{
	{"progress is seen while the job runs", reportProgress},
	{"a checkpoint is given back with the next fetch", reportCheckpoint},
	{"a report without checkpoint leaves it", reportKeepsCheckpoint},
	{"a checkpoint survives the loss of its session", reportCheckpointLost},
	{"a repeated report is written once", reportRepeated},
	{"a late copy moves nothing back", reportLate},
	{"numbers start anew with each run", reportNumbersPerRun},
	{"what an outcome carries follows the same numbers", reportInOutcome},
	{"an outcome without logs and progress needs no number", reportOutcomeWithoutNumber},
	{"each report is answered for itself", reportEach},
	{"a report of a dead session is refused, not lost", reportDead},
	{"log lines come back in order, numbered over all runs", reportLogs},
	{"the log is read in pages and by run", reportLogPages},
	{"log lines over the cap are not kept", reportLogCap},
	{"bad text in a report is cleaned", reportBadText},
	{"progress and log stay after the end", reportAfterEnd},
}

// reported sends one report that must be accepted.
func (s *session) reported(r storage.Report) {
	s.e.Helper()
	if v := s.report(r)[0]; v != storage.Accepted {
		s.e.Fatalf("the report of a running job must be Accepted: got %s", verdict(v))
	}
}

func line(message string) storage.LogLine {
	return storage.LogLine{At: time.Unix(1000, 0).UTC(), Level: "info", Message: message, Fields: `{"k":1}`}
}

func reportProgress(e *env) {
	s := e.session()
	id := e.enqueue()
	token := s.take(id).Token
	s.reported(storage.Report{Token: token, Number: 1, Progress: &storage.Progress{Percent: 12.5, Note: "page 1"}})
	d := e.get(id)
	e.check(d.Progress != nil && *d.Progress == storage.Progress{Percent: 12.5, Note: "page 1"}, "progress is seen while the job runs: got %+v", d.Progress)
	s.reported(storage.Report{Token: token, Number: 2, Progress: &storage.Progress{Percent: 50}})
	d = e.get(id)
	e.check(d.Progress != nil && d.Progress.Percent == 50, "the last progress counts: got %+v", d.Progress)
}

// Report.Checkpoint: "given back with the next fetch".
func reportCheckpoint(e *env) {
	s := e.session()
	for _, k := range []storage.OutcomeKind{storage.Retry, storage.Snooze, storage.Release} {
		id := e.enqueue()
		token := s.take(id).Token
		e.check(s.runs[id].Job.Checkpoint == nil, "a first run has no checkpoint")
		check := "page 7 \x00\xff"
		s.reported(storage.Report{Token: token, Number: 1, Checkpoint: []byte(check)})
		s.end(id, k)
		e.check(string(s.take(id).Job.Checkpoint) == check, "after a %v the next run gets the checkpoint, byte for byte: got %q", k, s.runs[id].Job.Checkpoint)
		s.end(id, storage.Succeed)
	}
}

// "nil: unchanged".
func reportKeepsCheckpoint(e *env) {
	s := e.session()
	id := e.enqueue()
	token := s.take(id).Token
	s.reported(storage.Report{Token: token, Number: 1, Checkpoint: []byte("one")})
	s.reported(storage.Report{Token: token, Number: 2, Progress: &storage.Progress{Percent: 1}})
	e.check(string(e.get(id).Checkpoint) == "one", "a report without checkpoint leaves it: got %q", e.get(id).Checkpoint)
	s.reported(storage.Report{Token: token, Number: 3, Checkpoint: []byte("two")})
	e.check(string(e.get(id).Checkpoint) == "two", "a new checkpoint replaces it: got %q", e.get(id).Checkpoint)
	e.check(e.get(id).Progress != nil, "a report without progress leaves it")
}

func reportCheckpointLost(e *env) {
	dead, other := e.session(), e.session()
	id := e.enqueue()
	dead.reported(storage.Report{Token: dead.take(id).Token, Number: 1, Checkpoint: []byte("page 7")})
	e.lose(dead, other)
	e.check(string(other.take(id).Job.Checkpoint) == "page 7", "the run elsewhere resumes at the checkpoint: got %q", other.runs[id].Job.Checkpoint)
}

// Report: "a report whose number is not above the last one's is accepted and not written".
func reportRepeated(e *env) {
	s := e.session()
	id := e.enqueue()
	r := storage.Report{Token: s.take(id).Token, Number: 1, Logs: []storage.LogLine{line("a"), line("b")}}
	s.reported(r)
	s.reported(r)
	e.check(len(e.logs(id)) == 2, "a repeated report writes no line twice: got %d lines", len(e.logs(id)))
}

// doc.go, what broke the first version: "A late copy of a report moved a checkpoint back."
func reportLate(e *env) {
	s := e.session()
	id := e.enqueue()
	token := s.take(id).Token
	late := storage.Report{Token: token, Number: 1, Checkpoint: []byte("10"), Progress: &storage.Progress{Percent: 10}, Logs: []storage.LogLine{line("late")}}
	s.reported(storage.Report{Token: token, Number: 3, Checkpoint: []byte("20"), Progress: &storage.Progress{Percent: 20}})
	s.reported(late)
	d := e.get(id)
	e.check(string(d.Checkpoint) == "20" && d.Progress.Percent == 20, "a late copy must not move checkpoint or progress back: got %q and %+v", d.Checkpoint, d.Progress)
	e.check(len(e.logs(id)) == 0, "nothing of a late copy is written: got %d lines", len(e.logs(id)))
	s.reported(storage.Report{Token: token, Number: 4, Checkpoint: []byte("30")})
	e.check(string(e.get(id).Checkpoint) == "30", "the next report counts: got %q", e.get(id).Checkpoint)
}

// "Number rises within a run from 1".
func reportNumbersPerRun(e *env) {
	s := e.session()
	id := e.enqueue()
	s.reported(storage.Report{Token: s.take(id).Token, Number: 9, Checkpoint: []byte("first")})
	s.end(id, storage.Retry)
	s.reported(storage.Report{Token: s.take(id).Token, Number: 1, Checkpoint: []byte("second")})
	e.check(string(e.get(id).Checkpoint) == "second", "another run counts its reports from 1 again: got %q", e.get(id).Checkpoint)
}

// Outcome.Number: "of this as a report".
func reportInOutcome(e *env) {
	s := e.session()
	for _, number := range []uint64{2, 3} {
		id := e.enqueue()
		token := s.take(id).Token
		s.reported(storage.Report{Token: token, Number: 2, Logs: []storage.LogLine{line("one")}, Progress: &storage.Progress{Percent: 1}})
		o := outcome(token, storage.Succeed)
		o.Number, o.Logs, o.Progress = number, []storage.LogLine{line("two")}, &storage.Progress{Percent: 2}
		s.wantVerdict(storage.Accepted, o, "an outcome counts, whatever the number of its report")
		e.wantState(id, storage.Succeeded, "an outcome counts, whatever the number of its report")
		lines, percent := len(e.logs(id)), e.get(id).Progress.Percent
		if number == 2 {
			e.check(lines == 1 && percent == 1, "its lines and progress were reported already, by number: got %d lines, %v %%", lines, percent)
		} else {
			e.check(lines == 2 && percent == 2, "its lines and progress are new, by number: got %d lines, %v %%", lines, percent)
		}
	}
}

// "ignored when Logs and Progress are empty".
func reportOutcomeWithoutNumber(e *env) {
	s := e.session()
	id := e.enqueue()
	s.reported(storage.Report{Token: s.take(id).Token, Number: 5, Logs: []storage.LogLine{line("one")}})
	s.end(id, storage.Succeed)
	e.check(len(e.logs(id)) == 1, "the log stays: got %d lines", len(e.logs(id)))
}

// Report "answers each in order".
func reportEach(e *env) {
	s := e.session()
	ids := e.enqueueEach(3)
	runs := s.fetch(3)
	s.end(ids[1], storage.Succeed)
	vs := s.report(
		storage.Report{Token: runs[0].Token, Number: 1, Checkpoint: []byte("a")},
		storage.Report{Token: runs[1].Token, Number: 1, Checkpoint: []byte("b")},
		storage.Report{Token: runs[2].Token, Number: 1, Checkpoint: []byte("c")},
	)
	e.check(vs[0] == storage.Accepted && vs[1] == storage.Refused && vs[2] == storage.Accepted, "each report is answered for itself: want Accepted, Refused, Accepted, got %v", vs)
	e.check(string(e.get(ids[0]).Checkpoint) == "a" && string(e.get(ids[2]).Checkpoint) == "c", "the good ones are written")
}

// "Settle and Report never return ErrSessionLost".
func reportDead(e *env) {
	s := e.session()
	id := e.enqueue()
	token := s.take(id).Token
	s.close()
	vs := s.report(storage.Report{Token: token, Number: 1, Checkpoint: []byte("late")})
	e.check(vs[0] == storage.Refused, "the token died with the session: got %s", verdict(vs[0]))
	e.check(e.get(id).Checkpoint == nil, "nothing of a refused report is written")
}

// NumberedLine.Number: "rises over all runs of the job".
func reportLogs(e *env) {
	s := e.session()
	id := e.enqueue()
	for run := 1; run <= 3; run++ {
		token := s.take(id).Token
		s.reported(storage.Report{Token: token, Number: 1, Logs: []storage.LogLine{line(fmt.Sprint(run, "a")), line(fmt.Sprint(run, "b"))}})
		s.reported(storage.Report{Token: token, Number: 2, Logs: []storage.LogLine{line(fmt.Sprint(run, "c"))}})
		s.end(id, storage.Retry)
	}
	lines := e.logs(id)
	e.check(len(lines) == 9 && e.get(id).LogLines == 9, "nine lines over three runs: got %d, LogLines %d", len(lines), e.get(id).LogLines)
	for i, l := range lines {
		want := line(fmt.Sprint(i/3+1, string(rune('a'+i%3))))
		e.check(l.Message == want.Message && l.Level == want.Level && l.Fields == want.Fields && l.At.Equal(want.At),
			"line %d comes back in order: want %+v, got %+v", i, want, l)
		e.check(l.Fetch == i/3+1, "a line knows its run: want fetch %d, got %d", i/3+1, l.Fetch)
		e.check(i == 0 || l.Number > lines[i-1].Number, "Number rises over all runs: %d after %d", l.Number, lines[max(i-1, 0)].Number)
	}
}

func reportLogPages(e *env) {
	s := e.session()
	id := e.enqueue()
	for range 2 {
		var logs []storage.LogLine
		for i := range 10 {
			logs = append(logs, line(fmt.Sprint(i)))
		}
		s.reported(storage.Report{Token: s.take(id).Token, Number: 1, Logs: logs})
		s.end(id, storage.Retry)
	}
	second, err := e.store.Logs(e.ctx, storage.LogQuery{Job: id, Fetch: 2, Limit: 100})
	e.must(err, "Logs")
	e.check(len(second) == 10 && second[0].Fetch == 2, "LogQuery.Fetch chooses a run: got %d lines", len(second))
	last, n := 0, 0
	for range 10 {
		page, err := e.store.Logs(e.ctx, storage.LogQuery{Job: id, After: last, Limit: 7})
		e.must(err, "Logs")
		e.check(len(page) <= 7, "at most Limit lines: got %d", len(page))
		if len(page) == 0 {
			break
		}
		e.check(page[0].Number > last, "After is a line number: want lines behind %d, got %d", last, page[0].Number)
		n, last = n+len(page), page[len(page)-1].Number
	}
	e.check(n == 20, "all lines are read in pages, each once: want 20, got %d", n)
}

// MaxLogLines: "log lines of one attempt; later ones are counted, not kept".
func reportLogCap(e *env) {
	s := e.session()
	id := e.enqueue()
	logs := make([]storage.LogLine, storage.MaxLogLines+5)
	for i := range logs {
		logs[i] = line(fmt.Sprint(i))
	}
	token := s.take(id).Token
	s.reported(storage.Report{Token: token, Number: 1, Logs: logs[:900]})
	s.reported(storage.Report{Token: token, Number: 2, Logs: logs[900:]})
	kept := e.logs(id)
	e.check(len(kept) == storage.MaxLogLines && kept[0].Message == "0" && kept[len(kept)-1].Message == "999",
		"the first %d lines of an attempt are kept: got %d", storage.MaxLogLines, len(kept))
	s.end(id, storage.Retry)
	s.reported(storage.Report{Token: s.take(id).Token, Number: 1, Logs: logs[:1]})
	second, err := e.store.Logs(e.ctx, storage.LogQuery{Job: id, Fetch: 2, Limit: 10})
	e.must(err, "Logs")
	e.check(len(second) == 1, "the cap is each attempt's own: got %d lines of the second", len(second))
}

func reportBadText(e *env) {
	s := e.session()
	id := e.enqueue()
	token := s.take(id).Token
	bad := "x \x00 \xff y"
	s.reported(storage.Report{Token: token, Number: 1, Progress: &storage.Progress{Percent: 1, Note: bad}, Logs: []storage.LogLine{line(bad)}})
	d, logs := e.get(id), e.logs(id)
	e.check(d.Progress != nil && clean(d.Progress.Note) && len(logs) == 1 && clean(logs[0].Message), "text of a run is cleaned: got %+v and %+v", d.Progress, logs)
}

func clean(text string) bool {
	return strings.ToValidUTF8(text, "") == text && !strings.Contains(text, "\x00") && strings.HasPrefix(text, "x ") && strings.HasSuffix(text, " y")
}

func reportAfterEnd(e *env) {
	s := e.session()
	id := e.enqueue()
	s.reported(storage.Report{Token: s.take(id).Token, Number: 1, Progress: &storage.Progress{Percent: 100}, Logs: []storage.LogLine{line("done")}})
	s.end(id, storage.Succeed)
	d := e.get(id)
	e.check(d.Progress != nil && d.Progress.Percent == 100 && len(e.logs(id)) == 1, "progress and log are kept with the job: got %+v", d.Progress)
}
