package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Options says how the dashboard is mounted and who may use it.
type Options struct {
	// BasePath is where browsers see the dashboard, such as "/jobs"; empty: the root.
	BasePath string

	// Authorize says who makes a request; an error refuses it. It is asked before
	// every page, asset, action and stream. Nil: see the package documentation.
	Authorize func(*http.Request) (Principal, error)

	// Development makes every visitor of this machine an [Admin] while there is no
	// Authorize hook.
	Development bool

	// AllowedHosts are the host names, without port, under which the dashboard
	// answers, besides loopback names on loopback addresses. Empty: any name, unless
	// the request came to a loopback address. Name them in production: it is what
	// stops DNS rebinding.
	AllowedHosts []string

	// TrustedOrigins may send actions from pages of other origins, as "https://host".
	TrustedOrigins []string

	// FrameAncestors may show the dashboard in a frame, as "https://host"; empty: nobody.
	FrameAncestors []string

	Title       string // of the pages; "Jobs" when empty
	Environment string // shown beside the title, such as "production"
	AppURL      string // link back to the service; empty: none

	// Logger is told of refused requests, actions and faults; the zero Logger is silent.
	Logger zerolog.Logger

	// OnAction is told of each action after it was done, skipped or refused; for an audit.
	OnAction func(context.Context, ActionRecord)
}

// ActionRecord is what somebody did through the dashboard.
type ActionRecord struct {
	At        time.Time
	Principal Principal
	Action    string   // "retry", "delete", "pause queue", ...
	Targets   []string // job ids, or one queue, kind or recurring job
	Done      int
	Skipped   int
	Remote    string // address of the peer
	Err       error  // refused or failed
}

// check normalises o and panics for what can only be a mistake in the program.
func (o Options) check() Options {
	o.BasePath = strings.TrimRight(o.BasePath, "/")
	if o.BasePath != "" && !strings.HasPrefix(o.BasePath, "/") {
		panic(fmt.Sprintf("dashboard: BasePath %q must begin with /", o.BasePath))
	}
	for _, a := range o.FrameAncestors {
		if a == "" || strings.ContainsAny(a, " ;,\t\r\n") {
			panic(fmt.Sprintf("dashboard: FrameAncestors: %q is not one origin", a))
		}
	}
	if u, err := url.Parse(o.AppURL); err != nil || (u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https") {
		panic(fmt.Sprintf("dashboard: AppURL %q is not a web address", o.AppURL))
	}
	if o.Title == "" {
		o.Title = "Jobs"
	}
	return o
}
