package storagetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

var viewTests = []test{
	{"a queue tells its jobs", queueCounts},
	{"a queue tells its longest waiting job", queueOldest},
	{"queues that have jobs, are paused or are served", queueListed},
	{"a queue with nothing left is not listed", queueForgotten},
	{"living servers are listed", serversListed},
	{"a server's running jobs are counted", serversRunning},
	{"the catalogue has what servers publish", kindsPublished},
	{"the catalogue has every fingerprint, the latest first", kindsFingerprints},
	{"the catalogue counts living servers", kindsServers},
	{"a kind that nobody publishes is forgotten at last", kindsForgotten},
	{"a kind that a living server publishes is kept", kindsKept},
	{"an unknown job is not found", func(e *env) {
		_, err := e.store.Job(e.ctx, e.id())
		e.wantErr(err, storage.ErrNotFound, "a job that does not exist")
	}},
}

func queueCounts(e *env) {
	inStates(e, e.session())
	e.enqueue(on("other"))
	q := e.queue(queue)
	e.check(q.Enqueued == 1 && q.Processing == 1 && q.Scheduled == 1, "one job each is enqueued, processing and scheduled: got %+v", q)
	e.check(!q.Paused && q.Servers == 1, "it is served by one session and not paused: got %+v", q)
	other := e.queue("other")
	e.check(other.Enqueued == 1 && other.Servers == 0, "the other queue has one job and no server: got %+v", other)
}

// QueueInfo.Oldest: "when the longest waiting job became enqueued; zero: none".
func queueOldest(e *env) {
	s := e.session()
	e.check(e.queue(queue).Oldest.IsZero(), "an empty queue has no waiting job: got %v", e.queue(queue).Oldest)
	first := e.enqueue(priority(3))
	began := e.now()
	e.sleep(5 * time.Second)
	e.enqueue(priority(0))
	e.wantTime(e.queue(queue).Oldest, began, "Oldest of a queue whose longest waiting job has a low priority")
	for range 2 {
		s.fetch(1)
	}
	e.check(e.queue(queue).Oldest.IsZero(), "nothing waits any more: got %v", e.queue(queue).Oldest)
	s.end(first, storage.Retry)
	e.wantTime(e.queue(queue).Oldest, e.now(), "Oldest of a queue whose only waiting job was just enqueued anew")
}

func queueListed(e *env) {
	e.session(serving("served"))
	e.enqueue(on("has-jobs"), in(time.Hour))
	e.must(e.store.Pause(e.ctx, storage.PauseQueue, "paused", true, "anna"), "Pause")
	qs, err := e.store.Queues(e.ctx)
	e.must(err, "Queues")
	var names []string
	for _, q := range qs {
		names = append(names, q.Name)
	}
	slices.Sort(names)
	e.check(slices.Equal(names, []string{"has-jobs", "paused", "served"}), "Queues lists what has jobs, is paused or is served: got %q", names)
}

func queueForgotten(e *env) {
	s := e.session(serving("q"))
	e.must(e.store.Pause(e.ctx, storage.PauseQueue, "p", true, ""), "Pause")
	e.do(storage.Remove, e.finished(s, storage.Succeed, on("q")))
	s.close()
	e.must(e.store.Pause(e.ctx, storage.PauseQueue, "p", false, ""), "Pause")
	qs, err := e.store.Queues(e.ctx)
	e.must(err, "Queues")
	e.check(len(qs) == 0, "no queue has jobs, is paused or is served any more: got %+v", qs)
}

// ServerInfo is "a live session".
func serversListed(e *env) {
	a, b := e.session(named("a"), serving("x", "y")), e.session(named("b"))
	e.sleep(time.Second)
	a.tick()
	list := func() map[string]storage.ServerInfo {
		infos, err := e.store.Servers(e.ctx)
		e.must(err, "Servers")
		by := make(map[string]storage.ServerInfo)
		for _, info := range infos {
			by[info.Server] = info
		}
		e.check(len(by) == len(infos), "each session is listed once: got %+v", infos)
		return by
	}
	by := list()
	e.check(len(by) == 2, "two sessions live: got %d", len(by))
	a.info.Queues[0] = "changed" // the store keeps no argument
	got := list()["a"]
	e.check(got.ID == a.info.ID && got.Owner == "service" && got.Host == "host" && got.PID == 42 && got.Version == "v1" &&
		got.Concurrency == 10 && got.Lease == lease && slices.Equal(got.Queues, []string{"x", "y"}), "a session is listed as it was opened: got %+v", got)
	e.wantTime(got.SeenAt, e.now(), "SeenAt is the last Tick")
	e.check(got.SeenAt.Sub(got.StartedAt) >= 900*time.Millisecond, "StartedAt is when it was opened: got %v, seen at %v", got.StartedAt, got.SeenAt)
	b.close()
	e.check(len(list()) == 1, "a closed session is not listed: got %+v", list())
}

func serversRunning(e *env) {
	s := e.session()
	ids := e.enqueueEach(3)
	s.fetch(3)
	s.end(ids[0], storage.Succeed)
	infos, err := e.store.Servers(e.ctx)
	e.must(err, "Servers")
	e.check(len(infos) == 1 && infos[0].Running == 2, "two jobs run in the session: got %+v", infos)
}

func kindNames(ks []storage.KindInfo) []string {
	var names []string
	for _, k := range ks {
		names = append(names, k.Kind+"@"+k.Fingerprint)
	}
	return names
}

func (e *env) catalogue() []storage.KindInfo {
	e.Helper()
	ks, err := e.store.Kinds(e.ctx)
	e.must(err, "Kinds")
	return ks
}

// OpenSession "publishes its kinds".
func kindsPublished(e *env) {
	full := storage.KindInfo{
		Kind: "mail.Send", Aliases: []string{"old.Send"}, Fingerprint: "f2", Reads: []string{"f1"}, Doc: "Send sends.\n\n  ä",
		Queue: "mail", Display: "Receipt for {id}", Result: "string", Policy: "5 retries",
		Params: []storage.ParamInfo{{Name: "id", Type: "int64"}, {Name: "token", Type: "string", Secret: true}},
	}
	s := e.session(running(storage.KindInfo{Kind: "z.Last"}, full, storage.KindInfo{Kind: "a.First"}))
	ks := e.catalogue()
	e.check(slices.Equal(kindNames(ks), []string{"a.First@", "mail.Send@f2", "z.Last@"}), "the catalogue is by name: got %q", kindNames(ks))
	full.Servers = 1
	e.check(fmt.Sprintf("%+v", ks[1]) == fmt.Sprintf("%+v", full), "a kind comes back as it was published:\nwant %+v\ngot  %+v", full, ks[1])
	s.close()
	ks = e.catalogue()
	e.check(len(ks) == 3 && ks[1].Servers == 0, "a kind stays in the catalogue when its server is gone: got %+v", ks)
}

// Kinds: "one entry for each fingerprint, by name, the latest published first".
func kindsFingerprints(e *env) {
	for _, f := range []string{"f1", "f3", "f2"} {
		e.session(running(storage.KindInfo{Kind: kindA, Fingerprint: f, Doc: "of " + f}))
		e.sleep(time.Second)
	}
	ks := e.catalogue()
	want := []string{kindA + "@f2", kindA + "@f3", kindA + "@f1"}
	e.check(slices.Equal(kindNames(ks), want), "one entry for each fingerprint, the latest published first: want %q, got %q", want, kindNames(ks))
	e.check(ks[0].Doc == "of f2", "each with its own text: got %+v", ks[0])
}

// KindInfo.Servers: "live ones that run it; set by the store".
func kindsServers(e *env) {
	kind := running(storage.KindInfo{Kind: kindA, Fingerprint: "f1"})
	a := e.session(kind)
	e.session(kind)
	e.check(e.catalogue()[0].Servers == 2, "two sessions run it: got %+v", e.catalogue())
	a.close()
	e.check(e.catalogue()[0].Servers == 1, "one session runs it: got %+v", e.catalogue())
}

// ForgetOwner "is how long ... kinds that no session publishes, are kept".
func kindsForgotten(e *env) {
	s := e.session(running(storage.KindInfo{Kind: "old.Kind"}))
	s.close()
	e.sleep(storage.ForgetOwner - 24*time.Hour)
	e.keep()
	e.check(slices.Contains(kindNames(e.catalogue()), "old.Kind@"), "it was published within ForgetOwner: got %q", kindNames(e.catalogue()))
	e.sleep(2 * 24 * time.Hour)
	e.keep()
	e.check(!slices.Contains(kindNames(e.catalogue()), "old.Kind@"), "nobody published it within ForgetOwner: got %q", kindNames(e.catalogue()))
}

func kindsKept(e *env) {
	s := e.session(running(storage.KindInfo{Kind: "my.Kind"}))
	has := func() bool { return slices.Contains(kindNames(e.catalogue()), "my.Kind@") }
	e.sleep(storage.ForgetOwner + 24*time.Hour)
	s.ticks()
	e.check(has(), "a living session publishes it, however long ago that began")
	s.close()
	e.keep()
	e.check(has(), "a session published it until a moment ago")
}

// Stat is "what finished in one step of time".
var statTests = []test{
	{"ends are counted in their minute", statMinute},
	{"by queue and by kind", statFilters},
	{"run times add up", statRunTime},
	{"a repeated outcome is counted once", statOnce},
	{"steps of an hour", statHour},
}

func (e *env) stats(q storage.StatQuery) storage.Stat {
	e.Helper()
	if q.From.IsZero() {
		q.From = e.now().Truncate(time.Minute).Add(-time.Minute)
	}
	if q.To.IsZero() {
		q.To = e.now().Add(time.Minute)
	}
	if q.Step == 0 {
		q.Step = time.Minute
	}
	steps, err := e.store.Stats(e.ctx, q)
	e.must(err, "Stats")
	var sum storage.Stat
	for _, st := range steps {
		e.check(!st.At.Before(q.From.Truncate(q.Step)) && st.At.Before(q.To), "a step lies in the asked time: %v is not in %v to %v", st.At, q.From, q.To)
		e.check(st.At.Equal(st.At.Truncate(q.Step)) && st.At.Location() == time.UTC, "At is the start of a step, in UTC: got %v", st.At)
		sum.Succeeded += st.Succeeded
		sum.Failed += st.Failed
		sum.Deleted += st.Deleted
		sum.Retried += st.Retried
		sum.RunTime += st.RunTime
	}
	return sum
}

func statMinute(e *env) {
	s := e.session()
	for k, n := range map[storage.OutcomeKind]int{storage.Succeed: 4, storage.Fail: 3, storage.Delete: 2, storage.Retry: 1, storage.Snooze: 1} {
		for range n {
			s.end(e.enqueue(), k, delay(time.Hour))
		}
	}
	got := e.stats(storage.StatQuery{})
	e.check(got.Succeeded == 4 && got.Failed == 3 && got.Deleted == 2 && got.Retried == 1, "want 4 succeeded, 3 failed, 2 deleted, 1 retried, got %+v", got)
	e.sleep(10 * time.Minute)
	s.end(e.enqueue(), storage.Succeed)
	got = e.stats(storage.StatQuery{})
	e.check(got.Succeeded == 1 && got.Failed == 0, "only what ended in the asked minutes is counted: got %+v", got)
	got = e.stats(storage.StatQuery{From: e.now().Add(-time.Hour), Step: 5 * time.Minute})
	e.check(got.Succeeded == 5 && got.Failed == 3, "the whole hour, in steps of five minutes: got %+v", got)
}

func statFilters(e *env) {
	s := e.session(serving("a", "b"))
	e.finished(s, storage.Succeed, on("a"))
	e.finished(s, storage.Succeed, on("b"))
	e.finished(s, storage.Fail, on("b"), kind(kindB))
	got := e.stats(storage.StatQuery{Queue: "b"})
	e.check(got.Succeeded == 1 && got.Failed == 1, "statistics of one queue: got %+v", got)
	got = e.stats(storage.StatQuery{Kind: kindA})
	e.check(got.Succeeded == 2 && got.Failed == 0, "statistics of one kind: got %+v", got)
	got = e.stats(storage.StatQuery{Kind: kindA, Queue: "b"})
	e.check(got.Succeeded == 1 && got.Failed == 0, "statistics of one kind in one queue: got %+v", got)
}

func statRunTime(e *env) {
	s := e.session()
	for _, d := range []time.Duration{time.Second, 500 * time.Millisecond} {
		id := e.enqueue()
		s.end(id, storage.Succeed, func(o *storage.Outcome) { o.Duration = d })
	}
	got := e.stats(storage.StatQuery{})
	e.check(got.RunTime == 1500*time.Millisecond, "RunTime is of all runs together: want 1.5s, got %v", got.RunTime)
}

func statOnce(e *env) {
	s := e.session()
	token := s.end(e.enqueue(), storage.Succeed)
	s.wantVerdict(storage.Accepted, outcome(token, storage.Succeed), "a repetition")
	got := e.stats(storage.StatQuery{})
	e.check(got.Succeeded == 1, "a repeated outcome is counted once: got %+v", got)
}

// StatQuery: "Steps are minutes for two days and hours for 90 days."
func statHour(e *env) {
	s := e.session()
	s.end(e.enqueue(), storage.Succeed)
	e.sleep(60 * 24 * time.Hour)
	s.ticks()
	got := e.stats(storage.StatQuery{From: e.now().Add(-61 * 24 * time.Hour).Truncate(2 * time.Hour), Step: 2 * time.Hour})
	e.check(got.Succeeded == 1, "what ended sixty days ago is still counted by the hour: got %+v", got)
}
