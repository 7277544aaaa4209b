package dashboard

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/gojobgen/jobgen/storage"
)

func TestAssetsAreKeptForEver(t *testing.T) {
	d, _ := seeded(t, Viewer)
	for name, path := range d.assets.paths {
		r := request("GET", "/jobs/assets/"+path, nil)
		w := serve(d, r)
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("ETag") == "" {
			t.Errorf("%s = %d %v", name, w.Code, w.Header())
		}
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		if again := serve(d, r); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s again = %d", name, again.Code)
		}
	}
	w := serve(d, request("GET", "/jobs/favicon.ico", nil))
	if w.Code != 200 || w.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("favicon = %d %v", w.Code, w.Header())
	}
	if contentType("x.bin") != "application/octet-stream" {
		t.Error("an unknown file has a type")
	}
}

// gzipped gets an address as browsers do and gives the bytes on the wire.
func gzipped(t *testing.T, h http.Handler, target string) []byte {
	t.Helper()
	r := request("GET", target, nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br")
	w := serve(h, r)
	if w.Code != 200 || w.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(w.Header().Get("Vary"), "Accept-Encoding") {
		t.Fatalf("%s = %d %v", target, w.Code, w.Header())
	}
	return w.Body.Bytes()
}

var sources = regexp.MustCompile(`(?:src|rel="stylesheet" href)="([^"]+)"`)

// Budgets: a first load is at most 60 KB on the wire, a later page 15 KB, and four requests, the icon among them.
func TestBudgets(t *testing.T) {
	d, s := seeded(t, Admin)
	for _, path := range []string{"/", "/jobs", "/jobs?state=failed", "/jobs/" + first(t, s, storage.Failed).String(), "/queues", "/recurring", "/servers"} {
		wire := gzipped(t, d, "/jobs"+path)
		z, err := gzip.NewReader(bytes.NewReader(wire))
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		total, files := len(wire), sources.FindAllStringSubmatch(string(page), -1)
		for _, m := range files {
			total += len(gzipped(t, d, m[1]))
		}
		t.Logf("%-45s page %5d, first load %5d bytes in %d requests", path, len(wire), total, len(files)+2)
		if len(wire) > 15<<10 || total > 60<<10 || len(files) != 2 {
			t.Errorf("%s: page %d, first load %d bytes, %d files", path, len(wire), total, len(files))
		}
	}
}

func TestGzipOnlyWhenAsked(t *testing.T) {
	for header, want := range map[string]bool{"": false, "gzip": true, "br, GZIP;q=0.5": true, "gzip;q=0": false, "gzip; q=0.000": false, "br": false} {
		r := request("GET", "/", nil)
		r.Header.Set("Accept-Encoding", header)
		if got := takesGzip(r); got != want {
			t.Errorf("takesGzip(%q) = %v", header, got)
		}
	}
	d, _ := seeded(t, Viewer)
	r := request("GET", "/jobs/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	if w := serve(outerGzip{d}, r); bytes.HasPrefix(w.Body.Bytes(), []byte{0x1f, 0x8b}) {
		t.Error("compressed twice")
	}
}

// outerGzip is a middleware that has declared its own compression.
type outerGzip struct{ http.Handler }

func (o outerGzip) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	o.Handler.ServeHTTP(w, r)
}

// Nothing inline, and the templates of the standard library stay out of reach: their
// reflection would double the program that mounts us.
func TestNothingInline(t *testing.T) {
	d, s := seeded(t, Admin)
	inline := regexp.MustCompile(`<style|style="|\son[a-z]+="|<script(?: [^>]*)?>[^<]|href="(?:https?:)?//|src="(?:https?:)?//`)
	for _, path := range []string{"/", "/jobs", "/jobs/" + first(t, s, storage.Failed).String(), "/queues", "/recurring", "/servers"} {
		if found := inline.FindString(page200(t, d, "/jobs"+path)); found != "" {
			t.Errorf("%s: inline %q", path, found)
		}
	}
}

func TestImports(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal("go list:", err)
	}
	const module = "github.com/gojobgen/jobgen/"
	for _, path := range strings.Fields(string(out)) {
		own, ours := strings.CutPrefix(path, module)
		switch {
		case path == "html/template" || path == "text/template" || path == "testing":
			t.Errorf("imports %s", path)
		case ours && own != "storage" && own != "runtime" && own != "runtime/cron" && !strings.HasPrefix(own, "dashboard/"):
			t.Errorf("imports %s: only storage and runtime are allowed", path)
		case !ours && strings.Contains(path, ".") && !strings.HasPrefix(path, "maragu.dev/gomponents") && path != "github.com/rs/zerolog":
			t.Errorf("imports %s, a new dependency", path)
		}
	}
}
