package queue

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/liptrack/liptrack/cluster"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// storeFolder is the subfolder of the queue's folder where JetStream stores its data.
const storeFolder = "jetstream"

// Host is a Server together with its connection to NATS, and the NATS server if it runs in this
// process.
type Host struct {
	*Server
	dir     string
	names   names
	folders *folders
	lock    *flock.Flock
	nats    *server.Server // nil if an existing NATS server is used
	conn    *nats.Conn
	stream  jetstream.JetStream
	parcels parcelStore
	broken  chan error

	answers sync.WaitGroup

	noted time.Time // when the list of workers was last written

	mu        sync.Mutex
	collected uint64 // sequence number of the last save in the folders
	progress  chan struct{}
}

// Open starts to serve runs whose folders are in dir. It fails if another server uses the folder.
func Open(ctx context.Context, dir string, runs []config.Run, at Place, o Options) (h *Host, err error) {
	h = &Host{
		dir:      dir,
		names:    names(at.Queue),
		broken:   make(chan error, 1),
		progress: make(chan struct{}),
	}
	defer func() {
		if err != nil {
			h.Close()
		}
	}()

	// The lock comes first, since a second server must not touch the list of a running one.
	own := filepath.Join(dir, rundir.QueueFolder)
	if err := h.lockFolder(own); err != nil {
		return h, err
	}

	if err := freeze(dir, runs); err != nil {
		return h, err
	}

	h.folders = newFolders(dir)
	if h.Server, err = newServer(runs, h.folders, o); err != nil {
		return h, err
	}

	h.caughtUp, h.offer = h.waitForSaves, h.publish
	if at.URL == "" {
		err := h.embed(filepath.Join(own, storeFolder), at)
		if err != nil {
			return h, err
		}
	}

	if h.conn, err = h.connect(at); err != nil {
		return h, err
	}

	err = h.openStreams(ctx)
	if err != nil && h.nats != nil && ctx.Err() == nil {
		store := filepath.Join(own, storeFolder)
		err = fmt.Errorf("the queue in %s cannot be opened: %w; if it is damaged, remove it: "+
			"runs resume from their last checkpoints", store, err)
	}

	return h, err
}

// lockFolder ensures that no other server on this machine uses the folder.
func (h *Host) lockFolder(own string) error {
	if err := os.MkdirAll(own, 0o755); err != nil {
		return err
	}

	h.lock = flock.New(filepath.Join(own, "lock"))
	locked, err := h.lock.TryLock()
	if err != nil {
		return fmt.Errorf("locking %s: %w", own, err)
	}

	if !locked {
		h.lock = nil
		return fmt.Errorf("another \"liptrack serve\" is running in %s: stop it, or use another "+
			"--dir", filepath.Dir(own))
	}

	return nil
}

// URL returns the address for workers.
func (h *Host) URL() string {
	if h.nats == nil {
		return h.conn.ConnectedUrlRedacted()
	}
	return "nats://" + h.nats.Addr().String()
}

// connect connects this process to the NATS server of the queue.
func (h *Host) connect(at Place) (*nats.Conn, error) {
	if h.nats == nil {
		return dial(at)
	}

	options := []nats.Option{nats.InProcessServer(h.nats), nats.Token(at.Token)}
	if at.TLS != nil {
		options = append(options, nats.Secure(&tls.Config{InsecureSkipVerify: true})) // it is this process
	}

	return nats.Connect("", options...)
}

// Wait returns when all runs have ended, when ctx ends, or when the server cannot go on.
func (h *Host) Wait(ctx context.Context) error {
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	defer h.noteWorkers()
	for {
		select {
		case <-h.ended:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case err := <-h.broken:
			return err
		case <-ticks.C:
			// JetStream turns itself off if its disk fails, without any other sign.
			if h.nats != nil && !h.nats.JetStreamEnabled() {
				return fmt.Errorf("the queue can no longer write to its folder: %w",
					errStorage)
			}

			if time.Since(h.noted) > betweenNotes {
				h.noteWorkers()
			}
		}
	}
}

// betweenNotes is the maximum age of the list of workers in the folder.
const betweenNotes = 5 * time.Second

// noteWorkers writes the list of workers for readers of the folder.
func (h *Host) noteWorkers() {
	h.noted = time.Now()
	err := cluster.WriteWorkers(h.dir, h.Workers())
	if err != nil {
		h.log("list of workers: %v", err)
	}
}

// errStorage is the error of a queue that stopped because its disk is full or broken.
var errStorage = errors.New("its disk is full or broken")

// Close stops the server. Workers keep their runs and wait for it to return.
func (h *Host) Close() error {
	var err error
	if h.conn != nil {
		// Answers in progress still need the connection.
		h.answers.Wait()
		h.conn.FlushTimeout(time.Second)
		h.conn.Close()
	}

	if h.nats != nil {
		h.nats.Shutdown()
		h.nats.WaitForShutdown()
	}

	if h.folders != nil {
		err = h.folders.close()
	}

	if h.lock != nil {
		err = errors.Join(err, h.lock.Unlock())
	}

	return err
}
