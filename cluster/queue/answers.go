package queue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"

	"github.com/nats-io/nats.go"

	"github.com/liptrack/liptrack/cluster"
)

// reply answers a question.
func (h *Host) reply(m *nats.Msg) {
	var q question
	if err := json.Unmarshal(m.Data, &q); err != nil {
		return // the sender does not speak the protocol
	}

	ctx, cancel := context.WithTimeout(context.Background(), patienceOfRequest*9/10)
	defer cancel()
	a := h.respond(ctx, q)
	// Large answers go through the object store.
	if a.Parcel != nil && a.Parcel.Inline != nil {
		p, err := h.parcels.put(ctx, "for-"+q.Lease, a.Parcel.Inline)
		if err != nil {
			return // the worker asks again
		}

		a.Parcel = &p
	}

	raw, err := json.Marshal(a)
	if err != nil || m.Respond(raw) != nil {
		return // the worker asks again
	}

	// A worker may leave once it knows that no runs are left, and then the server may stop, too.
	if a.Left == 0 && h.conn.FlushTimeout(patienceOfRequest) != nil {
		return
	}

	h.told(q, a)
}

// respond answers a question of a worker or of a client that inquires about the runs.
func (h *Host) respond(ctx context.Context, q question) answer {
	var a answer
	var err error
	switch q.Kind {
	default:
		return h.answer(ctx, q)
	// Any reply will do.
	case askPresence:
	case askRetry:
		if h.Left() == 0 {
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

// status returns the progress of the runs and the workers, as JSON.
func (h *Host) status() ([]byte, error) {
	s, err := cluster.Read(h.dir)
	if err != nil {
		return nil, err
	}
	s.Workers = h.Workers()
	return json.Marshal(s)
}
