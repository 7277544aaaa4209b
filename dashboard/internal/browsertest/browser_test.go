// Package browsertest looks at the dashboard with a real browser.
package browsertest

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/gojobgen/jobgen/dashboard"
	"github.com/gojobgen/jobgen/storage"
)

//go:embed testdata/axe.min.js
var axe string

// findChromium is the browser named by CHROME or found on PATH. Without one the
// tests are skipped, but in CI they fail.
func findChromium(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("CHROME"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no Chromium on PATH; install it or set CHROME to it"
	if os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// browser is the one Chromium of all tests; they open tabs in it.
var browser struct {
	sync.Mutex
	ctx   context.Context
	close func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if browser.close != nil {
		browser.close()
	}
	os.Exit(code)
}

// chromium starts the browser for the first test that wants it.
func chromium(t *testing.T) context.Context {
	t.Helper()
	browser.Lock()
	defer browser.Unlock()
	if browser.ctx != nil {
		return browser.ctx
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(findChromium(t)), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("mute-audio", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		stop()
		t.Fatal("start Chromium:", err)
	}
	browser.ctx, browser.close = ctx, func() { cancel(); stop() }
	return ctx
}

// serve mounts a dashboard of store at /jobs on a loopback address.
func serve(t *testing.T, store storage.Store, opts dashboard.Options) string {
	t.Helper()
	opts.BasePath = "/jobs"
	mux := http.NewServeMux()
	mux.Handle("/jobs/", dashboard.New(store, opts))
	server := httptest.NewUnstartedServer(mux)
	server.Start()
	t.Cleanup(func() {
		_ = server.Config.Shutdown(context.Background()) // ends the live streams
		server.Close()
	})
	return server.URL + "/jobs"
}

// tab is one tab with all it was heard to say and seen to ask for.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	console  []string
	requests []string
}

// look is how a page is looked at.
type look struct {
	width    int64
	dark     bool
	noScript bool
}

func (l look) String() string {
	name := fmt.Sprint(l.width)
	if l.dark {
		return name + "-dark"
	}
	return name + "-light"
}

func openTab(t *testing.T, l look) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium(t))
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, 150*time.Second)
	t.Cleanup(stop)
	tb := &tab{t: t, ctx: ctx}
	tb.must(chromedp.Do(ctx))
	tb.must(chromedp.Listen(ctx, tb.hear))
	tb.colours(l.dark)
	_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: l.width, Height: 900, DeviceScaleFactor: 1, Mobile: l.width < 600})
	tb.must(err)
	if l.noScript {
		_, err = chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		tb.must(err)
	}
	return tb
}

// colours chooses the colour scheme, and no animations.
func (tb *tab) colours(dark bool) {
	tb.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	tb.must(err)
}

func (tb *tab) hear(ev any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, a := range ev.Args {
			words = append(words, string(a.Value)+a.Description)
		}
		tb.console = append(tb.console, string(ev.Type)+": "+strings.Join(words, " "))
	case *runtime.EventExceptionThrown:
		tb.console = append(tb.console, "exception: "+ev.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		tb.console = append(tb.console, "log: "+ev.Entry.Text+" "+ev.Entry.URL)
	case *network.EventRequestWillBeSent:
		tb.requests = append(tb.requests, ev.Request.URL)
	}
}

func (tb *tab) must(err error) {
	tb.t.Helper()
	if err != nil {
		tb.t.Fatal(err)
	}
}

func (tb *tab) open(address string) {
	tb.t.Helper()
	tb.must(chromedp.Do(tb.ctx, chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS("main"))))
}

// clean checks that nothing was said on the console and nothing asked of other hosts.
func (tb *tab) clean(base string) {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, line := range tb.console {
		tb.t.Errorf("console: %s", line)
	}
	home, err := url.Parse(base)
	tb.must(err)
	for _, r := range tb.requests {
		u, err := url.Parse(r)
		if err != nil || u.Host != home.Host {
			tb.t.Errorf("request to another host: %s", r)
		}
	}
	tb.console, tb.requests = nil, nil
}

func eval[T any](tb *tab, script string) T {
	tb.t.Helper()
	out, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	tb.must(err)
	return out
}

// until waits for a script to answer true.
func (tb *tab) until(what, script string) {
	tb.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !eval[bool](tb, "!!("+script+")") {
		if time.Now().After(deadline) {
			tb.t.Fatalf("waited in vain: %s\n%s", what, script)
		}
		select {
		case <-tb.ctx.Done():
			tb.t.Fatal(what, tb.ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// paths are the pages of a seeded dashboard; job pages are found by state.
func paths(t *testing.T, store storage.Store) map[string]string {
	t.Helper()
	out := map[string]string{
		"overview": "/", "jobs": "/jobs", "failed": "/jobs?state=failed", "filtered": "/jobs?queue=critical&kind=billing.Payments.Charge&since=7d",
		"no match": "/jobs?queue=nowhere", "queues": "/queues", "recurring": "/recurring", "servers": "/servers",
		"gone": "/jobs/" + storage.NewID().String(),
	}
	for _, state := range storage.States() {
		p, err := store.Jobs(t.Context(), storage.Query{Filter: storage.Filter{States: []storage.State{state}}, Oldest: state == storage.Processing, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Jobs) > 0 {
			out["job "+state.String()] = "/jobs/" + p.Jobs[0].ID.String()
		}
		if state == storage.Processing {
			out["log"] = "/jobs/" + p.Jobs[0].ID.String() + "/logs"
		}
	}
	return out
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
