package watch

import (
	"net"
	"net/http"
	"net/url"
	"slices"
)

// guard lets through only requests to read that are meant for this machine and come from none but
// its own pages: a page elsewhere could otherwise have its reader's browser ask, by a name that
// leads here (DNS rebinding) or across origins.
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

// local reports whether a host, with a port or without, is this machine. Ports may differ: a
// tunnel to another machine has one of its own.
func local(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err == nil {
		host = name
	}
	return slices.Contains([]string{"127.0.0.1", "localhost", "::1", "[::1]"}, host)
}

// sameOrigin reports whether a request that names its origin comes from a page of this server.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	from, err := url.Parse(origin)
	return err == nil && from.Scheme == "http" && from.Host == r.Host
}
