// Package watch serves the pages of runs while they are being recorded: a page follows its
// series as they grow, by server-sent events that carry only what is new.
//
// The state of a page is a function of how many bytes of each series it has read and of how the
// runs stand, and the id of an event is just that. So neither side keeps anything for the other:
// whichever restarts, the page goes on from where it was.
//
// It reads what lies in one folder and nothing outside, and writes nothing. Only programs on this
// machine reach it, and of the pages in a browser only its own.
package watch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A Server serves the pages of the runs in a folder.
type Server struct {
	root  *os.Root
	title string
	// interval is how often a followed page looks for news, beat how often a connection without
	// any is kept alive.
	interval, beat time.Duration

	mu    sync.Mutex // guards what follows, and is held while pages are made
	files map[string]*growing

	looking  sync.Mutex // guards what follows, and is held while runs are counted
	standing map[string]standing
}

const (
	interval = time.Second
	beat     = 15 * time.Second
	// patience is how long pages under way may take when the server stops.
	patience = 3 * time.Second
)

// New returns a server of the runs in a folder: a run's own, an experiment's, or one of
// experiments.
func New(dir string) (*Server, error) {
	// Opening a FIFO would wait for its writer.
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", dir)
	}

	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}

	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}

	title, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	return &Server{
		root:     root,
		title:    filepath.Base(title),
		interval: interval,
		beat:     beat,
		files:    map[string]*growing{},
		standing: map[string]standing{},
	}, nil
}

// Listen listens on a port of this machine that others do not reach; on any free one for 0.
func Listen(port int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(port)))
	if err != nil {
		return nil, fmt.Errorf("watch: %w (--port 0 takes any free port)", err)
	}
	return l, nil
}

// Serve answers requests until ctx ends, and then closes everything.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer s.root.Close()
	// Streams of events never end by themselves: without a context of their own, Shutdown would
	// wait for them.
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	server := &http.Server{
		Handler:           guard(http.HandlerFunc(s.serve)),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context {
			return ctx
		}, // ends the streams of events
	}

	// The streams end with the context; pages under way have a while.
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		limited, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		stopped <- errors.Join(server.Shutdown(limited), server.Close())
	}()

	err := server.Serve(l)
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("watch: %w", err)
	}

	return <-stopped
}
