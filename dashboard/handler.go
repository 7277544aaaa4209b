package dashboard

import (
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/gojobgen/jobgen/storage"
)

// How much one dashboard asks of its store and of its process.
const (
	queryDeadline = 2 * time.Second
	maxQueries    = 4       // at a time
	maxStreams    = 100     // live streams
	maxPerPerson  = 4       // live streams of one principal
	maxForm       = 1 << 20 // bytes of a form
)

// handler is the dashboard.
type handler struct {
	store  storage.Store
	opts   Options
	log    zerolog.Logger
	cross  *http.CrossOriginProtection
	assets *assets
	slots  chan struct{} // one for each query that runs
	look   look
	live   *broadcaster

	servers   sync.Map // *http.Server whose shutdown ends our streams
	now       func() time.Time
	deadline  time.Duration
	heartbeat time.Duration
}

var _ io.Closer = (*handler)(nil)

// New makes a dashboard of what is in store. It panics when an option can only be a
// mistake, such as a BasePath without its slash. The handler is an [io.Closer]: its
// Close ends the live streams, which also happens by itself when the [http.Server]
// shuts down.
func New(store storage.Store, opts Options) http.Handler {
	if store == nil {
		panic("dashboard: nil store")
	}
	opts = opts.check()
	d := &handler{
		store:     store,
		opts:      opts,
		log:       opts.Logger.With().Str("component", "dashboard").Logger(),
		cross:     http.NewCrossOriginProtection(),
		assets:    loadAssets(),
		slots:     make(chan struct{}, maxQueries),
		now:       time.Now,
		deadline:  queryDeadline,
		heartbeat: 15 * time.Second,
	}
	for _, origin := range opts.TrustedOrigins {
		if err := d.cross.AddTrustedOrigin(origin); err != nil {
			panic("dashboard: TrustedOrigins: " + err.Error())
		}
	}
	d.live = newBroadcaster(d.snapshot)
	if opts.Authorize != nil && len(opts.AllowedHosts) == 0 {
		d.log.Warn().Msg("AllowedHosts is empty: name the hosts under which the dashboard answers")
	}
	return d
}

// Close ends the live streams.
func (d *handler) Close() error {
	d.live.close()
	return nil
}

// ServeHTTP answers one request: route, then access, then the page or action.
func (d *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := &visit{d: d, w: w, r: r, now: d.now().UTC()}
	v.ask = &asker{d: d, ctx: r.Context()}
	d.setHeaders(w.Header())
	defer v.recover()
	rt, known := d.route(v)
	if rt != nil && rt.open {
		rt.serve(v)
		return
	}
	if refusal := d.admit(v); refusal != nil {
		v.refuse(refusal)
		return
	}
	switch {
	case rt != nil && !v.who.may(rt.needs):
		v.refuse(&refusal{why: "your role (" + v.who.Role.String() + ") may not do this; it takes " + rt.needs.String() + "."})
	case rt != nil:
		rt.serve(v)
	case known != "":
		w.Header().Set("Allow", known)
		v.fault(http.StatusMethodNotAllowed, "This address does not take "+v.r.Method+" requests.")
	default:
		v.fault(http.StatusNotFound, "There is no page at this address.")
	}
}

// visit is one request on its way through the dashboard.
type visit struct {
	d   *handler
	w   http.ResponseWriter
	r   *http.Request
	who Principal
	id  storage.ID // of the job in the path
	arg string     // other variable part of the path
	now time.Time
	ask *asker
}

func (v *visit) query() url.Values { return v.r.URL.Query() }

func (v *visit) recover() {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		v.d.log.Error().Interface("panic", p).Bytes("stack", debug.Stack()).Str("path", v.r.URL.Path).Msg("page panicked")
		v.fault(http.StatusInternalServerError, "This page has a fault; it was logged.")
	}
}
