package queue

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
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

// encodeName writes the name of an object as its subject has it.
func encodeName(name string) string { return base64.URLEncoding.EncodeToString([]byte(name)) }

// Place says where a queue is, and who may come.
type Place struct {
	// Listen is the address to serve at, HOST:PORT; a host that is not this machine's own needs TLS
	// and a token.
	Listen string
	// TLS has the server's certificate; nil for none.
	TLS *tls.Config
	// Token is what workers must know; empty for none.
	Token string
	// URL is the address of a running NATS server; then the others say how to reach it.
	URL string
	// Queue names the queue among those of a NATS server.
	Queue string
}

// DefaultQueue is the name of a queue.
const DefaultQueue = "liptrack"

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
	h = &Host{dir: dir, names: names(at.Queue), broken: make(chan error, 1), progress: make(chan struct{})}
	defer func() {
		if err != nil {
			h.Close()
		}
	}()

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
		if err := h.embed(filepath.Join(own, storeFolder), at); err != nil {
			return h, err
		}
	}

	if h.conn, err = h.connect(at); err != nil {
		return h, err
	}

	return h, h.open(ctx)
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

// embed starts a NATS server in this process.
func (h *Host) embed(store string, at Place) error {
	host, port, err := listenAt(at)
	if err != nil {
		return err
	}

	h.nats, err = server.NewServer(&server.Options{
		ServerName: "liptrack", Host: host, Port: port, Authorization: at.Token, TLS: at.TLS != nil, TLSConfig: at.TLS,
		TLSTimeout: 10, JetStream: true, StoreDir: store, SyncAlways: true, NoSigs: true, NoLog: true,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 40, DisableJetStreamBanner: true,
	})
	if err != nil {
		return fmt.Errorf("the queue cannot start: %w", err)
	}

	logger := &errorLog{log: h.options.Log}
	h.nats.SetLoggerV2(logger, false, false, false)
	h.nats.Start()
	if !h.nats.ReadyForConnections(20 * time.Second) {
		return fmt.Errorf("the queue cannot serve at %s: %s",
			net.JoinHostPort(host, fmt.Sprint(port)), logger.lastError())
	}

	if !h.nats.JetStreamEnabled() {
		return fmt.Errorf("the queue cannot store anything in %s: %s", store, logger.lastError())
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

// open makes the streams, puts the runs on offer and begins to answer.
func (h *Host) open(ctx context.Context) (err error) {
	if h.stream, err = jetstream.New(h.conn); err != nil {
		return err
	}

	if err := h.lookForOthers(ctx); err != nil {
		return err
	}

	offers, err := h.stream.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: h.names.runs(), Subjects: []string{h.names.allRuns()}, Retention: jetstream.WorkQueuePolicy,
		Storage: jetstream.FileStorage, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
	})
	if err != nil {
		return err
	}

	saves, err := h.stream.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: h.names.saves(), Subjects: []string{h.names.savedAs()}, Retention: jetstream.WorkQueuePolicy,
		Storage: jetstream.FileStorage,
	})
	if err != nil {
		return err
	}

	_, err = h.stream.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: h.names.parcels(), Storage: jetstream.FileStorage,
	})
	if err != nil {
		return err
	}

	if h.parcels, err = openParcels(ctx, h.stream, h.names); err != nil {
		return err
	}

	if err := h.follow(ctx, saves); err != nil {
		return err
	}

	for _, run := range h.order {
		if h.runs[keyOf(run)].ended {
			continue
		}

		if err := h.publish(ctx, run); err != nil {
			return err
		}
	}

	_, err = offers.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: h.names.workers(), AckPolicy: jetstream.AckExplicitPolicy, AckWait: h.options.Hold,
		MaxAckPending: -1, MaxDeliver: -1,
	})
	if err != nil {
		return err
	}

	_, err = h.conn.Subscribe(h.names.ask(), func(m *nats.Msg) {
		h.answers.Go(func() { h.reply(m) })
	})

	return err
}

// lookForOthers makes sure that no other server has the queue, in a NATS server that several may
// use. One that does not answer is none.
func (h *Host) lookForOthers(ctx context.Context) error {
	if h.nats != nil {
		return nil
	}

	raw, err := json.Marshal(question{Kind: askPresence, From: thisTenant()})
	if err != nil {
		return err
	}

	limited, cancel := context.WithTimeout(ctx, takeFor)
	defer cancel()
	if _, err := h.conn.RequestWithContext(limited, h.names.ask(), raw); err == nil {
		return fmt.Errorf("another \"liptrack serve\" has the queue %q there: end it, or give this one another --queue",
			h.names)
	}

	return nil
}

// publish puts a run on offer unless it is.
func (h *Host) publish(ctx context.Context, run config.Run) error {
	raw, err := json.Marshal(taskOf(run))
	if err != nil {
		return err
	}

	_, err = h.stream.Publish(ctx, h.names.offerOf(keyOf(run)), raw)
	var refusal *jetstream.APIError
	const onePerSubject = 10077 // JSStreamStoreFailed: the run is on offer
	if errors.As(err, &refusal) && refusal.ErrorCode == onePerSubject {
		return nil
	}

	return err
}

// reply answers a question.
func (h *Host) reply(m *nats.Msg) {
	var q question
	if err := json.Unmarshal(m.Data, &q); err != nil {
		return // nobody who speaks the protocol
	}

	ctx, cancel := context.WithTimeout(context.Background(), patienceOfRequest*9/10)
	defer cancel()
	a := h.respond(ctx, q)
	if a.Parcel != nil && a.Parcel.Inline != nil {
		p, err := h.parcels.put(ctx, "for-"+q.Lease, a.Parcel.Inline)
		if err != nil {
			return // the worker asks again
		}

		a.Parcel = &p
	}

	raw, err := json.Marshal(a)
	if err != nil || m.Respond(raw) != nil || h.conn.FlushTimeout(patienceOfRequest) != nil {
		return // the worker asks again
	}

	h.told(q, a)
}

// respond answers a question of a worker, or of who only asks how things are.
func (h *Host) respond(ctx context.Context, q question) answer {
	var a answer
	var err error
	switch q.Kind {
	default:
		return h.answer(ctx, q)
	case askPresence:
	case askRetry:
		if h.isOver() {
			err = errOver
			break
		}

		if a.Again, err = cluster.RetryFailed(h.dir); a.Again > 0 {
			err = errors.Join(err, h.reopen(ctx))
		}
	case askStatus:
		var raw []byte
		raw, err = h.status()
		a.Parcel = &parcel{Inline: raw}
		q.Lease = rand.Text()
	}

	a.Verdict = granted
	if err != nil {
		a.Text = err.Error()
	}

	return a
}

// status says how far the runs are and who works on them.
func (h *Host) status() ([]byte, error) {
	s, err := cluster.Read(h.dir)
	if err != nil {
		return nil, err
	}
	s.Workers = h.Workers()
	return json.Marshal(s)
}

// follow collects what workers save, in order.
func (h *Host) follow(ctx context.Context, saves jetstream.Stream) error {
	info, err := saves.Info(ctx)
	if err != nil {
		return err
	}

	h.collected = info.State.FirstSeq - 1
	if info.State.Msgs == 0 {
		h.collected = info.State.LastSeq
	}

	// What a server that was killed had in hand comes again at once with a new consumer, in order.
	err = h.stream.DeleteConsumer(ctx, h.names.saves(), h.names.collector())
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return err
	}

	consumer, err := saves.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: h.names.collector(), AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Hour, MaxAckPending: -1,
	})
	if err != nil {
		return err
	}

	messages, err := consumer.Messages(jetstream.PullMaxMessages(32))
	if err != nil {
		return err
	}

	go h.collectAll(messages)

	return nil
}

func (h *Host) collectAll(messages jetstream.MessagesContext) {
	for {
		m, err := messages.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) || errors.Is(err, nats.ErrConnectionClosed) {
			return
		}

		if err != nil {
			h.log("collecting: %v", err)
			time.Sleep(time.Second)
			continue
		}

		if err := h.collectOne(m); err != nil {
			h.broken <- err
			return
		}
	}
}

// collectOne puts one save into its folder.
func (h *Host) collectOne(m jetstream.Msg) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*patienceOfRequest)
	defer cancel()
	meta, err := m.Metadata()
	if err != nil {
		return err
	}

	h.mu.Lock()
	before := meta.Sequence.Stream <= h.collected
	h.mu.Unlock()
	if before {
		return m.Ack()
	}

	var v save
	if err := json.Unmarshal(m.Data(), &v); err != nil {
		h.log("dropped what is not a part of a run: %v", err)
		return m.TermWithReason("not a part of a run")
	}

	data, err := h.parcels.open(ctx, v.Parcel)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		err = nil // it was collected before the server was killed
	} else if err == nil {
		err = h.collect(v, data)
	}

	if err != nil {
		return fmt.Errorf("%s: %w", v.Run, err)
	}

	if err := errors.Join(m.Ack(), h.parcels.remove(ctx, v.Parcel)); err != nil {
		return err
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	h.collected = meta.Sequence.Stream
	close(h.progress)
	h.progress = make(chan struct{})

	return nil
}

// waitForSaves waits until what workers have saved is in the folders.
func (h *Host) waitForSaves(ctx context.Context) error {
	stream, err := h.stream.Stream(ctx, h.names.saves())
	if err != nil {
		return err
	}

	last := stream.CachedInfo().State.LastSeq
	for {
		h.mu.Lock()
		collected, progress := h.collected, h.progress
		h.mu.Unlock()
		if collected >= last {
			return nil
		}

		select {
		case <-ctx.Done():
			return fmt.Errorf("what workers saved is not yet in the folders: %w", ctx.Err())
		case <-progress:
		}
	}
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
				return fmt.Errorf("the queue cannot write to its folder any more: %w", errStorage)
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
	if err := cluster.WriteWorkers(h.dir, h.Workers()); err != nil {
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

// errorLog keeps the last error of NATS, to tell why it does not start, and passes errors on.
type errorLog struct {
	log  func(text string)
	mu   sync.Mutex
	last string
}

func (*errorLog) Noticef(string, ...any) {}
func (*errorLog) Warnf(string, ...any)   {}
func (*errorLog) Debugf(string, ...any)  {}
func (*errorLog) Tracef(string, ...any)  {}

func (l *errorLog) Fatalf(format string, v ...any) { l.Errorf(format, v...) }

func (l *errorLog) Errorf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = fmt.Sprintf(format, v...)
	if l.log != nil {
		l.log("queue: " + l.last)
	}
}

func (l *errorLog) lastError() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
