package dashboard

import (
	"strings"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/storage"
)

func TestNumbersAndTimes(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 12408: "12,408", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %s", n, got)
		}
	}
	for d, want := range map[time.Duration]string{
		800 * time.Microsecond: "800 µs", 350 * time.Millisecond: "350 ms", time.Second: "1 s", 1240 * time.Millisecond: "1.2 s", 42 * time.Second: "42 s",
		3*time.Minute + 4*time.Second: "3 min 4 s", 2 * time.Hour: "2 h", 2*time.Hour + 5*time.Minute: "2 h 5 min", 76 * time.Hour: "3 d 4 h", -time.Second: "1 s",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %s, want %s", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "now", time.Second: "1 s ago", 90 * time.Second: "1 min ago", -2 * time.Hour: "in 2 h", 47 * time.Hour: "47 h ago", 49 * time.Hour: "2 d ago", -500 * time.Millisecond: "now"} {
		if got := relative(at.Add(-d), at); got != want {
			t.Errorf("relative(%v) = %s, want %s", d, got, want)
		}
	}
	for noun, want := range map[string]string{"job": "2 jobs", "retry": "2 retries", "entry": "2 entries"} {
		if got := plural(2, noun); got != want || plural(1, noun) != "1 "+noun {
			t.Errorf("plural = %s", got)
		}
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\nb": "a↵ b", "a\tb": "a b", "\x1b[31m": "␛[31m", "\x00": "␀", "a\u202eb": "a[U+202E]b", "zero\u200bwidth": "zero[U+200B]width",
		"\u2028": "[U+2028]", "\x7f": "[U+007F]", "bad\xffutf": "bad\uFFFDutf", "ünï 日本": "ünï 日本",
	} {
		if got := visible(in, false); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
	if got := visible("a\n\tb\r\u202e", true); got != "a\n\tb␍[U+202E]" {
		t.Errorf("block = %q", got)
	}
}

func TestCut(t *testing.T) {
	if cut("abc", 3) != "abc" || cut("abcd", 3) != "abc…" || cut("aéb", 2) != "a…" {
		t.Errorf("%s %s %s", cut("abc", 3), cut("abcd", 3), cut("aéb", 2))
	}
}

func TestBigValuesAreCut(t *testing.T) {
	s := sampleOne(storage.Job{Kind: "k", Queue: "q", State: storage.Succeeded, CreatedAt: at, FinishedAt: at,
		Payload: []byte(`{"text":"` + strings.Repeat("x", 900_000) + `"}`), Result: []byte(`"` + strings.Repeat("y", 900_000) + `"`)})
	d := mounted(t, s, Options{Authorize: as(Viewer)})
	id := first(t, s, storage.Succeeded).String()
	body := page200(t, d, "/jobs/"+id)
	if len(body) > 200_000 {
		t.Errorf("%d bytes", len(body))
	}
	wants(t, body, "Long values are cut.", "The result is cut.")
	if got := page200(t, d, "/jobs/"+id+"/result.json"); len(got) != 900_002 {
		t.Errorf("download has %d bytes", len(got))
	}
}

func TestHeldWords(t *testing.T) {
	for held, want := range map[string]string{
		"kind:a.B@9f": "no running server reads a.B with the arguments of fingerprint 9f", "kind:a.B@": "no running server knows the kind a.B",
		"paused-kind:a.B": "the kind a.B is paused", "limit:k": "the limit of key k is used up", "rate:k:1": "the rate of key k:1 is used up", "moon": "moon",
	} {
		if got := heldWords(held); got != want {
			t.Errorf("heldWords(%q) = %q", held, got)
		}
	}
}

func TestAttempts(t *testing.T) {
	h := []storage.HistoryEntry{
		{State: storage.Enqueued}, {State: storage.Processing, Fetch: 1, Attempt: 1}, {State: storage.Scheduled, Fetch: 1, Attempt: 1, Outcome: storage.Retry},
		{State: storage.Failed, Fetch: 4, Attempt: 2, Outcome: storage.Fail}, {State: storage.Processing, Fetch: 5, Attempt: 3},
	}
	runs := attempts(h)
	if len(runs) != 3 || runs[0].end != nil || runs[0].start.Fetch != 5 || runs[1].start != nil || runs[2].start == nil || runs[2].end == nil {
		t.Errorf("attempts = %+v", runs)
	}
}

func TestNiceTop(t *testing.T) {
	for n, want := range map[int64]int64{1: 1, 2: 2, 3: 5, 6: 10, 11: 20, 51: 100, 162: 200} {
		if got := niceTop(n); got != want {
			t.Errorf("niceTop(%d) = %d", n, got)
		}
	}
}
