package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/storage"
)

// act posts a form and gives the answer and where it leads.
func act(t *testing.T, d *handler, path string, form url.Values) (*httptest.ResponseRecorder, string) {
	t.Helper()
	w := serve(d, request("POST", "/jobs"+path, form))
	return w, w.Header().Get("Location")
}

func TestBulkActionTellsItsResult(t *testing.T) {
	d, s := seeded(t, Operator)
	form := url.Values{"action": {"retry"}, "back": {"/jobs?state=failed&n=9"}, "id": {first(t, s, storage.Failed).String(), first(t, s, storage.Succeeded).String(),
		first(t, s, storage.Processing).String(), storage.NewID().String()}}
	w, to := act(t, d, "/jobs/actions", form)
	if w.Code != http.StatusSeeOther || to != "/jobs/jobs?did=retry&n=2&state=failed&why=gone.1%2Cprocessing.1" {
		t.Fatalf("%d to %s", w.Code, to)
	}
	body := page200(t, d, to)
	wants(t, body, "2 retried, 1 skipped: not there any more, 1 skipped: already running.", `hx-get="/jobs/jobs?seen=`)
	wantsNot(t, body, `hx-get="/jobs/jobs?did`)
}

func TestEachAction(t *testing.T) {
	d, s := seeded(t, Admin)
	for _, c := range []struct {
		path, action, target, message string
	}{
		{"/jobs/actions", "run-now", first(t, s, storage.Scheduled).String(), "1 sent to run."},
		{"/jobs/actions", "cancel", first(t, s, storage.Enqueued).String(), "1 cancelled."},
		{"/jobs/actions", "cancel", first(t, s, storage.Processing).String(), "1 cancelled."},
		{"/queues/actions", "pause", "mail", "1 paused."},
		{"/queues/actions", "resume", "media", "1 resumed."},
		{"/kinds/actions", "pause", "email.Mailer.Digest", "1 paused."},
		{"/recurring/actions", "trigger", "weekly digest", "1 triggered."},
		{"/recurring/actions", "pause", "weekly digest", "1 paused."},
		{"/recurring/actions", "resume", "rebuild index", "1 resumed."},
		{"/recurring/actions", "trigger", "nothing of this name", "1 skipped: not there any more."},
	} {
		w, to := act(t, d, c.path, url.Values{"action": {c.action}, "id": {c.target}, "name": {c.target}})
		if w.Code != http.StatusSeeOther {
			t.Errorf("%s %s = %d %s", c.action, c.target, w.Code, w.Body)
			continue
		}
		wants(t, page200(t, d, to), c.message)
	}
	queues := page200(t, d, "/jobs/queues")
	wants(t, queues, "paused by admin@test", "Paused kinds", "email.Mailer")
	wantsNot(t, queues, "lena@shop.example")
	r, err := s.RecurringJob(t.Context(), "rebuild index")
	if err != nil || r.Paused || r.Next.IsZero() {
		t.Errorf("recurring job: %+v %v", r, err)
	}
	if r, _ = s.RecurringJob(t.Context(), "weekly digest"); !r.Paused || r.PausedBy != "admin@test" {
		t.Errorf("recurring job: %+v", r)
	}
	if j, err := s.Job(t.Context(), r.LastJob); err != nil || j.Metadata["triggered-by"] != "admin@test" {
		t.Errorf("triggered job: %+v %v", j.Metadata, err)
	}
}

func TestDeleteAsksFirst(t *testing.T) {
	d, s := seeded(t, Admin)
	id := first(t, s, storage.Failed)
	form := url.Values{"action": {"delete"}, "id": {id.String()}, "back": {"/jobs?state=failed"}}
	w, _ := act(t, d, "/jobs/actions", form)
	if w.Code != http.StatusOK || s.Calls("Control") != 0 {
		t.Fatalf("%d, %d calls", w.Code, s.Calls("Control"))
	}
	wants(t, w.Body.String(), "Delete 1 job?", `name="confirmed" value="yes"`, `value="`+id.String()+`"`, `href="/jobs/jobs?state=failed"`)
	form.Set("confirmed", "yes")
	_, to := act(t, d, "/jobs/actions", form)
	wants(t, page200(t, d, to), "1 deleted.")
	if _, err := s.Job(t.Context(), id); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the job is still there: %v", err)
	}
}

func TestBadForms(t *testing.T) {
	d, s := seeded(t, Admin)
	id := first(t, s, storage.Failed).String()
	for name, form := range map[string]url.Values{
		"no action":       {"id": {id}},
		"unknown action":  {"action": {"explode"}, "id": {id}},
		"action of other": {"action": {"trigger"}, "id": {id}},
		"bad id":          {"action": {"retry"}, "id": {"1 OR 1=1"}},
		"too many":        {"action": {"retry"}, "id": strings.Split(strings.Repeat(id+",", maxIDs)+id, ",")},
	} {
		if w, _ := act(t, d, "/jobs/actions", form); w.Code != http.StatusBadRequest {
			t.Errorf("%s = %d", name, w.Code)
		}
	}
	if w, _ := act(t, d, "/queues/actions", url.Values{"action": {"pause"}}); w.Code != http.StatusBadRequest {
		t.Errorf("no name = %d", w.Code)
	}
	if w, _ := act(t, d, "/jobs/actions", url.Values{"action": {"retry"}, "x": {strings.Repeat("x", maxForm)}}); w.Code != http.StatusBadRequest {
		t.Errorf("a huge form = %d", w.Code)
	}
	if w, to := act(t, d, "/jobs/actions", url.Values{"action": {"retry"}}); w.Code != http.StatusSeeOther || to != "/jobs/?did=nothing" {
		t.Errorf("nothing ticked = %d to %s", w.Code, to)
	}
	wants(t, page200(t, d, "/jobs/?did=nothing"), "Nothing was ticked")
	if s.Calls("Control") != 0 {
		t.Error("the store was asked")
	}
	if w, to := act(t, d, "/jobs/actions", url.Values{"action": {"retry"}, "id": strings.Split(strings.Repeat(id+",", maxIDs-1)+id, ",")}); w.Code != http.StatusSeeOther {
		t.Errorf("%d ids = %d to %s", maxIDs, w.Code, to)
	}
}

// The way back leads to our pages only, and the banner has our words only.
func TestBackStaysHere(t *testing.T) {
	d, s := seeded(t, Operator)
	for _, back := range []string{"https://evil.test/", "//evil.test/jobs", "/../x", "/jobs/actions", "javascript:alert(1)", "\x00", "/healthz"} {
		_, to := act(t, d, "/jobs/actions", url.Values{"action": {"retry"}, "id": {first(t, s, storage.Succeeded).String()}, "back": {back}})
		if !strings.HasPrefix(to, "/jobs/?did=retry") {
			t.Errorf("back %q leads to %s", back, to)
		}
	}
	for _, q := range []string{"did=pwned&n=3", "did=retry&n=1&why=<b>.1", "did=retry&n=-5&why=gone.-1,gone.x", "did=retry&n=99999999999999999999"} {
		wantsNot(t, page200(t, d, "/jobs/?"+q), "pwned", "<b>", "-5 retried", "99999")
	}
}

func TestStoreFaultDuringAction(t *testing.T) {
	d, s := seeded(t, Operator)
	id := first(t, s, storage.Failed).String()
	s.OnCall(func(context.Context) error { return errors.New("down") })
	_, to := act(t, d, "/jobs/actions", url.Values{"action": {"retry"}, "id": {id}, "back": {"/jobs"}})
	s.OnCall(nil)
	wants(t, page200(t, d, to), "may be done or not: look before you repeat it")
	s.OnCall(func(context.Context) error { return storage.ErrInvalid })
	_, to = act(t, d, "/jobs/actions", url.Values{"action": {"retry"}, "id": {id}})
	s.OnCall(nil)
	wants(t, page200(t, d, to), "1 skipped: does not apply now.")
}

func TestSkipCodes(t *testing.T) {
	for why, want := range map[string]string{
		"not found": "gone", "job is gone": "gone", "unique key taken by another job": "key", "its last end still releases others": "releasing",
		"is processing": "processing", "already succeeded": "succeeded", "an awaiting job waits for it": "needed", "it is awaiting": "awaiting", "its unique key is held by 0198": "key", "tuesday": "other", "": "other",
	} {
		if got := skipCode(why); got != want || skipWords[got] == "" {
			t.Errorf("skipCode(%q) = %s, want %s", why, got, want)
		}
	}
}
