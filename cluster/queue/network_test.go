package queue

import (
	"context"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
)

// network is a proxy between a worker and a server. It breaks connections after some bytes, and may
// be cut, so that data are silently held back.
type network struct {
	address  string
	listener net.Listener
	server   string

	mu     sync.Mutex
	random *rand.Rand
	most   int           // bytes bytes of a connection before it breaks; 0 for no limit
	whole  chan struct{} // closed unless the network is cut
	broken int           // number of broken connections
}

func newNetwork(t *testing.T, server string, most int) *network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	n := &network{
		address: "nats://" + l.Addr().String(), listener: l, server: strings.TrimPrefix(server, "nats://"),
		random: rand.New(rand.NewPCG(3, 4)), most: most, whole: make(chan struct{}),
	}

	close(n.whole)
	go n.accept()
	return n
}

func (n *network) accept() {
	for {
		worker, err := n.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", n.server)
		if err != nil {
			worker.Close()
			continue
		}
		go n.pass(worker, server)
		go n.pass(server, worker)
	}
}

// pass forwards bytes in one direction until the connection breaks.
func (n *network) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	n.mu.Lock()
	left := n.most/2 + n.random.IntN(n.most/2+1)
	n.mu.Unlock()
	buffer := make([]byte, 16<<10)

	for n.most == 0 || left > 0 {
		count, err := from.Read(buffer)
		n.mu.Lock()
		whole := n.whole
		n.mu.Unlock()
		<-whole
		if _, sent := to.Write(buffer[:count]); err != nil || sent != nil {
			return
		}
		left -= count
	}

	n.mu.Lock()
	defer n.mu.Unlock()
	n.broken++
}

// cut stops all traffic until mend is called.
func (n *network) cut() (mend func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	whole := make(chan struct{})
	n.whole = whole
	return func() { close(whole) }
}

// join returns a worker of a queue.
func join(t *testing.T, url string) *Visit {
	t.Helper()
	options := WorkerOptions{Scratch: t.TempDir(), Patience: time.Minute}
	v, err := Join(t.Context(), Place{URL: url, Queue: DefaultQueue}, options)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// work does runs over a network until none are left.
func work(t *testing.T, url string, done *sync.WaitGroup) {
	v := join(t, url)
	done.Go(func() {
		defer v.Close()
		if _, err := experiments.Run(t.Context(), v, v, experiments.Options{Workers: 1}); err != nil {
			t.Error(err)
		}
	})
}

// serveRuns serves runs like serveExperiment.
func serveRuns(t *testing.T, arguments string) (h *Host, e *config.Experiment, want, got string) {
	t.Helper()
	e = load(t, arguments)
	h, want, got = serveExperiment(t, e)
	return h, e, want, got
}

// serveExperiment serves the runs of an experiment into the folder got. For comparison, a single
// process does the same runs in the folder want.
func serveExperiment(t *testing.T, e *config.Experiment) (h *Host, want, got string) {
	t.Helper()
	want, got = t.TempDir(), t.TempDir()
	if _, err := experiments.Run(t.Context(), experiments.List(e.Runs), experiments.Local{Dir: want}, experiments.Options{}); err != nil {
		t.Fatal(err)
	}
	h, err := Open(t.Context(), got, e.Runs, Place{Listen: "127.0.0.1:0", Queue: DefaultQueue}, Options{Hold: quickHold, SameKernels: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h, want, got
}

// TestLargeParcelsOverABadNetwork sends parcels in chunks although every connection breaks after a
// megabyte or two.
func TestLargeParcelsOverABadNetwork(t *testing.T) {
	h, e, want, got := serveRuns(t, "model.hidden=[300,300] seed=1 stop.epochs=4 checkpoint.every=2")
	between := newNetwork(t, h.URL(), 2<<20)
	var workers sync.WaitGroup
	work(t, between.address, &workers)
	if err := h.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.Dismiss(context.Background())
	workers.Wait()

	compareRuns(t, e, want, got)
	if between.broken < 2 {
		t.Errorf("%d connections broke: that is no test", between.broken)
	}
}

// TestAWorkerThatWasCutOff checks that the worker loses its run to another one and drops it after
// reconnecting.
func TestAWorkerThatWasCutOff(t *testing.T) {
	h, e, want, got := serveRuns(t, "model.hidden=6 seed=1,2 stop.epochs=150 checkpoint.interval=0.1")
	between := newNetwork(t, h.URL(), 0)
	var workers sync.WaitGroup
	work(t, between.address, &workers)
	waitForGrowth(t, got)
	mend := between.cut()
	work(t, h.URL(), &workers)

	// Another worker does both runs: the one on offer, and the one of the worker that was cut off.
	for h.Left() > 0 {
		time.Sleep(20 * time.Millisecond)
	}
	mend()
	if err := h.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.Dismiss(context.Background())
	workers.Wait()

	compareRuns(t, e, want, got)
	moved := 0

	for _, run := range e.Runs {
		status, _, err := experiments.Local{Dir: got}.Folder(run).Status()
		if err != nil {
			t.Error(err)
		}
		if len(status.History) > 0 {
			moved++
		}
	}
	if moved == 0 {
		t.Error("no run went on elsewhere")
	}
}
