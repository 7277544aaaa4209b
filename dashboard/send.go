package dashboard

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// smallest body worth compressing
const minGzip = 1 << 10

var gzipPool = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, 5) // the level is a valid one
	return w
}}

// send writes a whole answer, compressed when the browser takes it and nobody
// outside compresses already.
func (v *visit) send(status int, contentType string, body []byte) {
	head := v.w.Header()
	head.Set("Content-Type", contentType)
	if head.Get("Content-Encoding") == "" {
		head.Add("Vary", "Accept-Encoding")
		if len(body) >= minGzip && takesGzip(v.r) {
			body = compress(body)
			head.Set("Content-Encoding", "gzip")
		}
		head.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if status == 0 {
		status = http.StatusOK
	}
	v.w.WriteHeader(status)
	if v.r.Method != http.MethodHead {
		_, _ = v.w.Write(body) // the visitor may be gone
	}
}

func compress(body []byte) []byte {
	var buf bytes.Buffer
	z := gzipPool.Get().(*gzip.Writer)
	defer gzipPool.Put(z)
	z.Reset(&buf)
	_, _ = z.Write(body) // to memory
	_ = z.Close()
	return buf.Bytes()
}

func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(name, "gzip") {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.000") && q != "q=0.0" && q != "q=0.00"
		}
	}
	return false
}

// attachment writes a file for downloading.
func (v *visit) attachment(name, contentType string, body []byte) {
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	v.send(http.StatusOK, contentType, body)
}

func (v *visit) healthz() { v.send(http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n")) }

func (v *visit) robots() {
	v.send(http.StatusOK, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /\n"))
}
