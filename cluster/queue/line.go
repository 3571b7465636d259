package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// line is a worker's connection to the server.
type line interface {
	// take waits a while for an offer and returns nil if none came.
	take(ctx context.Context) (*offer, error)
	// ask asks the server and waits for the answer.
	ask(ctx context.Context, q question) (answer, error)
	// send transmits a worker's save. Once it returns nil, the save survives a crash of the server.
	send(ctx context.Context, v save, bundle []byte) error
	// open returns the bytes of a parcel.
	open(ctx context.Context, p parcel) ([]byte, error)
}

// offer is a run offered to this worker only, until the worker is silent for too long.
type offer struct {
	key      string // key of the run
	delivery uint64 // counts how often runs were offered
	message
}

// message is the message of an offer in the stream of runs.
type message interface {
	// InProgress extends the worker's hold on the offer.
	InProgress() error
	// Ack removes an ended run from the stream, which would otherwise offer it again. NakWithDelay
	// has the run offered again after a delay.
	Ack() error
	NakWithDelay(after time.Duration) error
}

// names derives the names of streams and subjects from the name of a queue, since a NATS server may
// have several queues.
type names string

func (n names) ask() string {
	return string(n) + ".ask"
}

func (n names) runs() string {
	return string(n) + "-runs"
}

func (n names) saves() string {
	return string(n) + "-saves"
}

func (n names) parcels() string {
	return string(n) + "-parcels"
}

func (n names) savedAs() string {
	return string(n) + ".save"
}

func (n names) allRuns() string {
	return string(n) + ".run.*"
}

func (n names) offerOf(k string) string {
	return string(n) + ".run." + sumOf([]byte(k))[:16]
}

// Names of the consumers of the two streams.
const (
	workersName   = "workers"
	collectorName = "collector"
)

// natsLine implements line over NATS.
type natsLine struct {
	names   names
	conn    *nats.Conn
	stream  jetstream.JetStream
	parcels parcelStore
	offers  jetstream.Consumer
}

// takeFor is how long a worker waits for an offer before it asks whether any runs are left.
const takeFor = 2 * time.Second

// patienceOfRequest is the timeout of one message to the server. A message in transit when the
// server was killed is then sent again.
const patienceOfRequest = 10 * time.Second

// newNATSLine returns a line to a queue over a connection. It fails if no server has created the
// queue.
func newNATSLine(ctx context.Context, conn *nats.Conn, n names) (*natsLine, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}

	l := &natsLine{names: n, conn: conn, stream: js}
	if l.offers, err = js.Consumer(ctx, n.runs(), workersName); err != nil {
		return nil, fmt.Errorf("no \"liptrack serve\" has put runs in this queue: %w", err)
	}

	l.parcels, err = openParcels(ctx, js, n)

	return l, err
}

// take implements line.
func (l *natsLine) take(ctx context.Context) (*offer, error) {
	limited, cancel := context.WithTimeout(ctx, takeFor)
	defer cancel()
	batch, err := l.offers.Fetch(1, jetstream.FetchContext(limited))
	if err != nil {
		return nil, err
	}

	m, isOffer := <-batch.Messages()
	if !isOffer {
		// No offer in time is no error.
		err = batch.Error()
		if limited.Err() != nil || errors.Is(err, nats.ErrTimeout) {
			err = nil
		}
		return nil, err
	}

	meta, err := m.Metadata()
	if err != nil {
		return nil, err
	}

	return &offer{string(m.Data()), meta.Sequence.Consumer, m}, nil
}

// ask implements line.
func (l *natsLine) ask(ctx context.Context, q question) (answer, error) {
	raw, err := json.Marshal(q)
	if err != nil {
		return answer{}, err
	}

	limited, cancel := context.WithTimeout(ctx, patienceOfRequest)
	defer cancel()
	reply, err := l.conn.RequestWithContext(limited, l.names.ask(), raw)
	if err != nil {
		return answer{}, err
	}

	var a answer
	err = json.Unmarshal(reply.Data, &a)

	return a, err
}

// send implements line.
func (l *natsLine) send(ctx context.Context, v save, bundle []byte) error {
	limited, cancel := context.WithTimeout(ctx, 10*patienceOfRequest)
	defer cancel()
	id := fmt.Sprintf("%s-%d", v.Lease, v.Number)
	var err error
	if v.Parcel, err = l.parcels.put(limited, id, bundle); err != nil {
		return err
	}

	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}

	// A message published while the server was killed is never acknowledged, and is sent again.
	brief, stop := context.WithTimeout(ctx, patienceOfRequest)
	defer stop()
	_, err = l.stream.Publish(brief, l.names.savedAs(), raw, jetstream.WithMsgID(id))

	return err
}

// open implements line.
func (l *natsLine) open(ctx context.Context, p parcel) ([]byte, error) {
	data, err := l.parcels.open(ctx, p)
	if err == nil {
		err = l.parcels.remove(ctx, p)
	}
	return data, err
}
