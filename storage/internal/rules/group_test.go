package rules_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

// job is a job that nothing is wrong with, changed by with.
func job(with ...func(*storage.NewJob)) storage.NewJob {
	j := storage.NewJob{ID: storage.NewIDIn(7), Kind: "mail.Send", Queue: "default", Priority: 1}
	for _, change := range with {
		change(&j)
	}
	return j
}

func big(n int) string { return strings.Repeat("x", n) }

func TestJob(t *testing.T) {
	parent := storage.NewIDIn(7)
	for _, c := range []struct {
		field string // named by the error
		err   error
		with  func(j *storage.NewJob)
	}{
		{"", nil, func(j *storage.NewJob) {
			j.Parents, j.InputFrom, j.InputParam = []storage.ID{parent}, parent, "id"
			j.Unique = &storage.Unique{Key: "k", For: time.Hour, Until: storage.UntilStarted}
			j.Limits = []storage.Limit{{Key: "a", Max: 1}, {Key: "b", Max: storage.MaxRate, Per: time.Second}}
			j.Recurring, j.Occurrence = "daily", time.Now()
			j.Metadata = map[string]string{"k": "v"}
		}},
		{"ID", storage.ErrInvalid, func(j *storage.NewJob) { j.ID = storage.ID{} }},
		{"Kind", storage.ErrInvalid, func(j *storage.NewJob) { j.Kind = "" }},
		{"Kind", storage.ErrInvalid, func(j *storage.NewJob) { j.Kind = "a\x00b" }},
		{"Kind", storage.ErrInvalid, func(j *storage.NewJob) { j.Kind = "a\xffb" }},
		{"Kind", storage.ErrTooLarge, func(j *storage.NewJob) { j.Kind = big(storage.MaxName + 1) }},
		{"Queue", storage.ErrInvalid, func(j *storage.NewJob) { j.Queue = "" }},
		{"Fingerprint", storage.ErrTooLarge, func(j *storage.NewJob) { j.Fingerprint = big(storage.MaxName + 1) }},
		{"InputParam", storage.ErrInvalid, func(j *storage.NewJob) { j.InputParam = "\x00" }},
		{"Recurring", storage.ErrTooLarge, func(j *storage.NewJob) { j.Recurring = big(storage.MaxName + 1) }},
		{"Payload", storage.ErrTooLarge, func(j *storage.NewJob) { j.Payload = make([]byte, storage.MaxPayload+1) }},
		{"Options", storage.ErrTooLarge, func(j *storage.NewJob) { j.Options = make([]byte, storage.MaxOptions+1) }},
		{"Metadata", storage.ErrTooLarge, func(j *storage.NewJob) { j.Metadata = map[string]string{"k": big(storage.MaxMetadata)} }},
		{"Metadata", storage.ErrInvalid, func(j *storage.NewJob) { j.Metadata = map[string]string{"k": "\xff"} }},
		{"Priority", storage.ErrInvalid, func(j *storage.NewJob) { j.Priority = 4 }},
		{"Priority", storage.ErrInvalid, func(j *storage.NewJob) { j.Priority = -1 }},
		{"Expires", storage.ErrInvalid, func(j *storage.NewJob) { j.Expires = -1 }},
		{"Occurrence", storage.ErrInvalid, func(j *storage.NewJob) { j.Occurrence = time.Now() }},
		{"Parents", storage.ErrInvalid, func(j *storage.NewJob) { j.Parents = []storage.ID{{}} }},
		{"Parents", storage.ErrInvalid, func(j *storage.NewJob) { j.Parents = []storage.ID{j.ID} }},
		{"Parents", storage.ErrInvalid, func(j *storage.NewJob) { j.Parents, j.Batch = []storage.ID{parent}, parent }},
		{"Parents", storage.ErrTooLarge, func(j *storage.NewJob) { j.Parents = make([]storage.ID, storage.MaxParents+1) }},
		{"On", storage.ErrInvalid, func(j *storage.NewJob) { j.On = storage.OnAny + 1 }},
		{"InputFrom", storage.ErrInvalid, func(j *storage.NewJob) { j.InputFrom = parent }},
		{"InputFrom", storage.ErrInvalid, func(j *storage.NewJob) {
			j.Parents, j.InputFrom, j.On = []storage.ID{parent}, parent, storage.OnAny
		}},
		{"Unique.Key", storage.ErrInvalid, func(j *storage.NewJob) { j.Unique = &storage.Unique{} }},
		{"Unique.For", storage.ErrInvalid, func(j *storage.NewJob) { j.Unique = &storage.Unique{Key: "k", For: -1} }},
		{"Unique.Until", storage.ErrInvalid, func(j *storage.NewJob) { j.Unique = &storage.Unique{Key: "k", Until: 9} }},
		{"Limits", storage.ErrTooLarge, func(j *storage.NewJob) { j.Limits = make([]storage.Limit, storage.MaxLimits+1) }},
		{"Limits[0].Key", storage.ErrInvalid, func(j *storage.NewJob) { j.Limits = []storage.Limit{{Max: 1}} }},
		{"Limits[0].Max", storage.ErrInvalid, func(j *storage.NewJob) { j.Limits = []storage.Limit{{Key: "k"}} }},
		{"Limits[0].Per", storage.ErrInvalid, func(j *storage.NewJob) { j.Limits = []storage.Limit{{Key: "k", Max: 1, Per: 1}} }},
		{"Limits[0].Max", storage.ErrTooLarge, func(j *storage.NewJob) {
			j.Limits = []storage.Limit{{Key: "k", Max: storage.MaxRate + 1, Per: time.Second}}
		}},
	} {
		err := rules.Group(&storage.Group{Jobs: []storage.NewJob{job(c.with)}})
		wantError(t, err, c.err, c.field)
	}
}

func wantError(t *testing.T, err, want error, says string) {
	t.Helper()
	switch {
	case want == nil && err != nil:
		t.Errorf("got %v, want no error", err)
	case !errors.Is(err, want), want != nil && !strings.Contains(err.Error(), says):
		t.Errorf("got %v, want %v that names %s", err, want, says)
	}
}

func TestGroup(t *testing.T) {
	lane := func() storage.ID { return storage.NewIDIn(7) }
	batch := func(id, parent storage.ID) storage.NewBatch { return storage.NewBatch{ID: id, Parent: parent} }
	continues := func(id storage.ID, parents ...storage.ID) storage.NewJob {
		return job(func(j *storage.NewJob) { j.ID, j.Parents = id, parents })
	}
	a, b, c := lane(), lane(), lane()
	deep := storage.Group{}
	for up := (storage.ID{}); len(deep.Batches) <= storage.MaxNesting+1; up = deep.Batches[len(deep.Batches)-1].ID {
		deep.Batches = append(deep.Batches, batch(lane(), up))
	}
	heavy := storage.Group{}
	for range 17 {
		heavy.Jobs = append(heavy.Jobs, job(func(j *storage.NewJob) { j.Payload = make([]byte, storage.MaxPayload) }))
	}
	for name, c := range map[string]struct {
		g   storage.Group
		err error
		say string
	}{
		"nothing":       {storage.Group{}, nil, ""},
		"a chain":       {storage.Group{Jobs: []storage.NewJob{continues(c, b), continues(b, a), continues(a)}}, nil, ""},
		"a diamond":     {storage.Group{Jobs: []storage.NewJob{continues(a), continues(b, a), continues(c, a, b)}}, nil, ""},
		"in a batch":    {storage.Group{Batches: []storage.NewBatch{batch(a, storage.ID{})}, Jobs: []storage.NewJob{continues(b, a)}, Seal: []storage.ID{c}}, nil, ""},
		"a circle":      {storage.Group{Jobs: []storage.NewJob{continues(a, b), continues(b, a)}}, storage.ErrInvalid, "circle"},
		"batch circle":  {storage.Group{Batches: []storage.NewBatch{batch(a, b), batch(b, a)}}, storage.ErrInvalid, "circle"},
		"own batch":     {storage.Group{Batches: []storage.NewBatch{batch(a, storage.ID{}), batch(b, a)}, Jobs: []storage.NewJob{job(func(j *storage.NewJob) { j.Batch, j.Parents = b, []storage.ID{a} })}}, storage.ErrInvalid, "circle"},
		"batch in self": {storage.Group{Batches: []storage.NewBatch{batch(a, a)}}, storage.ErrInvalid, "Parent"},
		"batch no id":   {storage.Group{Batches: []storage.NewBatch{{}}}, storage.ErrInvalid, "ID"},
		"batch name":    {storage.Group{Batches: []storage.NewBatch{{ID: a, Name: "\xff"}}}, storage.ErrInvalid, "Name"},
		"two lanes":     {storage.Group{Jobs: []storage.NewJob{job(), job(func(j *storage.NewJob) { j.ID = storage.NewIDIn(8) })}}, storage.ErrInvalid, "lane"},
		"batch lane":    {storage.Group{Batches: []storage.NewBatch{batch(a, storage.ID{}), batch(storage.NewIDIn(8), storage.ID{})}}, storage.ErrInvalid, "lane"},
		"one id twice":  {storage.Group{Jobs: []storage.NewJob{continues(a), continues(a)}}, storage.ErrInvalid, "twice"},
		"batch twice":   {storage.Group{Batches: []storage.NewBatch{batch(a, storage.ID{}), batch(a, storage.ID{})}}, storage.ErrInvalid, "twice"},
		"input batch": {storage.Group{Batches: []storage.NewBatch{batch(a, storage.ID{})}, Jobs: []storage.NewJob{
			job(func(j *storage.NewJob) { j.Parents, j.InputFrom = []storage.ID{a}, a })}}, storage.ErrInvalid, "InputFrom"},
		"zero seal":        {storage.Group{Seal: []storage.ID{{}}}, storage.ErrInvalid, "Seal"},
		"too many jobs":    {storage.Group{Jobs: make([]storage.NewJob, storage.MaxGroup+1)}, storage.ErrTooLarge, "Jobs"},
		"too many batches": {storage.Group{Batches: make([]storage.NewBatch, storage.MaxGroup+1)}, storage.ErrTooLarge, "Batches"},
		"too many seals":   {storage.Group{Seal: make([]storage.ID, storage.MaxGroup+1)}, storage.ErrTooLarge, "Seal"},
		"too heavy":        {heavy, storage.ErrTooLarge, "group"},
		"too deep":         {deep, storage.ErrTooLarge, "Parent"},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, rules.Group(&c.g), c.err, c.say) })
	}
}

// A chain as long as a group is no deep recursion, and one circle in it is found.
func TestLongChain(t *testing.T) {
	g := storage.Group{Jobs: make([]storage.NewJob, storage.MaxGroup)}
	for i := range g.Jobs {
		g.Jobs[i] = job()
		if i > 0 {
			g.Jobs[i].Parents = []storage.ID{g.Jobs[i-1].ID}
		}
	}
	wantError(t, rules.Group(&g), nil, "")
	g.Jobs[0].Parents = []storage.ID{g.Jobs[len(g.Jobs)-1].ID}
	wantError(t, rules.Group(&g), storage.ErrInvalid, "circle")
}

func TestStoredErrors(t *testing.T) {
	id := storage.NewID()
	wantError(t, rules.UnknownParent("parent", id), storage.ErrUnknownParent, id.String())
	wantError(t, rules.Conflict(id, "a", "b"), storage.ErrIDConflict, `"a"`)
	wantError(t, rules.Nesting(storage.MaxNesting), nil, "")
}
