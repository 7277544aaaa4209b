package dashboard

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/dashboard/internal/sample"
	"github.com/gojobgen/jobgen/storage"
)

func TestOverview(t *testing.T) {
	d, _ := seeded(t, Viewer)
	body := page200(t, d, "/jobs/")
	wants(t, body, "Last hour", "is paused by lena@shop.example", "No running server serves queue", "1,204 enqueued",
		"5 of 20 busy", `data-count="failed">23<`, "gateway: card declined", "Newest failures", "As a table", `role="img"`)
	empty := page200(t, mounted(t, sample.Empty(), Options{Authorize: as(Viewer)}), "/")
	wants(t, empty, "No server is running: jobs wait until one starts.", "No failed jobs are kept.")
}

func TestJobPages(t *testing.T) {
	d, s := seeded(t, Operator)
	for state, texts := range map[storage.State][]string{
		storage.Failed:     {"What failed", "gateway.go:57", "Attempt 4", "failed, retried", "29 min 58 s", "retries used up", "Retry", "tenant"},
		storage.Scheduled:  {"Run now", "Cancel", "due"},
		storage.Enqueued:   {"Why it waits", "free worker"},
		storage.Processing: {"Cancel"},
		storage.Awaiting:   {"Why it waits", "Rebuild", "to end; that is awaiting"},
		storage.Succeeded:  {"Kept until", "Result"},
		storage.Deleted:    {"Why it was deleted", "expired before it started"},
	} {
		body := page200(t, d, "/jobs/jobs/"+first(t, s, state).String())
		wants(t, body, append(texts, "Facts", `data-copy="`)...)
	}
	p, err := s.Jobs(t.Context(), storage.Query{Filter: storage.Filter{States: []storage.State{storage.Processing}}, Oldest: true, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	running := page200(t, d, "/jobs/jobs/"+p.Jobs[0].ID.String())
	wants(t, running, "Thumbnails of /catalogue/spring/4711.tif", "62 %", "14 of 22", "colour profile missing", `data-follow="always"`, "All 14 lines")
	wants(t, page200(t, d, "/jobs/jobs/"+p.Jobs[0].ID.String()+"/logs?after=10"), "rendered tile 14 of 22", "Earlier")
	held, err := s.Jobs(t.Context(), storage.Query{Filter: storage.Filter{Held: true}, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, page200(t, d, "/jobs/jobs/"+held.Jobs[0].ID.String()), "no running server reads media.Images.Watermark with the arguments of fingerprint 9f",
		"Its queue media is paused by lena@shop.example", "No server has published the kind media.Images.Watermark")
}

func TestGoneJob(t *testing.T) {
	d, _ := seeded(t, Viewer)
	w := serve(d, request("GET", "/jobs/jobs/"+storage.NewID().String(), nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("code %d", w.Code)
	}
	wants(t, w.Body.String(), "There is no job with the id", "retention")
}

func TestSecretsStayHere(t *testing.T) {
	d, s := seeded(t, Admin)
	id := first(t, s, storage.Failed).String()
	p, err := s.Jobs(t.Context(), storage.Query{Filter: storage.Filter{States: []storage.State{storage.Processing}}, Oldest: true, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/jobs/jobs/" + id, "/jobs/jobs/" + id + "/arguments.json", "/jobs/jobs/" + id + "/result.json", "/jobs/jobs?state=failed", "/jobs/jobs/" + p.Jobs[0].ID.String()} {
		body := page200(t, d, path)
		wantsNot(t, body, "tok_live", "sk_live", "abc<")
		if strings.HasSuffix(path, "arguments.json") {
			wants(t, body, `"cardToken": "••••••"`, `"merchant": "shop"`)
		}
	}
	w := serve(d, request("GET", "/jobs/jobs/"+id+"/arguments.json", nil))
	if got := w.Header().Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") {
		t.Errorf("Content-Disposition = %q", got)
	}
}

func TestSecretNames(t *testing.T) {
	for _, name := range []string{"password", "userPassword", "API_KEY", "apiKey", "X-Auth-Token", "cardNumber", "card", "iban", "clientSecret", "sessionCookie", "SSN", "privateKeyPEM", "authorization"} {
		if !secretName(name) {
			t.Errorf("%s is not masked", name)
		}
	}
	for _, name := range []string{"orderID", "author", "cardinality", "monkey", "keyboard", "discard", "spinner", "company", "assassin", ""} {
		if secretName(name) {
			t.Errorf("%s is masked", name)
		}
	}
}

// A payload that is not an object, a parameter filled by the parent, one that a
// newer version of the kind made secret.
func TestArguments(t *testing.T) {
	c := catalogue{
		{Kind: "k", Fingerprint: "2", Params: []storage.ParamInfo{{Name: "a", Type: "int"}, {Name: "b", Type: "string", Secret: true}}},
		{Kind: "k", Fingerprint: "1", Aliases: []string{"old"}, Display: "B is {b}, a is {a}, {x} {", Params: []storage.ParamInfo{{Name: "b", Type: "string"}, {Name: "a", Type: "int"}}},
	}
	j := &storage.Job{Kind: "k", Fingerprint: "1", Payload: []byte(`{"b":"hidden","z":[1,2]}`), InputParam: "a"}
	args := arguments(c, j)
	if len(args) != 3 || args[0].value != masked || args[1].note != "filled by the parent's result" || args[2].name != "z" || args[2].value != "[1,2]" {
		t.Errorf("arguments = %+v", args)
	}
	if got := displayName(c, j, args); got != "B is ••••••, a is …, {x} {" {
		t.Errorf("displayName = %q", got)
	}
	j.Input = []byte("7")
	if args = arguments(c, j); args[1].value != "7" || args[1].note != "from the parent's result" {
		t.Errorf("arguments = %+v", args)
	}
	if args = arguments(c, &storage.Job{Kind: "k", Payload: []byte(`"tok_1"`)}); len(args) != 1 || args[0].value != masked {
		t.Errorf("arguments = %+v", args)
	}
	if _, ok := c.find("old", "9"); !ok || !c.secret("old", "password") || c.secret("old", "a") {
		t.Error("aliases are not found")
	}
}

// What people store in every field, shown as text.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `javascript:alert(1)`,
	`</title><svg onload=alert(1)>`, "a\u202eb\u0007\x1b[31m", `{{7*7}}${7*7}`, `--><b>`, `&lt;i&gt;`,
}

// carried are the hidden fields that must hold names as they are.
var carried = regexp.MustCompile(`<input type="hidden"[^>]*>`)

func hostileStore(x string) (*sample.Store, storage.ID) {
	s := sample.Empty()
	f := &storage.Failure{Type: x, Message: x, Stack: x}
	id := s.Add(storage.Details{Job: storage.Job{Kind: x, Queue: x, State: storage.Failed, Reason: x, Failure: f, Server: x, Recurring: x, CreatedAt: at, FinishedAt: at, Attempt: 1,
		Payload: []byte(`{"p":` + writeJSON(x, "") + `,` + writeJSON(x, "") + `:1}`), Result: []byte(writeJSON(x, "")), Metadata: map[string]string{x: x}, Unique: &storage.Unique{Key: x}, Limits: []storage.Limit{{Key: x, Max: 1}}, Progress: &storage.Progress{Note: x}},
		History:  []storage.HistoryEntry{{At: at, State: storage.Processing, Fetch: 1, Server: x, Reason: x}, {At: at, State: storage.Failed, Fetch: 1, Outcome: storage.Fail, Failure: f, Reason: x}},
		Children: []storage.Edge{{Job: storage.NewID(), Kind: x}}})
	s.Add(storage.Details{Job: storage.Job{Kind: x, Queue: x, State: storage.Processing, Server: x, Progress: &storage.Progress{Note: x}, CreatedAt: at}})
	s.Add(storage.Details{Job: storage.Job{Kind: x, Queue: x, State: storage.Enqueued, Held: "kind:" + x + "@" + x, CreatedAt: at}})
	s.AddLog(id, 1, storage.LogLine{At: at, Level: x, Message: x, Fields: `{"f":` + writeJSON(x, "") + `}`})
	s.Publish(storage.KindInfo{Kind: x, Doc: x, Display: x + "{p}", Params: []storage.ParamInfo{{Name: "p", Type: x}, {Name: x, Type: x}}})
	s.AddQueue(storage.QueueInfo{Name: x, Enqueued: 1, Oldest: at, Paused: true, PausedBy: x, Held: map[string]int{x: 1}})
	s.AddServer(storage.ServerInfo{SeenAt: at, Session: storage.Session{Server: x, Owner: x, Host: x, Version: x, Queues: []string{x}, Kinds: []storage.KindInfo{{Kind: x, Doc: x, Params: []storage.ParamInfo{{Name: x, Type: x}}}}}})
	s.AddRecurring(storage.Recurring{ID: x, Owner: x, Cron: x, Zone: x, Job: storage.NewJob{Kind: x}, Paused: true, PausedBy: x})
	_ = s.Pause(context.Background(), storage.PauseKind, x, true, x)
	return s, id
}

func TestHostileTextIsInert(t *testing.T) {
	for _, x := range hostile {
		s, id := hostileStore(x)
		d := mounted(t, s, Options{BasePath: "/jobs", Title: x, Environment: x, Authorize: func(*http.Request) (Principal, error) { return Principal{Name: x, Role: Admin}, nil }})
		for _, path := range []string{"/", "/jobs", "/jobs/" + id.String(), "/jobs/" + id.String() + "/logs", "/queues", "/recurring", "/servers"} {
			body := carried.ReplaceAllString(page200(t, d, "/jobs"+path), "")
			wantsNot(t, body, "<script>alert", "<img src=x", "<svg onload", `' onmouseover='`, `href="javascript`, "\u202e", "\x1b", "\x07", "--><b>", "style=", " onerror=alert(1)>")
		}
	}
}

// A store that does not answer still gives every page, with a banner.
func TestSilentStore(t *testing.T) {
	d, s := seeded(t, Viewer)
	id := first(t, s, storage.Failed).String()
	d.deadline = 5 * time.Millisecond
	s.OnCall(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	for path, code := range map[string]int{"/": 200, "/jobs?queue=mail": 200, "/queues": 200, "/recurring": 200, "/servers": 200, "/jobs/" + id: 503} {
		w := serve(d, request("GET", "/jobs"+path, nil))
		if w.Code != code {
			t.Errorf("%s = %d", path, w.Code)
		}
		wants(t, w.Body.String(), "did not answer in time", "Try again")
	}
	wants(t, page200(t, d, "/jobs/jobs?queue=mail"), "the filters above still work", `name="kind"`)
}

// The last answer stays when the store stops answering.
func TestLastAnswerStays(t *testing.T) {
	d, s := seeded(t, Viewer)
	page200(t, d, "/jobs/queues")
	s.OnCall(func(context.Context) error { return errors.New("down") })
	d.look.epoch.Add(1)
	wants(t, page200(t, d, "/jobs/queues"), "lena@shop.example", "did not answer in time")
}

func TestPanicInAPage(t *testing.T) {
	d := mounted(t, struct{ storage.Store }{}, Options{Authorize: as(Viewer)}) // every call panics
	w := serve(d, request("GET", "/recurring", nil))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("code %d", w.Code)
	}
	func() {
		defer func() {
			if p, ok := recover().(error); !ok || !errors.Is(p, http.ErrAbortHandler) {
				t.Error("an aborted request was swallowed")
			}
		}()
		d.opts.Authorize = func(*http.Request) (Principal, error) { panic(http.ErrAbortHandler) }
		serve(d, request("GET", "/", nil))
	}()
}

func TestEmptyPages(t *testing.T) {
	d := mounted(t, sample.Empty(), Options{Authorize: as(Viewer)})
	for path, texts := range map[string][]string{
		"/jobs": {"There are no jobs yet.", "mail.EnqueueSendReceipt(ctx, orderID)"}, "/jobs?state=processing": {"No job is processing now."},
		"/jobs?state=succeeded": {"No succeeded jobs are kept.", "24 hours"}, "/jobs?queue=x": {"No job matches these filters.", "clear them all"},
		"/jobs?after=" + storage.NewID().String(): {"No more jobs this way."},
		"/queues": {"There are no queues yet."}, "/recurring": {"There are no recurring jobs yet.", "client.Recurring(ctx"}, "/servers": {"No server is running.", "runtime.NewServer"},
	} {
		wants(t, page200(t, d, path), texts...)
	}
}

func TestViewerSeesWhyButtonsAreOff(t *testing.T) {
	d, s := seeded(t, Viewer)
	body := page200(t, d, "/jobs/jobs/"+first(t, s, storage.Failed).String())
	wants(t, body, `aria-disabled="true" title="Retry takes the role operator"`, "takes the role admin")
	wantsNot(t, body, `name="action"`)
	wants(t, page200(t, d, "/jobs/queues"), "Your role is viewer")
}
