// Package watch serves the pages of runs while they are being recorded: a page follows its
// series as they grow, by server-sent events that carry only what is new.
//
// The state of a page is determined by the number of bytes read of each series and by the state of
// each run, and the id of an event encodes just these. Neither side has to remember anything about
// the other: if either restarts, the page continues from where it was.
//
// The server reads only within one folder and writes nothing. Only programs on this machine can
// connect, and in a browser only the server's own pages.
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
	// interval is the time between two checks for changes; beat is the time after which an idle
	// connection is kept alive.
	interval, beat time.Duration

	mu    sync.Mutex // guards what follows, and is held while pages are made
	files map[string]*growing

	looking  sync.Mutex // guards what follows, and is held while runs are counted
	standing map[string]standing
}

const (
	interval = time.Second
	beat     = 15 * time.Second
	// patience is how long requests in progress may take when the server stops.
	patience = 3 * time.Second
)

// New returns a server for the runs in a folder: the folder of a run, of an experiment, or of
// several experiments.
func New(dir string) (*Server, error) {
	// Opening a FIFO would block until it has a writer.
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

// Listen listens on a loopback port, which other machines cannot reach; port 0 means any free port.
func Listen(port int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(port)))
	if err != nil {
		return nil, fmt.Errorf("watch: %w (--port 0 takes any free port)", err)
	}
	return l, nil
}

// Serve answers requests until ctx ends and then closes the listener and the folder.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer s.root.Close()
	// Event streams never end by themselves. Without a context of their own, Shutdown would wait
	// for them.
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	server := &http.Server{
		Handler:           guard(http.HandlerFunc(s.serve)),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context {
			return ctx
		}, // ends the event streams
	}

	// Event streams end with the context; other requests in progress may finish for a while.
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
