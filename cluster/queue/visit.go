package queue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/liptrack/liptrack/cluster"
)

// Visit is a worker's stay at a server.
type Visit struct {
	*Worker
	conn *nats.Conn
}

// Join connects to a server and asks to work for it. The server may not be there yet.
func Join(ctx context.Context, at Place, o WorkerOptions) (*Visit, error) {
	o.Patience = cmp.Or(o.Patience, DefaultPatience)
	if o.Log == nil {
		o.Log = func(string) {}
	}

	conn, err := dialPatiently(ctx, at, o.Patience, o.Log)
	if err != nil {
		return nil, err
	}

	w, err := enter(ctx, at, conn, o)
	if err != nil {
		conn.Close()
		return nil, err
	}

	return &Visit{w, conn}, nil
}

// enter finds the queue behind a connection, which its server may still be making.
func enter(ctx context.Context, at Place, conn *nats.Conn, o WorkerOptions) (*Worker, error) {
	const making = 20 * time.Second
	begun := time.Now()
	for {
		l, err := newNATSLine(ctx, conn, names(at.Queue))
		if err == nil {
			return newWorker(ctx, l, o)
		}

		if time.Since(begun) >= min(making, o.Patience) {
			return nil, fmt.Errorf("%s: %w", at.URL, err)
		}

		if err := sleep(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

// Close ends the stay.
func (v *Visit) Close() {
	v.conn.FlushTimeout(time.Second)
	v.conn.Close()
}

// Status asks a server how far its runs are.
func Status(ctx context.Context, at Place) (cluster.Status, error) {
	var s cluster.Status
	a, data, err := inquire(ctx, at, askStatus)
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err == nil && a.Text != "" {
		err = errors.New(a.Text)
	}
	return s, err
}

// RetryFailed has the runs of a server done again that failed or diverged, and returns how many.
func RetryFailed(ctx context.Context, at Place) (int, error) {
	a, _, err := inquire(ctx, at, askRetry)
	if err == nil && a.Text != "" {
		err = errors.New(a.Text)
	}
	return a.Again, err
}

// inquire asks a server one question.
func inquire(ctx context.Context, at Place, kind string) (answer, []byte, error) {
	conn, err := dial(at)
	if err != nil {
		return answer{}, nil, err
	}

	defer conn.Close()

	l, err := newNATSLine(ctx, conn, names(at.Queue))
	if err != nil {
		return answer{}, nil, fmt.Errorf("%s: %w", at.URL, err)
	}

	a, err := l.ask(ctx, question{Kind: kind, From: thisTenant()})
	switch {
	case err != nil:
		return a, nil, fmt.Errorf("%s: %w", at.URL, err)
	case a.Verdict == refused:
		return a, nil, fmt.Errorf("%w: %s", ErrRefused, a.Text)
	case a.Parcel == nil:
		return a, nil, nil
	}

	data, err := l.open(ctx, *a.Parcel)

	return a, data, err
}
