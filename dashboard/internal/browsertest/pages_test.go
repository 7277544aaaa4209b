package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/gojobgen/jobgen/dashboard"
	"github.com/gojobgen/jobgen/dashboard/internal/sample"
)

// Every page at each width and in both colour schemes: silent, self-contained,
// accessible, and no wider than the window. With SHOTS set to a folder, pictures
// of them are left there.
func TestPages(t *testing.T) {
	store := sample.Seeded(time.Now())
	base := serve(t, store, dashboard.Options{Development: true, Environment: "production", AppURL: "/"})
	empty := serve(t, sample.Empty(), dashboard.Options{})
	for _, width := range []int64{1280, 390} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			tb := openTab(t, look{width: width})
			pages := paths(t, store)
			for _, name := range sortedKeys(pages) {
				tb.check(name, base, pages[name], width)
			}
			for _, path := range []string{"/", "/jobs", "/queues", "/recurring", "/servers"} {
				tb.check("empty"+strings.ReplaceAll(path, "/", " "), empty, path, width)
			}
		})
	}
}

func (tb *tab) check(name, base, path string, width int64) {
	tb.t.Helper()
	tb.open(base + path)
	if name == "gone" {
		tb.forget("404") // the browser notes the status of the page itself
	}
	eval[bool](tb, axe+";true")
	for _, dark := range []bool{false, true} {
		l := look{width: width, dark: dark}
		tb.colours(dark)
		tb.shoot(name, l)
		for _, v := range tb.violations(dark) {
			tb.t.Errorf("%s %v: %s", name, l, v)
		}
	}
	if wide := eval[int](tb, "document.documentElement.scrollWidth - innerWidth"); wide > 0 {
		tb.t.Errorf("%s: %d px wider than the window", name, wide)
	}
	tb.clean(base)
}

// forget drops console lines that hold a text.
func (tb *tab) forget(text string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	var kept []string
	for _, line := range tb.console {
		if !strings.Contains(line, text) {
			kept = append(kept, line)
		}
	}
	tb.console = kept
}

const (
	everyRule   = `{runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"], resultTypes: ["violations"]}`
	colourRules = `{runOnly: {type: "rule", values: ["color-contrast", "link-in-text-block"]}, resultTypes: ["violations"]}`
)

// violations runs axe: every rule of WCAG 2.2 AA and its best practice, or only
// those on which colours bear.
func (tb *tab) violations(coloursOnly bool) []string {
	tb.t.Helper()
	rules := everyRule
	if coloursOnly {
		rules = colourRules
	}
	var found []string
	tb.must(json.Unmarshal([]byte(eval[string](tb, `axe.run(document, `+rules+`).then(r => JSON.stringify(r.violations.map(v =>
		v.id + ": " + v.help + "\n" + v.nodes.slice(0, 3).map(n => n.target + " " + n.html + "\n" + n.failureSummary).join("\n"))))`)), &found))
	return found
}

// The checker finds what it should.
func TestViolationsAreFound(t *testing.T) {
	tb := openTab(t, look{width: 390})
	tb.open(serve(t, sample.Empty(), dashboard.Options{}) + "/servers")
	eval[bool](tb, axe+`;const i = document.createElement("img"); i.src = "/jobs/favicon.ico"; document.querySelector("main").append(i);
		const p = document.createElement("p"); p.textContent = "pale"; p.style.color = "#e8e8e8"; document.querySelector("main").append(p); true`)
	if got := strings.Join(tb.violations(false), "\n"); !strings.Contains(got, "image-alt") || !strings.Contains(got, "color-contrast") {
		t.Errorf("violations = %s", got)
	}
}

func (tb *tab) shoot(name string, l look) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(tb.ctx, chromedp.FullScreenshot(100))
	tb.must(err)
	tb.must(os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+"-"+l.String()+".png"), png, 0o644))
}
