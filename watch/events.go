package watch

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/liptrack/liptrack/plots/page"
)

// reload is the update that has a page loaded anew.
const reload = `{"reload":true}`

// serveEvents sends what is new on a page since the state that the reader has, and whatever is
// new after that, at most once an interval: on a slow link as often as the last update has got
// through. A reader whose state cannot be told any more is to load the page anew.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request, of subject) {
	// A browser that reconnects sends the id of the last event that it has; a new page asks from
	// the version in its address.
	state := r.Header.Get("Last-Event-ID")
	if state == "" {
		state = r.URL.Query().Get("from")
	}

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out, done := compressed(w, r)
	defer done()
	// A HEAD request must not hold a connection open for events that it does not take.
	if r.Method == http.MethodHead {
		return
	}

	stream := &stream{
		out:     out,
		control: http.NewResponseController(out),
		state:   state,
	}
	// Server-sent events (HTML standard, 9.2): the reader tries again two seconds after the
	// connection ends.
	stream.write("retry: 2000\n\n")
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

// A stream is the connection of one reader.
type stream struct {
	out     io.Writer
	control *http.ResponseController
	page    *page.Page // that the reader has; nil if not yet worked out
	state   string     // its version
	sent    time.Time
	err     error
}

// advance sends what is new, if anything is.
func (s *Server) advance(to *stream, of subject) {
	known := to.state
	if to.page == nil {
		known = "" // the page is needed, to tell what will be new
	}

	page, state, err := s.page(of, known)
	// The page is kept even when nothing is new, since the next difference is taken from it.
	if err == nil && state == to.state {
		if to.page == nil {
			to.page = page
		}

		// A comment line keeps proxies from closing an idle connection, and shows here when the
		// reader has gone.
		if time.Since(to.sent) > s.beat {
			to.write(": no news\n\n")
		}

		return
	}

	// What is new is the difference from the page that the reader has.
	if err == nil && to.page == nil {
		to.page, err = s.pageAt(of, to.state)
	}

	var update []byte
	if err == nil {
		update, err = page.Since(to.page)
	}

	// Without a way back to the state that the reader has, as after a run was begun anew, it loads
	// the page again.
	if err != nil {
		update = []byte(reload)
	}

	if update != nil {
		to.event(state, update)
	}

	// The reader is up to date, or is about to load the page anew: both times this is its state.
	to.page, to.state = page, state
}

// event sends an update that leads to a state.
func (s *stream) event(state string, update []byte) {
	s.write(fmt.Sprintf("id: %s\ndata: %s\n\n", state, update))
}

func (s *stream) write(text string) {
	if s.err == nil {
		_, s.err = io.WriteString(s.out, text)
	}
	// Without a flush an event would wait in the buffers of gzip and of net/http.
	if s.err == nil {
		s.err = s.control.Flush()
	}
	s.sent = time.Now()
}
