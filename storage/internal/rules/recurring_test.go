package rules_test

import (
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
	"github.com/gojobgen/jobgen/storage/internal/rules"
)

var noon = time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)

func recurring(with ...func(*storage.Recurring)) storage.Recurring {
	j := job(func(j *storage.NewJob) { j.ID = storage.ID{} })
	r := storage.Recurring{ID: "digest", Owner: "mail", Revision: 2, Cron: "0 8 * * *", Job: j, Next: noon.Add(time.Hour)}
	for _, change := range with {
		change(&r)
	}
	return r
}

func TestRecurring(t *testing.T) {
	r := recurring()
	wantError(t, rules.Recurring(&r), nil, "")
	for say, with := range map[string]func(*storage.Recurring){
		"ID":      func(r *storage.Recurring) { r.ID = "" },
		"Cron":    func(r *storage.Recurring) { r.Cron = "\x00" },
		"Misfire": func(r *storage.Recurring) { r.Misfire = 9 },
		"Queue":   func(r *storage.Recurring) { r.Job.Queue = "" },
	} {
		r := recurring(with)
		wantError(t, rules.Recurring(&r), storage.ErrInvalid, say)
	}
}

func TestDeclare(t *testing.T) {
	stored, write, err := rules.Declare(nil, recurring(func(r *storage.Recurring) { r.LastJob = storage.NewID() }), false, noon)
	if !write || err != nil || !stored.CreatedAt.Equal(noon) || !stored.LastJob.IsZero() {
		t.Fatalf("new: %+v %v %v", stored, write, err)
	}
	stored.Paused, stored.PausedBy, stored.LastJob = true, "eve", storage.NewID()
	later := noon.Add(time.Minute)
	other := later.Add(9 * time.Hour)
	declare := func(with func(*storage.Recurring), lives bool, at time.Time) (storage.Recurring, bool, error) {
		return rules.Declare(&stored, recurring(func(r *storage.Recurring) { r.Next = other; with(r) }), lives, at)
	}

	got, write, _ := declare(func(*storage.Recurring) {}, true, later)
	if !write || !got.Paused || got.LastJob != stored.LastJob || !got.Next.Equal(stored.Next) || !got.UpdatedAt.Equal(noon) || !got.Declared.Equal(later) {
		t.Errorf("the same again: %+v", got)
	}
	got, _, _ = declare(func(r *storage.Recurring) { r.Job.Payload = []byte("{}") }, true, later)
	if !got.Next.Equal(stored.Next) || !got.UpdatedAt.Equal(later) {
		t.Errorf("a changed payload keeps Next: %+v", got)
	}
	got, _, _ = declare(func(r *storage.Recurring) { r.Zone = "Europe/Berlin" }, true, later)
	if !got.Next.Equal(other) {
		t.Errorf("a changed zone takes Next: %+v", got)
	}
	got, _, _ = declare(func(r *storage.Recurring) { r.Zone = "UTC" }, true, later)
	if !got.Next.Equal(stored.Next) {
		t.Errorf("UTC is no change: %+v", got)
	}
	stored.Paused = false
	got, _, _ = declare(func(r *storage.Recurring) { r.Cron = "@daily" }, true, stored.Next)
	if !got.Next.Equal(stored.Next) {
		t.Errorf("a due Next stays: %+v", got)
	}
	if _, write, err = declare(func(r *storage.Recurring) { r.Revision = 1 }, true, later); write || err != nil {
		t.Errorf("a lower revision: %v %v", write, err)
	}
	if _, write, _ = declare(func(r *storage.Recurring) { r.Revision = 1 }, true, noon.Add(storage.ForgetDeclared)); !write {
		t.Error("a lower revision of one that is not declared any more")
	}
	for _, at := range []time.Duration{time.Minute, time.Hour} {
		for _, lives := range []bool{false, true} {
			_, write, err = declare(func(r *storage.Recurring) { r.Owner = "other" }, lives, noon.Add(at))
			if free := !lives && at == time.Hour; free != write {
				t.Errorf("another owner after %v, lives %v: %v %v", at, lives, write, err)
			}
		}
	}
}

func TestForgotten(t *testing.T) {
	long, short := noon.Add(-storage.ForgetDeclared-1), noon.Add(-storage.ForgetDeclared+1)
	veryLong := noon.Add(-storage.ForgetOwner - 1)
	none := time.Time{}
	for _, c := range []struct {
		owner               string
		heard, oldest, seen time.Time
		want                bool
	}{
		{"", veryLong, veryLong, none, false},
		{"a", long, long, none, true},
		{"a", short, long, none, false},
		{"a", long, short, none, false},
		{"a", long, none, none, false},
		{"a", veryLong, none, veryLong, true},
		{"a", veryLong, none, long, false},
	} {
		r := storage.Recurring{Owner: c.owner}
		if got := rules.Forgotten(&r, c.heard, c.oldest, c.seen, noon); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestFire(t *testing.T) {
	lane := storage.LaneOf("digest")
	fired := func() storage.NewJob { return job(func(j *storage.NewJob) { j.ID = storage.NewIDIn(lane) }) }
	at := func(d time.Duration) storage.NewJob {
		j := fired()
		j.Occurrence = noon.Add(d)
		return j
	}
	given := []storage.NewJob{fired()}
	f := storage.Fire{ID: "digest", Expected: noon.Add(1), Jobs: given}
	wantError(t, rules.Fire(&f), nil, "")
	if j := f.Jobs[0]; j.Recurring != "digest" || !j.Occurrence.Equal(noon) || given[0].Recurring != "" {
		t.Errorf("a single job gets what it lacks, in a copy: %+v", j)
	}
	f = storage.Fire{ID: "digest", Trigger: true, Jobs: []storage.NewJob{at(0)}}
	if wantError(t, rules.Fire(&f), nil, ""); !f.Jobs[0].Occurrence.IsZero() {
		t.Error("a trigger has no occurrence")
	}
	f = storage.Fire{ID: "digest", Expected: noon, Jobs: []storage.NewJob{at(0), at(time.Hour)}}
	if wantError(t, rules.Fire(&f), nil, ""); !rules.LastOf(&f).Equal(noon.Add(time.Hour)) {
		t.Error("LastOf")
	}
	foreign := fired()
	foreign.Recurring = "other"
	for say, f := range map[string]storage.Fire{
		"ID":         {},
		"Occurrence": {ID: "digest", Jobs: []storage.NewJob{fired(), fired()}},
		"other":      {ID: "digest", Jobs: []storage.NewJob{foreign}},
		"lane":       {ID: "digest", Jobs: []storage.NewJob{job(func(j *storage.NewJob) { j.ID = storage.NewIDIn(lane + 1) })}},
	} {
		wantError(t, rules.Fire(&f), storage.ErrInvalid, say)
	}
	wantError(t, rules.Fire(&storage.Fire{ID: "digest", Jobs: make([]storage.NewJob, storage.MaxMissed+1)}), storage.ErrTooLarge, "Jobs")
}
