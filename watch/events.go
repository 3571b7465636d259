package watch

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/liptrack/liptrack/plots/page"
)

// reload is the update that makes a browser reload the page.
const reload = `{"reload":true}`

// serveEvents sends the changes of a page since the reader's state, and later changes at most once
// per interval, or as fast as a slow link delivers them. A reader whose state is unknown is told to
// reload.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request, of subject) {
	// A browser that reconnects sends the id of the last event it received. A new page sends its
	// version in the address.
	state := r.Header.Get("Last-Event-ID")
	if state == "" {
		state = r.URL.Query().Get("from")
	}

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out, done := compressed(w, r)
	defer done()
	// A HEAD request must not keep a connection open, since it receives no events.
	if r.Method == http.MethodHead {
		return
	}

	stream := &stream{
		out:     out,
		control: http.NewResponseController(out),
		state:   state,
	}
	// The browser reconnects two seconds after the connection ends (server-sent events, HTML
	// standard, 9.2).
	stream.writeEvent("retry: 2000\n\n")
	tick := time.NewTicker(s.interval)
	defer tick.Stop()
	for stream.err == nil {
		s.advance(stream, of)
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// A stream is the connection to one reader.
type stream struct {
	out     io.Writer
	control *http.ResponseController
	page    *page.Page // the page that the reader has; nil until it is computed
	state   string     // its version
	sent    time.Time
	err     error
}

// advance sends the changes of the page, if there are any.
func (s *Server) advance(to *stream, of subject) {
	known := to.state
	if to.page == nil {
		known = "" // the page is needed to compute later differences
	}

	page, state, err := s.page(of, known)
	// The page is kept even if nothing changed, because the next difference starts from it.
	if err == nil && state == to.state {
		if to.page == nil {
			to.page = page
		}

		// A comment line keeps proxies from closing an idle connection, and fails if the reader has
		// gone.
		if time.Since(to.sent) > s.beat {
			to.writeEvent(": no news\n\n")
		}

		return
	}

	// The update is the difference from the page that the reader has.
	if err == nil && to.page == nil {
		to.page, err = s.pageAt(of, to.state)
	}

	var update []byte
	if err == nil {
		update, err = page.Since(to.page)
	}

	// If the reader's state cannot be reconstructed, for example after a run was restarted, the
	// reader reloads the page.
	if err != nil {
		update = []byte(reload)
	}

	if update != nil {
		to.event(state, update)
	}

	// Whether the reader got the update or reloads the page, it now has this state.
	to.page, to.state = page, state
}

// event sends an update together with the state it leads to.
func (s *stream) event(state string, update []byte) {
	s.writeEvent(fmt.Sprintf("id: %s\ndata: %s\n\n", state, update))
}

func (s *stream) writeEvent(text string) {
	if s.err == nil {
		_, s.err = io.WriteString(s.out, text)
	}
	// Without a flush the event would stay in the buffers of gzip and net/http.
	if s.err == nil {
		s.err = s.control.Flush()
	}
	s.sent = time.Now()
}
