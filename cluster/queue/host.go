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

// storeFolder is in the folder of the queue and has what is under way.
const storeFolder = "jetstream"

// Host is a server with its NATS.
type Host struct {
	*Server
	dir     string
	names   names
	folders *folders
	lock    *flock.Flock
	nats    *server.Server // nil for one that was there
	conn    *nats.Conn
	stream  jetstream.JetStream
	parcels parcelStore
	broken  chan error

	answers sync.WaitGroup

	noted time.Time // when the workers were last written into the folder

	mu        sync.Mutex
	collected uint64 // sequence of the last save that is in the folders
	progress  chan struct{}
}

// Open serves runs, whose folders are in dir.
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

	// The lock comes first: a second server must not touch the list of one that lives.
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

	err = h.open(ctx)
	if err != nil && h.nats != nil && ctx.Err() == nil {
		store := filepath.Join(own, storeFolder)
		err = fmt.Errorf("the queue in %s cannot be opened: %w; if it is damaged, remove it: "+
			"runs go on from their last checkpoints", store, err)
	}

	return h, err
}

// lockFolder makes sure that no other server of this machine has the folder.
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
		return fmt.Errorf("another \"liptrack serve\" is working in %s: end it, or give this one another "+
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

// connect connects this process to its queue.
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
			if h.nats != nil && !h.nats.JetStreamEnabled() {
				return fmt.Errorf("the queue cannot write to its folder any more: %w",
					errStorage)
			}

			if time.Since(h.noted) > betweenNotes {
				h.noteWorkers()
			}
		}
	}
}

// betweenNotes is how old what the folder says of the workers may be.
const betweenNotes = 5 * time.Second

// noteWorkers has those who look into the folder see the workers, too.
func (h *Host) noteWorkers() {
	h.noted = time.Now()
	err := cluster.WriteWorkers(h.dir, h.Workers())
	if err != nil {
		h.log("the list of workers: %v", err)
	}
}

// errStorage is the error of a queue that stopped since its disk is full or broken.
var errStorage = errors.New("its disk is full or broken")

// Close ends the server. Workers keep what they have and wait for it.
func (h *Host) Close() error {
	var err error
	if h.conn != nil {
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
