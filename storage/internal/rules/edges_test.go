package rules_test

import (
	"testing"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

func TestJudge(t *testing.T) {
	const s, f = storage.Succeeded, storage.Failed
	gone := rules.Edge{Gone: true}
	for name, c := range map[string]struct {
		on    storage.Condition
		edges []rules.Edge
		want  rules.Verdict
		by    int
	}{
		"none":               {storage.OnSuccess, nil, rules.Free, -1},
		"one runs":           {storage.OnSuccess, []rules.Edge{{Ended: s}, {}}, rules.Wait, -1},
		"all met":            {storage.OnSuccess, []rules.Edge{{Ended: s}, {Ended: s}}, rules.Free, -1},
		"one not met":        {storage.OnSuccess, []rules.Edge{{}, {Ended: f}}, rules.Skip, 1},
		"failure met":        {storage.OnFailure, []rules.Edge{{Ended: f}}, rules.Free, -1},
		"any waits for all":  {storage.OnAny, []rules.Edge{{Ended: f}, {}}, rules.Wait, -1},
		"any":                {storage.OnAny, []rules.Edge{{Ended: f}, {Ended: s}}, rules.Free, -1},
		"gone is met by any": {storage.OnAny, []rules.Edge{gone}, rules.Free, -1},
		"gone is not met":    {storage.OnSuccess, []rules.Edge{{Ended: s}, gone}, rules.Skip, 1},
		"judged, then gone":  {storage.OnSuccess, []rules.Edge{{Ended: s, Gone: true}}, rules.Free, -1},
	} {
		if got, by := rules.Judge(c.on, c.edges); got != c.want || by != c.by {
			t.Errorf("%s: %v by %d, want %v by %d", name, got, by, c.want, c.by)
		}
	}
	if gone.SkipReason() != rules.ParentGone || (rules.Edge{Ended: f, Run: 2}).SkipReason() == rules.ParentGone {
		t.Error("SkipReason")
	}
}

// An edge keeps how its parent ended: a met one for good, another until a higher run.
func TestEdge(t *testing.T) {
	const on = storage.OnSuccess
	var e rules.Edge
	if !e.Set(on, storage.Failed, 2) || e.Set(on, storage.Succeeded, 2) || e.Set(on, storage.Succeeded, 1) {
		t.Error("only a higher run sets an edge again")
	}
	if !e.Reset(on) || e.Reset(on) || e.Ended != 0 {
		t.Error("an edge that is not met starts again with its parent")
	}
	if !e.Set(on, storage.Succeeded, 2) || e.Set(on, storage.Failed, 9) || e.Reset(on) {
		t.Error("a met edge stays met")
	}
	if string(rules.Input(nil)) != "null" || string(rules.Input([]byte("1"))) != "1" {
		t.Error("Input")
	}
}

func TestBatch(t *testing.T) {
	for _, c := range []struct {
		b    storage.BatchInfo
		f, d int
		want storage.State
	}{
		{storage.BatchInfo{}, 0, 0, storage.Processing},
		{storage.BatchInfo{Sealed: true}, 0, 0, storage.Succeeded},
		{storage.BatchInfo{Sealed: true, Pending: 1, Failed: 1}, 0, 0, storage.Processing},
		{storage.BatchInfo{Sealed: true, NestedOpen: 1}, 0, 0, storage.Processing},
		{storage.BatchInfo{Sealed: true, Deleted: 1}, 0, 0, storage.Deleted},
		{storage.BatchInfo{Sealed: true, Deleted: 1, Failed: 1}, 0, 0, storage.Failed},
		{storage.BatchInfo{Sealed: true}, 1, 1, storage.Failed},
		{storage.BatchInfo{Sealed: true}, 0, 1, storage.Deleted},
	} {
		if got := rules.BatchOf(c.b, c.f, c.d).State(); got != c.want {
			t.Errorf("%+v %d %d: %v, want %v", c.b, c.f, c.d, got, c.want)
		}
	}
}
