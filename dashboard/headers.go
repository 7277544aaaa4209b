package dashboard

import (
	"net/http"
	"strings"
)

// setHeaders sets what every answer carries. Nothing is inline in our pages, so the
// policy needs no exception.
func (d *handler) setHeaders(h http.Header) {
	ancestors := "'none'"
	if len(d.opts.FrameAncestors) > 0 {
		ancestors = strings.Join(d.opts.FrameAncestors, " ")
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "+ancestors)
	// Not no-referrer: browsers then send "Origin: null" with forms, which on a plain
	// HTTP intranet host makes our own posts look foreign.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
}
