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

// followSaves starts to collect the saves of workers, in order.
func (h *Host) followSaves(ctx context.Context, saves jetstream.Stream) error {
	info, err := saves.Info(ctx)
	if err != nil {
		return err
	}

	// Collected messages leave the stream, so its first message is the next to collect.
	h.collected = info.State.FirstSeq - 1
	if info.State.Msgs == 0 {
		h.collected = info.State.LastSeq
	}

	// With a new consumer, messages that a killed server was processing are delivered again at
	// once, in order.
	err = h.stream.DeleteConsumer(ctx, h.names.saves(), collectorName)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return err
	}

	consumer, err := saves.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       collectorName,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       time.Hour,
		MaxAckPending: -1,
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
			// Other errors may pass, such as a lost connection.
			h.log("collecting saves: %v", err)
			time.Sleep(time.Second)
			continue
		}

		if err := h.collectOne(m); err != nil {
			h.broken <- err
			return
		}
	}
}

// collectOne writes one save into the folder of its run.
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
		h.log("dropped a message that is not part of a run: %v", err)
		return m.TermWithReason("not part of a run")
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

	// The acknowledgement may get lost, so a message without its parcel counts as collected.
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

// waitForSaves waits until all saves received so far are in the folders.
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
			return fmt.Errorf(
				"some data from workers are not in the run folders yet: %w",
				ctx.Err(),
			)
		case <-progress:
		}
	}
}
