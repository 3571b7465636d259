package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/liptrack/liptrack/experiments/config"
)

// openStreams creates the streams, offers the runs and starts to answer questions.
func (h *Host) openStreams(ctx context.Context) (err error) {
	if h.stream, err = jetstream.New(h.conn); err != nil {
		return err
	}

	if err := h.lookForOthers(ctx); err != nil {
		return err
	}

	offers, err := h.makeOffers(ctx)
	if err != nil {
		return err
	}

	saves, err := h.makeSaves(ctx)
	if err != nil {
		return err
	}

	// Saves that arrived while no server was running must be collected before runs are offered
	// again.
	if err := h.followSaves(ctx, saves); err != nil {
		return err
	}

	if err := h.offerRuns(ctx, offers); err != nil {
		return err
	}

	_, err = h.conn.Subscribe(h.names.ask(), func(m *nats.Msg) {
		h.answers.Go(func() { h.reply(m) })
	})

	return err
}

// makeOffers creates an empty stream of runs. The offers follow from the folders, and those of an
// earlier server may be of another version. A NATS server in this process ends with it, so it keeps
// the stream in memory. The stream then starts at a random sequence number, so that a worker that
// acknowledges an earlier server's offer cannot remove one of this server.
func (h *Host) makeOffers(ctx context.Context) (jetstream.Stream, error) {
	c := jetstream.StreamConfig{
		Name:                 h.names.runs(),
		Subjects:             []string{h.names.allRuns()},
		Retention:            jetstream.WorkQueuePolicy,
		Storage:              jetstream.FileStorage,
		MaxMsgsPerSubject:    1,
		Discard:              jetstream.DiscardNew,
		DiscardNewPerSubject: true,
	}

	if h.nats == nil {
		offers, err := h.stream.CreateOrUpdateStream(ctx, c)
		if err != nil {
			return nil, err
		}

		return offers, offers.Purge(ctx)
	}

	err := h.stream.DeleteStream(ctx, c.Name)
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, err
	}

	c.Storage, c.FirstSeq = jetstream.MemoryStorage, 1+rand.Uint64N(1<<30)<<32

	return h.stream.CreateOrUpdateStream(ctx, c)
}

// makeSaves creates the stream of saves and the object store for large parcels.
func (h *Host) makeSaves(ctx context.Context) (jetstream.Stream, error) {
	saves, err := h.stream.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:      h.names.saves(),
		Subjects:  []string{h.names.savedAs()},
		Retention: jetstream.WorkQueuePolicy,
		Storage:   jetstream.FileStorage,
	})
	if err != nil {
		return nil, err
	}

	_, err = h.stream.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket:  h.names.parcels(),
		Storage: jetstream.FileStorage,
	})
	if err != nil {
		return nil, err
	}

	h.parcels, err = openParcels(ctx, h.stream, h.names)

	return saves, err
}

// offerRuns offers all runs that have not ended to the workers.
func (h *Host) offerRuns(ctx context.Context, offers jetstream.Stream) error {
	for _, run := range h.order {
		if h.runs[keyOf(run)].ended {
			continue
		}

		if err := h.publish(ctx, run); err != nil {
			return err
		}
	}

	_, err := offers.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       workersName,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       h.options.Hold,
		MaxAckPending: -1,
		MaxDeliver:    -1,
	})

	return err
}

// lookForOthers returns an error if another server has the queue in a shared NATS server. A server
// that does not answer does not count.
func (h *Host) lookForOthers(ctx context.Context) error {
	// No other server can have a queue in the NATS server of this process.
	if h.nats != nil {
		return nil
	}

	limited, cancel := context.WithTimeout(ctx, takeFor)
	defer cancel()
	l := &natsLine{names: h.names, conn: h.conn}
	_, err := l.ask(limited, question{Kind: askPresence, From: thisTenant()})
	if err == nil {
		return fmt.Errorf("another \"liptrack serve\" uses the queue %q on this server: stop it, or use "+
			"another --queue",
			h.names)
	}

	return nil
}

// publish offers a run, unless it is already on offer.
func (h *Host) publish(ctx context.Context, run config.Run) error {
	_, err := h.stream.Publish(ctx, h.names.offerOf(keyOf(run)), []byte(keyOf(run)))
	var refusal *jetstream.APIError
	const onePerSubject = 10077 // JSStreamStoreFailed: the run is already on offer
	if errors.As(err, &refusal) && refusal.ErrorCode == onePerSubject {
		return nil
	}

	return err
}
