package dashboard

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// refusal is why a request is not answered, in words for the visitor.
type refusal struct {
	why string
	how string // what to do about it, with code
	log string // further facts for the log only
}

// admit decides who makes the request, or why it is refused.
func (d *handler) admit(v *visit) *refusal {
	if !d.hostAllowed(v.r) {
		return &refusal{
			why: "This host name is not one that the dashboard answers to.",
			how: `Options.AllowedHosts = []string{"jobs.example.com"}`,
			log: "host " + v.r.Host,
		}
	}
	if err := d.cross.Check(v.r); err != nil {
		return &refusal{why: "This request was sent by a page of another site.", log: err.Error()}
	}
	who, no := d.identify(v.r)
	v.who = who
	return no
}

// identify asks the hook, or applies the rules for a dashboard without one.
func (d *handler) identify(r *http.Request) (Principal, *refusal) {
	if d.opts.Authorize == nil {
		if !local(r) {
			return Principal{}, &refusal{
				why: "This dashboard has no Authorize hook, so it answers only direct requests from its own machine: set the hook to say who may see it.",
				how: hookExample,
			}
		}
		if d.opts.Development {
			return Principal{Name: "developer", Role: Admin}, nil
		}
		return Principal{Name: "local", Role: Viewer}, nil
	}
	who, err := d.opts.Authorize(r)
	if err != nil {
		return Principal{}, &refusal{why: "You may not see this dashboard.", log: err.Error()}
	}
	if !who.may(Viewer) {
		return Principal{}, &refusal{why: "Your account has no role on this dashboard.", log: "principal " + who.Name}
	}
	return who, nil
}

const hookExample = `dashboard.Options{
	Authorize: func(r *http.Request) (dashboard.Principal, error) {
		user, err := currentUser(r) // as the service knows its users
		return dashboard.Principal{Name: user, Role: dashboard.Operator}, err
	},
}`

var forwardingHeaders = []string{"Forwarded", "X-Real-Ip", "Via"}

// local reports whether the request was made on this machine, to a loopback name,
// and not passed on by anybody. A published container port is not loopback.
func local(r *http.Request) bool {
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded-") || slices.Contains(forwardingHeaders, name) {
			return false
		}
	}
	return localAddrIsLoopback(r) && isLoopbackAddr(r.RemoteAddr) && isLoopbackName(hostName(r.Host))
}

// hostAllowed is the defence against DNS rebinding, which no check of origins gives.
func (d *handler) hostAllowed(r *http.Request) bool {
	host, atLoopback := hostName(r.Host), localAddrIsLoopback(r)
	if atLoopback && isLoopbackName(host) {
		return true
	}
	if len(d.opts.AllowedHosts) == 0 {
		return !atLoopback
	}
	return slices.ContainsFunc(d.opts.AllowedHosts, func(h string) bool { return strings.EqualFold(h, host) })
}

func localAddrIsLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && isLoopbackAddr(addr.String())
}

func isLoopbackAddr(addr string) bool {
	ap, err := netip.ParseAddrPort(addr)
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

func isLoopbackName(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// hostName is the Host header without port and brackets.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
