package storagetest

import (
	"bytes"
	"maps"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var infoTests = []test{
	{"says what the store is", func(e *env) {
		info := e.store.Info()
		e.check(info.Name != "", "Info names the store")
		e.check(info.Durable == e.h.Durable, "Info().Durable must be %v, as the harness says: got %v", e.h.Durable, info.Durable)
		e.check(info.Lanes == e.h.Lanes, "Info().Lanes must be %d, as the harness says: got %d", e.h.Lanes, info.Lanes)
	}},
	{"an empty store has nothing", func(e *env) {
		p, err := e.store.Jobs(e.ctx, storage.Query{})
		e.must(err, "Jobs")
		e.check(len(p.Jobs) == 0 && !p.More, "Harness.Open gives a fresh store: got %d jobs", len(p.Jobs))
		e.wantGone(e.id(), "an id that was never stored")
	}},
}

var insertTests = []test{
	{"a job comes back as it was stored", storedJobComesBack},
	{"a fetched job carries what was stored", fetchedJobComesBack},
	{"a due time in the future makes it scheduled", futureIsScheduled},
	{"a due time in the past makes it enqueued", pastIsEnqueued},
	{"an instant is taken as given and cut to milliseconds", instantIsCut},
	{"a bad group does not fail its neighbours", badGroupAlone},
	{"a group with one bad job stores nothing", groupIsAtomic},
	{"answers come in order", answersInOrder},
	{"the store keeps no argument", keepsNoArgument},
	{"a payload may be any JSON object", payloadBytes},
	{"a mixed group is stored together", mixedGroup},
	{"what cannot be stored is invalid", invalidJobs},
	{"text that is not UTF-8 or holds NUL is invalid", badText},
	{"an unknown parent or batch is refused", unknownParents},
	{"the input comes from one of the parents, on success", badInputs},
}

func full(e *env) storage.NewJob {
	return e.job(func(j *storage.NewJob) {
		j.Fingerprint, j.Priority, j.Expires = "f1", 3, time.Hour
		j.Metadata = map[string]string{"traceparent": "00-ab-01", "käse": "ümlaut \U0001F9C0", "empty": ""}
		j.Options = []byte(`{"timeout":"3s"}`)
		j.Unique = &storage.Unique{Key: "u", For: time.Hour, Until: storage.UntilStarted}
		j.Limits = []storage.Limit{{Key: "l", Max: 3}, {Key: "r", Max: 5, Per: time.Minute}}
	})
}

// Job: "Job is a stored job", each field of NewJob is found in it again.
func storedJobComesBack(e *env) {
	j := full(e)
	in := e.insert(storage.Group{Jobs: []storage.NewJob{j}})[0]
	e.check(in.ID == j.ID && in.State == storage.Enqueued && !in.Duplicate, "a new job that is due at once is answered enqueued: got %+v", in)
	d := e.get(j.ID)
	sameAsStored(e, d.Job, j)
	e.check(d.State == storage.Enqueued, "a job without a due time is enqueued: got %v", d.State)
	e.wantTime(d.CreatedAt, e.now(), "CreatedAt")
	e.wantTime(d.EnqueuedAt, e.now(), "EnqueuedAt")
	e.wantTime(d.ExpiresAt, e.now().Add(time.Hour), "ExpiresAt counts from when the job became enqueued")
	e.check(d.Attempt == 1, "Attempt is the number of the next run, from 1: got %d", d.Attempt)
	e.check(d.Retries+d.Lost+d.Fetches == 0, "a new job has used no retries, losses or fetches: got %+v", d.Job)
}

func sameAsStored(e *env, got storage.Job, want storage.NewJob) {
	e.Helper()
	e.check(got.ID == want.ID && got.Kind == want.Kind && got.Fingerprint == want.Fingerprint && got.Queue == want.Queue &&
		got.Priority == want.Priority, "id, kind, fingerprint, queue and priority come back: got %+v", got)
	e.check(bytes.Equal(got.Payload, want.Payload), "the payload comes back byte for byte: got %q", got.Payload)
	e.check(maps.Equal(got.Metadata, want.Metadata), "the metadata come back: got %v", got.Metadata)
	e.check(bytes.Equal(got.Options, want.Options), "the options come back byte for byte: got %q", got.Options)
	e.check(got.Unique != nil && *got.Unique == *want.Unique, "the unique key comes back: got %+v", got.Unique)
	e.check(len(got.Limits) == 2 && got.Limits[0] == want.Limits[0] && got.Limits[1] == want.Limits[1],
		"the limits come back in order: got %+v", got.Limits)
}

// Fetched: "a job that this session now runs".
func fetchedJobComesBack(e *env) {
	j := full(e)
	e.add(j)
	f := e.session(running(storage.KindInfo{Kind: kindA, Fingerprint: "f1"})).take(j.ID)
	sameAsStored(e, f.Job, j)
	e.check(f.Job.State == storage.Processing, "a fetched job is processing: got %v", f.Job.State)
}

// NewJob.Due: "in the future: scheduled"; When.In counts from the store's now.
func futureIsScheduled(e *env) {
	j := e.job(in(time.Hour))
	answer := e.insert(storage.Group{Jobs: []storage.NewJob{j}})[0]
	e.check(answer.State == storage.Scheduled, "the answer says the state when stored: want scheduled, got %v", answer.State)
	d := e.wantState(j.ID, storage.Scheduled, "a due time in the future")
	e.wantTime(d.DueAt, e.now().Add(time.Hour), "DueAt is the offset added to the store's clock")
	e.check(d.ExpiresAt.IsZero(), "ExpiresAt is zero as long as the job is not enqueued: got %v", d.ExpiresAt)
}

// When: "negative counts as zero"; a time that is over is due.
func pastIsEnqueued(e *env) {
	e.wantState(e.enqueue(in(-time.Hour)), storage.Enqueued, "a negative offset counts as zero")
	past := e.enqueue(func(j *storage.NewJob) { j.Due.At = e.now().Add(-24 * time.Hour) })
	e.wantState(past, storage.Enqueued, "an instant in the past is due")
}

// When.At: "taken as given"; "Stores cut every time to milliseconds", given in UTC.
func instantIsCut(e *env) {
	at := e.now().Add(time.Hour).Add(345678 * time.Nanosecond)
	id := e.enqueue(func(j *storage.NewJob) { j.Due.At = at.In(time.FixedZone("far", 5*3600)) })
	got := e.wantState(id, storage.Scheduled, "an instant in the future").DueAt
	e.wantCut(got, "DueAt")
	e.check(got.Equal(at.Truncate(time.Millisecond)), "an instant is taken as given, cut to milliseconds: want %v, got %v",
		at.Truncate(time.Millisecond), got)
}

// Insert: "a bad one has its Err set and does not fail its neighbours".
func badGroupAlone(e *env) {
	good, bad, last := e.job(), e.job(kind("")), e.job()
	rs, err := e.store.Insert(e.ctx, storage.Group{Jobs: []storage.NewJob{good}},
		storage.Group{Jobs: []storage.NewJob{bad}}, storage.Group{Jobs: []storage.NewJob{last}})
	e.must(err, "Insert with one bad group")
	e.check(len(rs) == 3, "each group is answered: want 3 answers, got %d", len(rs))
	e.check(rs[0].Err == nil && rs[2].Err == nil, "the neighbours of a bad group are stored: got %v and %v", rs[0].Err, rs[2].Err)
	e.wantErr(rs[1].Err, storage.ErrInvalid, "a job without a kind")
	e.wantState(good.ID, storage.Enqueued, "the group before a bad one")
	e.wantState(last.ID, storage.Enqueued, "the group behind a bad one")
}

// Group: "all of it or nothing".
func groupIsAtomic(e *env) {
	a, batch := e.job(), e.id()
	bad := e.job(after(e.id()))
	e.refused(storage.Group{Jobs: []storage.NewJob{a, bad}, Batches: []storage.NewBatch{{ID: batch}}},
		storage.ErrUnknownParent, "a group with an unknown parent in its second job")
	_, err := e.store.Batch(e.ctx, batch)
	e.wantErr(err, storage.ErrNotFound, "the batch of a refused group is not stored either")
	e.session().fetchNone("a refused group must leave nothing to fetch")
}

// InsertResult: "one entry for each of its jobs in order".
func answersInOrder(e *env) {
	var groups []storage.Group
	for range 5 {
		groups = append(groups, storage.Group{Jobs: []storage.NewJob{e.job(), e.job(in(time.Hour)), e.job()}})
	}
	rs, err := e.store.Insert(e.ctx, groups...)
	e.must(err, "Insert")
	e.check(len(rs) == len(groups), "each group is answered: want %d, got %d", len(groups), len(rs))
	for i, g := range groups {
		for k, j := range g.Jobs {
			e.check(rs[i].Err == nil && rs[i].Jobs[k].ID == j.ID, "answer %d of group %d must be about its job: got %+v", k, i, rs[i])
		}
		e.check(rs[i].Jobs[1].State == storage.Scheduled, "the second job of each group is scheduled: got %v", rs[i].Jobs[1].State)
	}
}

// Store: "keep no argument after they return".
func keepsNoArgument(e *env) {
	j := e.job(func(j *storage.NewJob) { j.Metadata, j.Options = map[string]string{"k": "v"}, []byte(`{"o":1}`) })
	parent := e.enqueue()
	child := e.job(after(parent))
	jobs := []storage.NewJob{j, child}
	e.add(jobs...)
	j.Payload[2], j.Options[2], child.Parents[0] = 'X', 'X', e.id()
	j.Metadata["k"] = "changed"
	jobs[0].Kind = "changed"
	d := e.get(j.ID)
	e.check(d.Kind == kindA && string(d.Payload) == `{"n":1}` && string(d.Options) == `{"o":1}` && d.Metadata["k"] == "v",
		"a caller may use its slices and maps again after Insert: the stored job changed to %+v", d.Job)
	kid := e.get(child.ID)
	e.check(len(kid.Parents) == 1 && kid.Parents[0] == parent, "the parents were changed through the caller's slice: %v", kid.Parents)
}

// NewJob.Payload comes back byte for byte, whatever its spacing and characters.
func payloadBytes(e *env) {
	for _, text := range []string{`{}`, "{ \"b\" : 1,\n\t\"a\" : 1.0e2 }", `{"emoji":"😀","esc":"\u0041","slash":"\/"}`, `{"n":12345678901234567890}`} {
		d := e.get(e.enqueue(payload(text)))
		e.check(string(d.Payload) == text, "the payload comes back byte for byte: stored %q, got %q", text, d.Payload)
	}
}

// Group: jobs, batches and continuations of one call are one step, in whatever order they stand.
func mixedGroup(e *env) {
	batch, root := e.id(), e.job()
	root.Batch = batch
	child := e.job(after(root.ID))
	callback := e.job(after(batch))
	in := e.insert(storage.Group{Jobs: []storage.NewJob{callback, child, root}, Batches: []storage.NewBatch{{ID: batch}}})
	e.check(in[0].State == storage.Awaiting && in[1].State == storage.Awaiting && in[2].State == storage.Enqueued,
		"a parent may stand behind its child in the group: want awaiting, awaiting, enqueued, got %+v", in)
}

// NewJob: "ID, Kind and Queue are required"; Priority is "0 (first) to 3".
func invalidJobs(e *env) {
	bad := map[string]mod{
		"no kind":     kind(""),
		"no queue":    on(""),
		"no id":       withID(storage.ID{}),
		"priority -1": priority(-1),
		"priority 4":  priority(4),
	}
	for what, m := range bad {
		e.refused(storage.Group{Jobs: []storage.NewJob{e.job(m)}}, storage.ErrInvalid, "a job with "+what)
	}
}

// Insert: "ErrInvalid (also for text that is not UTF-8 or holds a NUL)".
func badText(e *env) {
	for _, text := range []string{"nul\x00inside", "not \xff utf-8"} {
		bad := map[string]mod{
			"kind":           kind(text),
			"queue":          on(text),
			"fingerprint":    schema(text),
			"unique key":     unique(text),
			"limit key":      atMost(1, text),
			"metadata key":   func(j *storage.NewJob) { j.Metadata = map[string]string{text: "v"} },
			"metadata value": func(j *storage.NewJob) { j.Metadata = map[string]string{"k": text} },
		}
		for what, m := range bad {
			e.refused(storage.Group{Jobs: []storage.NewJob{e.job(m)}}, storage.ErrInvalid, "bad text in "+what)
		}
		e.refused(storage.Group{Batches: []storage.NewBatch{{ID: e.id(), Name: text}}}, storage.ErrInvalid, "bad text in a batch's name")
	}
}

// Insert: "ErrUnknownParent (a parent or batch that does not exist)".
func unknownParents(e *env) {
	g := func(j storage.NewJob) storage.Group { return storage.Group{Jobs: []storage.NewJob{j}} }
	known := e.enqueue()
	e.refused(g(e.job(after(e.id()))), storage.ErrUnknownParent, "a continuation of a job that does not exist")
	e.refused(g(e.job(after(known, e.id()))), storage.ErrUnknownParent, "a continuation of two jobs, one of which does not exist")
	e.refused(g(e.job(inBatch(e.id()))), storage.ErrUnknownParent, "a job in a batch that does not exist")
	e.refused(storage.Group{Batches: []storage.NewBatch{{ID: e.id(), Parent: e.id()}}}, storage.ErrUnknownParent, "a batch nested in one that does not exist")
	e.refused(storage.Group{Jobs: []storage.NewJob{e.job()}, Seal: []storage.ID{e.id()}}, storage.ErrUnknownParent, "the sealing of a batch that does not exist")
	r := e.tryInsert(g(e.job(after(known))))
	e.check(r.Err == nil, "a known parent is fine: got %v", r.Err)
}

// NewJob.InputFrom: "the parent job, not batch ...; one of Parents, with On = OnSuccess".
func badInputs(e *env) {
	g := func(j storage.NewJob) storage.Group { return storage.Group{Jobs: []storage.NewJob{j}} }
	p, other, batch := e.enqueue(), e.enqueue(), e.id()
	e.insert(storage.Group{Batches: []storage.NewBatch{{ID: batch, Open: true}}})
	e.refused(g(e.job(after(p), inputFrom(other, "x"))), storage.ErrInvalid, "an input from a job that is no parent")
	e.refused(g(e.job(afterOn(storage.OnAny, p), inputFrom(p, "x"))), storage.ErrInvalid, "an input on another condition than success")
	e.refused(g(e.job(after(batch), inputFrom(batch, "x"))), storage.ErrInvalid, "an input from a batch")
}
