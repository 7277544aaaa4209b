package dashboard

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// Life of one stream.
const (
	streamLife = 10 * time.Minute
	recheck    = time.Minute // how often the hook is asked again
	writeTime  = 10 * time.Second
)

// stream sends snapshots as server-sent events. A browser that cannot have a
// stream, or whose server cannot flush, asks for single snapshots instead.
func (v *visit) stream() {
	if v.r.Method == http.MethodHead || v.query().Get("once") != "" {
		v.send(http.StatusOK, "application/json", v.d.snapshot(v.r.Context()))
		return
	}
	news, leave := v.d.live.subscribe(v.who.by())
	defer leave()
	if news == nil {
		v.w.Header().Set("Retry-After", "5")
		v.send(http.StatusServiceUnavailable, "text/plain; charset=utf-8", []byte("too many live streams\n"))
		return
	}
	v.d.endOnShutdown(v.r)
	head := v.w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("X-Accel-Buffering", "no")
	out := &events{w: v.w, rc: http.NewResponseController(v.w)}
	if !out.send(": welcome\n\n") {
		return
	}
	v.pump(out, news)
}

// pump sends until the visitor leaves, loses the right to see, or the stream is old.
func (v *visit) pump(out *events, news <-chan []byte) {
	beat := time.NewTicker(v.d.heartbeat)
	defer beat.Stop()
	check := time.NewTicker(recheck)
	defer check.Stop()
	end := time.NewTimer(streamLife - rand.N(time.Minute))
	defer end.Stop()
	for {
		ok := true
		select {
		case <-v.r.Context().Done():
			return
		case <-v.d.live.done:
			return
		case <-end.C:
			return
		case <-check.C:
			_, refusal := v.d.identify(v.r)
			ok = refusal == nil
		case <-beat.C:
			ok = out.send(": beat\n\n")
		case data := <-news:
			ok = out.send(fmt.Sprintf("data: %s\n\n", data))
		}
		if !ok {
			return
		}
	}
}

// events writes and flushes, each time with its own deadline, since services set one
// for whole answers.
type events struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (e *events) send(s string) bool {
	_ = e.rc.SetWriteDeadline(time.Now().Add(writeTime)) // where it is not supported there is none to extend
	if _, err := e.w.Write([]byte(s)); err != nil {
		return false
	}
	return e.rc.Flush() == nil
}

// endOnShutdown ends the streams when the server that serves them shuts down, since
// it would wait for them.
func (d *handler) endOnShutdown(r *http.Request) {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return
	}
	if _, known := d.servers.LoadOrStore(server, true); !known {
		server.RegisterOnShutdown(d.live.close)
	}
}
