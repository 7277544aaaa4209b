package faulttest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/gojobgen/jobgen/storage"
)

// act is one call as one job saw it.
type act struct {
	job     storage.ID
	kind    string // insert, fetch, settle, close, requeue
	session storage.ID
	fetch   int
	outcome storage.OutcomeKind
}

// answer is what came of it: of a settle the verdict, of a requeue whether it was done.
type answer struct {
	verdict storage.Verdict
	done    bool
}

// life is a job as the contract sees it. It is comparable: settled lists "fetch:outcome;".
type life struct {
	state   storage.State // enqueued, processing, or how it ended; 0: not stored
	session storage.ID    // processing: who runs it
	fetch   int           // the highest fetch number given out
	settled string
	last    int // fetch number that was settled last
}

// jobModel is the specification that histories are judged by: each job by itself is a
// register that one session at a time holds, under rising fetch numbers.
var jobModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byJob := make(map[storage.ID][]porcupine.Operation)
		for _, o := range history {
			id := o.Input.(act).job
			byJob[id] = append(byJob[id], o)
		}
		var parts [][]porcupine.Operation
		for _, ops := range byJob {
			parts = append(parts, ops)
		}
		return parts
	},
	Init: func() any { return life{} },
	Step: func(state, input, output any) (bool, any) {
		return state.(life).step(input.(act), output.(answer))
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
}

func (l life) step(a act, out answer) (bool, life) {
	switch a.kind {
	case "insert":
		if l.state == 0 {
			l.state = storage.Enqueued
		}
		return true, l
	case "fetch":
		return l.fetched(a)
	case "settle":
		return l.settle(a, out.verdict)
	case "close":
		if l.state == storage.Processing && l.session == a.session {
			l.state, l.session = storage.Enqueued, storage.ID{}
		}
		return true, l
	case "requeue":
		if out.done != l.state.Final() {
			return false, l
		}
		if out.done {
			l.state = storage.Enqueued
		}
		return true, l
	}
	return false, l
}

// fetched: only an enqueued job is given out, under a number never given before. A
// repeated call gives what it gave before.
func (l life) fetched(a act) (bool, life) {
	again := l.state == storage.Processing && l.session == a.session && l.fetch == a.fetch
	if !again && (l.state != storage.Enqueued || a.fetch <= l.fetch) {
		return false, l
	}
	l.state, l.session, l.fetch = storage.Processing, a.session, a.fetch
	return true, l
}

// settle: the holder's outcome is accepted; so is the one that was recorded for the
// same run, for the last settled run always and for older ones as long as the history
// tells; anything else is refused.
func (l life) settle(a act, v storage.Verdict) (bool, life) {
	entry := fmt.Sprintf("%d/%v:%v;", a.fetch, a.session, a.outcome)
	switch {
	case l.state == storage.Processing && l.session == a.session && l.fetch == a.fetch:
		l.settled, l.last = l.settled+entry, a.fetch
		l.state, l.session = after(a.outcome), storage.ID{}
		return v == storage.Accepted, l
	case strings.Contains(";"+l.settled, ";"+entry):
		return v == storage.Accepted || a.fetch != l.last, l
	}
	return v == storage.Refused, l
}

// after is the state that an outcome leads to.
func after(k storage.OutcomeKind) storage.State {
	switch k {
	case storage.Succeed:
		return storage.Succeeded
	case storage.Fail:
		return storage.Failed
	case storage.Delete:
		return storage.Deleted
	}
	return storage.Enqueued
}

// The checker itself is checked: wrong histories are refused.
func TestModelRefusesWrongHistories(t *testing.T) {
	job, a, b := storage.NewID(), storage.NewID(), storage.NewID()
	insert := act{job: job, kind: "insert"}
	fetch := func(s storage.ID, n int) act { return act{job: job, kind: "fetch", session: s, fetch: n} }
	settle := func(s storage.ID, n int, k storage.OutcomeKind) act {
		return act{job: job, kind: "settle", session: s, fetch: n, outcome: k}
	}
	yes, no := answer{verdict: storage.Accepted}, answer{verdict: storage.Refused}
	type entry struct {
		act
		answer
	}
	for name, c := range map[string]struct {
		want    bool
		history []entry
	}{
		"one run":                  {true, []entry{{insert, yes}, {fetch(a, 1), yes}, {settle(a, 1, storage.Succeed), yes}}},
		"given to two":             {false, []entry{{insert, yes}, {fetch(a, 1), yes}, {fetch(b, 2), yes}}},
		"number given twice":       {false, []entry{{insert, yes}, {fetch(a, 1), yes}, {settle(a, 1, storage.Release), yes}, {fetch(b, 1), yes}}},
		"repeated settle":          {true, []entry{{insert, yes}, {fetch(a, 1), yes}, {settle(a, 1, storage.Succeed), yes}, {settle(a, 1, storage.Succeed), yes}}},
		"repeated settle refused":  {false, []entry{{insert, yes}, {fetch(a, 1), yes}, {settle(a, 1, storage.Succeed), yes}, {settle(a, 1, storage.Succeed), no}}},
		"two outcomes":             {false, []entry{{insert, yes}, {fetch(a, 1), yes}, {settle(a, 1, storage.Succeed), yes}, {settle(a, 1, storage.Fail), yes}}},
		"stale token":              {false, []entry{{insert, yes}, {fetch(a, 1), yes}, {settle(a, 1, storage.Release), yes}, {fetch(b, 2), yes}, {settle(a, 1, storage.Succeed), yes}}},
		"closed session":           {false, []entry{{insert, yes}, {fetch(a, 1), yes}, {act{job: job, kind: "close", session: a}, yes}, {settle(a, 1, storage.Succeed), yes}}},
		"given when it was over":   {false, []entry{{insert, yes}, {fetch(a, 1), yes}, {settle(a, 1, storage.Succeed), yes}, {fetch(b, 2), yes}}},
		"holder refused":           {false, []entry{{insert, yes}, {fetch(a, 1), yes}, {settle(a, 1, storage.Succeed), no}}},
		"requeued and given again": {true, []entry{{insert, yes}, {fetch(a, 1), yes}, {settle(a, 1, storage.Fail), yes}, {act{job: job, kind: "requeue"}, answer{done: true}}, {fetch(b, 2), yes}}},
	} {
		t.Run(name, func(t *testing.T) {
			var ops []porcupine.Operation
			for i, e := range c.history {
				ops = append(ops, porcupine.Operation{Input: e.act, Output: e.answer, Call: int64(2 * i), Return: int64(2*i + 1)})
			}
			if got := porcupine.CheckOperations(jobModel, ops); got != c.want {
				t.Errorf("the checker says %v, want %v", got, c.want)
			}
		})
	}
}
