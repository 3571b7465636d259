package watch

import (
	"net"
	"net/http"
	"net/url"
	"slices"
)

// guard passes on only read requests that are addressed to this machine and come from its own
// pages. Otherwise a foreign page could make its reader's browser send requests, by DNS rebinding
// or across origins.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "frame-ancestors 'none'")

		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only reading is allowed", http.StatusMethodNotAllowed)
		case !local(r.Host):
			http.Error(w, "this server answers to localhost only", http.StatusForbidden)
		case !sameOrigin(r):
			http.Error(w, "this server answers its own pages only", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// local reports whether a host, with or without a port, is this machine. The port may differ, since
// a tunnel from another machine has its own.
func local(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err == nil {
		host = name
	}
	return slices.Contains([]string{"127.0.0.1", "localhost", "::1", "[::1]"}, host)
}

// sameOrigin reports whether a request comes from a page of this server or does not name its
// origin.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	from, err := url.Parse(origin)
	return err == nil && from.Scheme == "http" && from.Host == r.Host
}
