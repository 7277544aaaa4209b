package dashboard

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/dashboard/internal/sample"
	"github.com/gojobgen/jobgen/storage"
)

var (
	rowID   = regexp.MustCompile(`name="id" value="([0-9a-f-]{36})"`)
	pageRel = regexp.MustCompile(`href="([^"]+)" rel="(prev|next)"`)
)

func rowIDs(body string) []string {
	var out []string
	for _, m := range rowID.FindAllStringSubmatch(body, -1) {
		out = append(out, m[1])
	}
	return out
}

func pageLinks(body string) map[string]string {
	out := make(map[string]string)
	for _, m := range pageRel.FindAllStringSubmatch(body, -1) {
		out[m[2]] = html.UnescapeString(m[1])
	}
	return out
}

// Walking older to the end and newer back shows every job once each way.
func TestPaging(t *testing.T) {
	s := sample.Empty()
	for i := range 23 {
		s.Add(storage.Details{Job: storage.Job{Kind: "k", Queue: "q", State: storage.Enqueued, CreatedAt: at.Add(time.Duration(i) * time.Second)}})
		s.Add(storage.Details{Job: storage.Job{Kind: "k", Queue: "other", State: storage.Enqueued, CreatedAt: at.Add(time.Duration(i) * time.Second)}})
	}
	d := mounted(t, s, Options{BasePath: "/jobs", Authorize: as(Viewer)})
	var down, up []string
	next := "/jobs/jobs?queue=q&limit=5"
	last := ""
	for next != "" {
		body := page200(t, d, next)
		down = append(down, rowIDs(body)...)
		last, next = next, pageLinks(body)["next"]
		if next != "" && (!strings.Contains(next, "queue=q") || !strings.Contains(next, "limit=5")) {
			t.Fatalf("the filter got lost: %s", next)
		}
	}
	if len(down) != 23 || len(slices.Compact(slices.Sorted(slices.Values(down)))) != 23 {
		t.Fatalf("walked %d jobs", len(down))
	}
	for prev := last; prev != ""; {
		body := page200(t, d, prev)
		up = append(rowIDs(body), up...)
		prev = pageLinks(body)["prev"]
	}
	if !slices.Equal(up, down) {
		t.Errorf("back: %d jobs, in another order", len(up))
	}
}

func TestFiltersRoundTrip(t *testing.T) {
	id := storage.NewID()
	q := url.Values{"state": {"failed"}, "queue": {"a b&c"}, "kind": {"x.Y.Z"}, "recurring": {"d/1"}, "server": {"h:1"}, "batch": {id.String()},
		"parent": {id.String()}, "since": {"2026-05-01T09:30"}, "until": {"2h"}, "held": {"1"}, "retrying": {"1"}, "limit": {"70"}}
	l := parseList(q, at)
	want := storage.Filter{States: []storage.State{storage.Failed}, Queue: "a b&c", Kind: "x.Y.Z", Recurring: "d/1", Server: "h:1", Batch: id, Parent: id,
		Held: true, Retrying: true, From: time.Date(2026, 5, 1, 9, 30, 0, 0, time.UTC), To: at.Add(-2 * time.Hour)}
	if fmt.Sprint(l.Filter) != fmt.Sprint(want) || l.limit != 70 || len(l.bad) > 0 {
		t.Errorf("parsed %+v\nwant   %+v, bad %v", l.Filter, want, l.bad)
	}
	if again := chosen(q); again.Encode() != q.Encode() {
		t.Errorf("chosen = %v", again)
	}
	d := mounted(t, sample.Empty(), Options{BasePath: "/jobs", Authorize: as(Viewer)})
	body := page200(t, d, "/jobs/jobs?"+q.Encode())
	for _, name := range filterNames {
		without := html.EscapeString(d.url("/jobs", with(q, name, "")))
		wants(t, body, `href="`+without+`"`)
	}
	wants(t, body, "Clear all", `href="/jobs/jobs?state=failed"`, `value="a b&amp;c"`)
}

func TestNumbersAreClamped(t *testing.T) {
	for in, want := range map[string]int{"": pageSize, "0": 1, "-1": 1, "1": 1, "199": 199, "200": 200, "201": 200, "99999999999999999999": pageSize, "x": pageSize} {
		if got := parseList(url.Values{"limit": {in}}, at).limit; got != want {
			t.Errorf("limit %q = %d, want %d", in, got, want)
		}
	}
	for _, bad := range []url.Values{{"state": {"lost"}}, {"batch": {"1"}}, {"since": {"tomorrow"}}, {"since": {"-5m"}}, {"since": {"4000d"}}, {"queue": {strings.Repeat("q", maxParam+1)}}, {"limit": {"x"}}} {
		if l := parseList(bad, at); len(l.bad) != 1 {
			t.Errorf("%v: bad = %v", bad, l.bad)
		}
	}
	d := mounted(t, sample.Empty(), Options{BasePath: "/jobs", Authorize: as(Viewer)})
	wants(t, page200(t, d, "/jobs/jobs?state=lost"), "Not understood, so left out: state.")
}

func TestNews(t *testing.T) {
	s := sample.Empty()
	seen := s.Add(storage.Details{Job: storage.Job{Kind: "k", Queue: "q", State: storage.Enqueued, CreatedAt: at}})
	d := mounted(t, s, Options{BasePath: "/jobs", Authorize: as(Viewer)})
	body := page200(t, d, "/jobs/jobs?queue=q")
	wants(t, body, `hx-get="/jobs/jobs?queue=q&amp;seen=`+seen.String()+`"`, `hx-target="#tabs-and-news"`)
	wantsNot(t, page200(t, d, "/jobs/jobs?queue=q&seen="+seen.String()), `class="news"`)
	for i := range 3 {
		s.Add(storage.Details{Job: storage.Job{Kind: "k", Queue: "q", State: storage.Enqueued, CreatedAt: at.Add(time.Duration(i+1) * time.Minute)}})
	}
	wants(t, page200(t, d, "/jobs/jobs?queue=q&seen="+seen.String()), `data-news="3 new"`)
	for i := range 120 {
		s.Add(storage.Details{Job: storage.Job{Kind: "k", Queue: "q", State: storage.Enqueued, CreatedAt: at.Add(time.Hour + time.Duration(i)*time.Second)}})
	}
	wants(t, page200(t, d, "/jobs/jobs?queue=q&seen="+seen.String()), `data-news="100+ new"`)
}

func TestCappedCounts(t *testing.T) {
	c := storage.Counts{By: map[storage.State]int{storage.Failed: 10000, storage.Enqueued: 12}, Capped: map[storage.State]bool{storage.Failed: true}}
	if a, b := count(c, storage.Failed), count(c, storage.Enqueued); a != "10,000+" || b != "12" {
		t.Errorf("%s, %s", a, b)
	}
}

func TestBatchHeadsItsList(t *testing.T) {
	d, s := seeded(t, Viewer)
	p, err := s.Jobs(t.Context(), storage.Query{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range p.Jobs {
		if !j.Batch.IsZero() {
			wants(t, page200(t, d, "/jobs/jobs?batch="+j.Batch.String()), "Black Friday mailing", "29 of 40 jobs done: 27 succeeded, 2 failed, 0 deleted.")
			return
		}
	}
	t.Fatal("no job with a batch")
}
