package dashboard

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"

	h "github.com/gojobgen/jobgen/dashboard/internal/html"
	"github.com/gojobgen/jobgen/storage"
)

// The result of an action travels in the address that the browser is led back to,
// as words of this file and numbers only, so any process can show it and nobody can
// make us show a text of theirs.
var resultParams = []string{"did", "n", "why"}

// skipWords say why a job was skipped.
var skipWords = map[string]string{
	"gone": "not there any more", "key": "another job holds its unique key", "releasing": "its last end still releases others",
	"needed": "other jobs wait for it", "other": "does not apply now",
	"scheduled": "already scheduled", "awaiting": "still awaiting its parents", "enqueued": "already enqueued",
	"processing": "already running", "succeeded": "already succeeded", "failed": "already failed", "deleted": "already deleted",
}

// skipCode finds the word for what a store says.
func skipCode(why string) string {
	why = strings.ToLower(why)
	for _, cause := range []struct{ part, code string }{
		{"unique", "key"}, {" key", "key"}, {"releas", "releasing"}, {"waits for", "needed"},
		{"not found", "gone"}, {"gone", "gone"}, {"no such", "gone"}, {"unknown", "gone"}, {"running", "processing"},
	} {
		if strings.Contains(why, cause.part) {
			return cause.code
		}
	}
	for _, s := range storage.States() {
		if strings.Contains(why, s.String()) {
			return s.String()
		}
	}
	return "other"
}

func resultQuery(vb *verb, out outcome) url.Values {
	by := make(map[string]int)
	for _, s := range out.skipped {
		by[skipCode(s.Why)]++
	}
	var why []string
	for code, n := range by {
		why = append(why, code+"."+strconv.Itoa(n))
	}
	slices.Sort(why)
	q := url.Values{"did": {vb.name}, "n": {strconv.Itoa(out.done)}}
	if len(why) > 0 {
		q.Set("why", strings.Join(why, ","))
	}
	return q
}

// resultBanner shows what came of the action that led here.
func (v *visit) resultBanner() g.Node {
	q := v.query()
	switch did := q.Get("did"); did {
	case "":
		return nil
	case "nothing":
		return banner("info", "info", h.Text("Nothing was ticked: tick the jobs to act on first."))
	case "fault":
		return banner("bad", "alert", h.Text("The store did not answer in time. The action may be done or not: look before you repeat it."))
	default:
		return doneBanner(did, q)
	}
}

func doneBanner(did string, q url.Values) g.Node {
	past := pastOf(did)
	if past == "" {
		return nil
	}
	n, _ := strconv.Atoi(q.Get("n")) // 0 is right for anything else
	n = min(max(n, 0), maxIDs)
	parts := []string{number(n) + " " + past}
	skipped := false
	for item := range strings.SplitSeq(q.Get("why"), ",") {
		code, times, _ := strings.Cut(item, ".")
		k, err := strconv.Atoi(times)
		if word := skipWords[code]; word != "" && err == nil && k > 0 && k <= maxIDs && len(parts) <= len(skipWords) {
			parts = append(parts, fmt.Sprintf("%s skipped: %s", number(k), word))
			skipped = true
		}
	}
	message := strings.Join(parts, ", ") + "."
	if n == 0 && skipped {
		message = strings.Join(parts[1:], ", ") + "."
	}
	if skipped {
		return banner("warn", "alert", h.Text(message))
	}
	return banner("good", "succeeded", h.Text(message))
}

func pastOf(name string) string {
	for _, verbs := range [][]*verb{jobVerbs, queueVerbs, recurringVerbs} {
		for _, vb := range verbs {
			if vb.name == name {
				return vb.past
			}
		}
	}
	return ""
}
