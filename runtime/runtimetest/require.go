package runtimetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage"
)

// RequireEnqueued ends the test unless rec recorded a job of call's kind with call's
// arguments, and returns the first one. Options are not compared: look at the job's
// queue, due time or metadata.
func RequireEnqueued(t testing.TB, rec *Recorder, call runtime.AnyCall) storage.NewJob {
	t.Helper()
	want := newJob(t, call)
	jobs := rec.Jobs()
	for _, j := range jobs {
		if same(j, want) {
			return j
		}
	}
	t.Fatalf("want a job that was not enqueued:\n\t%s\nenqueued were:%s", show(want), list(jobs))
	return storage.NewJob{}
}

// RequireNotEnqueued ends the test when rec recorded a job of call's kind with
// call's arguments.
func RequireNotEnqueued(t testing.TB, rec *Recorder, call runtime.AnyCall) {
	t.Helper()
	want := newJob(t, call)
	for _, j := range rec.Jobs() {
		if same(j, want) {
			t.Fatalf("want this job not to be enqueued, and it was:\n\t%s", show(j))
		}
	}
}

func newJob(t testing.TB, call runtime.AnyCall) storage.NewJob {
	t.Helper()
	j, err := call.NewJob()
	if err != nil {
		t.Fatalf("the job to look for cannot be made: %v", err)
	}
	return j
}

// same compares arguments as values: the order of their keys says nothing.
func same(a, b storage.NewJob) bool {
	if a.Kind != b.Kind {
		return false
	}
	var x, y any
	if json.Unmarshal(a.Payload, &x) != nil || json.Unmarshal(b.Payload, &y) != nil {
		return string(a.Payload) == string(b.Payload)
	}
	return reflect.DeepEqual(x, y)
}

func show(j storage.NewJob) string { return fmt.Sprintf("%s %s", j.Kind, j.Payload) }

func list(jobs []storage.NewJob) string {
	if len(jobs) == 0 {
		return " none"
	}
	var b strings.Builder
	for _, j := range jobs {
		b.WriteString("\n\t" + show(j))
	}
	return b.String()
}
