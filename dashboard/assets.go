package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed assets/app.css assets/app.js assets/htmx.min.js assets/icon.svg
var embedded embed.FS

// assets are the files that pages load. Their addresses hold a hash of their
// content, so browsers keep them for ever.
type assets struct {
	byPath map[string]*asset // "<hash>/app.css"
	paths  map[string]string // "app.css" -> its path
}

type asset struct {
	contentType string
	plain, gzip []byte
	etag        string
}

// loadAssets prepares the embedded files, once for all dashboards of the process.
var loadAssets = sync.OnceValue(func() *assets {
	all := &assets{byPath: make(map[string]*asset), paths: make(map[string]string)}
	entries, err := embedded.ReadDir("assets")
	if err != nil {
		panic(err) // embedded: cannot be missing
	}
	files := make(map[string][]byte)
	for _, entry := range entries {
		data, err := embedded.ReadFile("assets/" + entry.Name())
		if err != nil {
			panic(err)
		}
		files[entry.Name()] = data
	}
	// One script instead of two saves a request.
	files["app.js"] = slices.Concat(files["htmx.min.js"], []byte("\n"), files["app.js"])
	delete(files, "htmx.min.js")
	for name, data := range files {
		all.add(name, data)
	}
	return all
})

func (a *assets) add(name string, data []byte) {
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:6])
	var buf bytes.Buffer
	z, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // a valid level, to memory
	_, _ = z.Write(data)
	_ = z.Close()
	at := hash + "/" + name
	a.paths[name] = at
	a.byPath[at] = &asset{contentType: contentType(name), plain: data, gzip: buf.Bytes(), etag: `"` + hash + `"`}
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

func (d *handler) assetURL(name string) string {
	return d.url("/assets/"+d.assets.paths[name], nil)
}

func (v *visit) asset() {
	file := v.d.assets.byPath[v.arg]
	if file == nil {
		v.fault(http.StatusNotFound, "There is no such asset.")
		return
	}
	v.w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	v.sendAsset(file)
}

// favicon answers the address that browsers ask by themselves.
func (v *visit) favicon() {
	v.w.Header().Set("Cache-Control", "private, max-age=86400")
	v.sendAsset(v.d.assets.byPath[v.d.assets.paths["icon.svg"]])
}

func (v *visit) sendAsset(file *asset) {
	head := v.w.Header()
	head.Set("ETag", file.etag)
	head.Add("Vary", "Accept-Encoding")
	if strings.Contains(v.r.Header.Get("If-None-Match"), file.etag) {
		v.w.WriteHeader(http.StatusNotModified)
		return
	}
	body := file.plain
	if takesGzip(v.r) && head.Get("Content-Encoding") == "" {
		body = file.gzip
		head.Set("Content-Encoding", "gzip")
	}
	head.Set("Content-Type", file.contentType)
	v.w.WriteHeader(http.StatusOK)
	if v.r.Method != http.MethodHead {
		_, _ = v.w.Write(body) // the visitor may be gone
	}
}
