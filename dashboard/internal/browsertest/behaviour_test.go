package browsertest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/gojobgen/jobgen/dashboard"
	"github.com/gojobgen/jobgen/dashboard/internal/sample"
	"github.com/gojobgen/jobgen/storage"
)

// Without JavaScript every page has its content, and a job is retried and another
// deleted by forms alone.
func TestWithoutJavaScript(t *testing.T) {
	store := sample.Seeded(time.Now())
	base := serve(t, store, dashboard.Options{Development: true})
	tb := openTab(t, look{width: 390, noScript: true})
	for name, path := range paths(t, store) {
		tb.open(base + path)
		text, err := chromedp.Run(tb.ctx, chromedp.Text(chromedp.CSS("main")))
		tb.must(err)
		if len(text) < 40 {
			t.Errorf("%s: only %q", name, text)
		}
	}
	tb.open(base + "/jobs?state=failed")
	tb.must(chromedp.Do(tb.ctx, chromedp.Click(chromedp.CSS(".tickbox")), chromedp.Click(chromedp.CSS(".bar .verb-retry"))))
	tb.sees("1 retried.")
	tb.must(chromedp.Do(tb.ctx, chromedp.Click(chromedp.CSS(".tickbox")), chromedp.Click(chromedp.CSS(".bar .verb-delete"))))
	tb.sees("Delete 1 job?")
	tb.must(chromedp.Do(tb.ctx, chromedp.Click(chromedp.CSS(".confirm .danger"))))
	tb.sees("1 deleted.")
	if c, err := store.Count(t.Context(), storage.Filter{}, 1000); err != nil || c.By[storage.Failed] != 21 {
		t.Errorf("%d failed jobs, %v", c.By[storage.Failed], err)
	}
}

// sees waits for a text in the page, without scripts of the page's own.
func (tb *tab) sees(text string) {
	tb.t.Helper()
	tb.must(chromedp.Do(tb.ctx, chromedp.WaitReady(chromedp.Search(fmt.Sprintf(`//main//*[contains(., %q)]`, text)))))
}

// Hostile text in every field does nothing.
func TestHostileText(t *testing.T) {
	for _, x := range []string{`<script>document.title="pwned"</script><img src=x onerror="document.title='pwned'">`,
		`"><svg onload="document.title='pwned'">`, `' onmouseover='document.title="pwned"' x='`, `javascript:document.title="pwned"`} {
		store := sample.Empty()
		f := &storage.Failure{Type: x, Message: x, Stack: x}
		now := time.Now()
		id := store.Add(storage.Details{Job: storage.Job{Kind: x, Queue: x, State: storage.Failed, Failure: f, Reason: x, Server: x, Recurring: x, CreatedAt: now, FinishedAt: now, Metadata: map[string]string{x: x},
			Payload: []byte(`{"p":"` + strings.NewReplacer(`"`, `\"`).Replace(x) + `"}`)}, History: []storage.HistoryEntry{{At: now, State: storage.Failed, Fetch: 1, Outcome: storage.Fail, Failure: f, Reason: x}}})
		store.AddLog(id, 1, storage.LogLine{At: now, Level: x, Message: x, Fields: x})
		store.AddQueue(storage.QueueInfo{Name: x, Paused: true, PausedBy: x, Held: map[string]int{x: 2}})
		store.AddServer(storage.ServerInfo{Session: storage.Session{Server: x, Queues: []string{x}, Kinds: []storage.KindInfo{{Kind: x, Doc: x}}}})
		store.AddRecurring(storage.Recurring{ID: x, Cron: x, Zone: x, Job: storage.NewJob{Kind: x}})
		store.Publish(storage.KindInfo{Kind: x, Display: x, Params: []storage.ParamInfo{{Name: "p", Type: x}}})
		base := serve(t, store, dashboard.Options{Development: true, Title: "fine", Environment: x})
		tb := openTab(t, look{width: 1280})
		q := url.QueryEscape(x)
		for _, path := range []string{"/", "/jobs", "/jobs?queue=" + q + "&kind=" + q + "&since=" + q, "/jobs?did=" + q + "&why=" + q, "/jobs/" + id.String(), "/jobs/" + id.String() + "/logs", "/queues", "/recurring", "/servers"} {
			tb.open(base + path)
			if eval[bool](tb, `document.title.startsWith("pwned") || !!document.querySelector("main script, main img, [onload], [onerror], [onmouseover], a[href^='javascript']")`) {
				t.Errorf("%s: %s came alive", path, x)
			}
		}
		tb.clean(base)
	}
}

// Counts move by themselves; a pause stops them.
func TestLiveCounts(t *testing.T) {
	store := sample.Seeded(time.Now())
	base := serve(t, store, dashboard.Options{Development: true})
	tb := openTab(t, look{width: 1280})
	tb.open(base + "/")
	tb.until("the stream", `document.getElementById("live-state").textContent === "live"`)
	enqueue := func() {
		store.Add(storage.Details{Job: storage.Job{Kind: "k", Queue: "q", State: storage.Enqueued, CreatedAt: time.Now(), EnqueuedAt: time.Now()}})
	}
	enqueue()
	tb.until("the new count", `document.querySelector("[data-count=enqueued]").textContent === "20"`)
	eval[bool](tb, `document.querySelector(".as-table").open = true`)
	store.AddQueue(storage.QueueInfo{Name: "brand-new", Enqueued: 1, Oldest: time.Now().Add(-9 * time.Hour), Servers: 1})
	tb.until("the page to follow", `document.getElementById("live").textContent.includes("brand-new")`)
	if !eval[bool](tb, `document.querySelector(".as-table").open`) {
		t.Error("what was open was closed")
	}
	tb.must(chromedp.Do(tb.ctx, chromedp.Click(chromedp.CSS("#live-toggle"))))
	tb.until("the pause", `document.getElementById("live-state").textContent === "paused"`)
	enqueue()
	time.Sleep(1500 * time.Millisecond)
	if got := eval[string](tb, `document.querySelector("[data-count=enqueued]").textContent`); got != "20" {
		t.Errorf("paused, but the count is %s", got)
	}
	tb.must(chromedp.Do(tb.ctx, chromedp.Click(chromedp.CSS("#live-toggle"))))
	tb.until("the count after the pause", `document.querySelector("[data-count=enqueued]").textContent === "21"`)
	tb.clean(base)
}

// New jobs are announced above the list; its rows stay where they are, and ticks stay.
func TestListTellsNews(t *testing.T) {
	store := sample.Seeded(time.Now().Add(-time.Minute))
	base := serve(t, store, dashboard.Options{Development: true})
	tb := openTab(t, look{width: 1280})
	tb.open(base + "/jobs")
	tb.until("the stream", `document.getElementById("live-state").textContent === "live"`)
	first := eval[string](tb, `document.querySelector("tbody input").value`)
	tb.must(chromedp.Do(tb.ctx, chromedp.Click(chromedp.CSS("tbody input"))))
	if got := eval[string](tb, `document.getElementById("ticked").textContent`); got != "1 ticked:" {
		t.Errorf("ticked = %q", got)
	}
	for i := range 3 {
		store.Add(storage.Details{Job: storage.Job{Kind: "k", Queue: "q", State: storage.Enqueued, CreatedAt: time.Now().Add(time.Duration(i) * time.Millisecond)}})
	}
	tb.until("the news", `document.querySelector("[data-news]")?.textContent.includes("3 new") === true`)
	if !eval[bool](tb, `document.querySelector("tbody input").value === "`+first+`" && document.querySelector("tbody input").checked`) {
		t.Error("the rows moved or lost their tick")
	}
	tb.must(chromedp.Do(tb.ctx, chromedp.Click(chromedp.CSS("[data-news]"))))
	tb.until("the new rows", `document.querySelector("tbody input")?.value !== "`+first+`"`)
	tb.clean(base)
}

// A running job's log grows in front of the reader.
func TestLogFollows(t *testing.T) {
	store := sample.Seeded(time.Now())
	base := serve(t, store, dashboard.Options{Development: true})
	tb := openTab(t, look{width: 1280})
	path := paths(t, store)["job processing"]
	tb.open(base + path)
	id, err := storage.ParseID(path[len("/jobs/"):])
	tb.must(err)
	store.AddLog(id, 1, storage.LogLine{At: time.Now(), Level: "info", Message: "the newest line"})
	tb.until("the line", `document.querySelector(".log").textContent.includes("the newest line")`)
	tb.clean(base)
}

// From the keyboard alone: skip to the content, open a failure, retry it.
func TestKeyboard(t *testing.T) {
	store := sample.Seeded(time.Now())
	base := serve(t, store, dashboard.Options{Development: true})
	tb := openTab(t, look{width: 1280})
	tb.open(base + "/jobs?state=failed")
	press := func(key string) { tb.must(chromedp.Do(tb.ctx, chromedp.KeyEvent(key))) }
	// tabTo presses Tab until the focused element matches, and checks that it can be seen.
	tabTo := func(selector string) {
		t.Helper()
		for range 60 {
			press(kb.Tab)
			if eval[bool](tb, `document.activeElement.matches(`+fmt.Sprintf("%q", selector)+`)`) {
				if !eval[bool](tb, `(() => { const r = document.activeElement.getBoundingClientRect(), s = getComputedStyle(document.activeElement);
					return r.width > 0 && r.bottom > 0 && r.top < innerHeight && s.outlineStyle !== "none"; })()`) {
					t.Errorf("%s has the focus, but not visibly", selector)
				}
				return
			}
		}
		t.Fatalf("Tab never reached %s", selector)
	}
	tabTo(".skip")
	press(kb.Enter)
	tabTo(".tabs a")
	tabTo("summary")
	tabTo("#tick-all")
	tabTo(".bar .verb-retry")
	tabTo("tbody input[name=id]")
	press(" ")
	tb.until("the tick", `document.activeElement.checked`)
	tabTo(".main-link")
	press(kb.Enter)
	tb.until("the job's page", `document.querySelector("h1")?.textContent.startsWith("Charge") && document.querySelector(".verb-retry") !== null && !document.querySelector(".rows") && document.readyState === "complete"`)
	tabTo(".job-head .verb-retry")
	press(kb.Enter)
	tb.until("the result", `document.getElementById("banners")?.textContent.includes("1 retried.") === true`)
}
