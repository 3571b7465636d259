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

// Visit is a Worker connected to a server.
type Visit struct {
	*Worker
	conn *nats.Conn
}

// Join connects to a server and registers as a worker. It waits for a server that has not started
// yet, for as long as o.Patience.
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

// enter finds the queue on a connection and waits if the server is still creating it.
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

// Close disconnects the worker from the server.
func (v *Visit) Close() {
	v.conn.FlushTimeout(time.Second)
	v.conn.Close()
}

// Status asks a server for the status of its runs.
func Status(ctx context.Context, at Place) (cluster.Status, error) {
	var s cluster.Status
	_, data, err := inquire(ctx, at, askStatus)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(data, &s)
}

// RetryFailed asks a server to do its failed and diverged runs again, and returns their number.
func RetryFailed(ctx context.Context, at Place) (int, error) {
	a, _, err := inquire(ctx, at, askRetry)
	return a.Again, err
}

// inquire connects to a server and asks one question.
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
	case a.Text != "": // what went wrong on the server
		return a, nil, errors.New(a.Text)
	case a.Parcel == nil:
		return a, nil, nil
	}

	data, err := l.open(ctx, *a.Parcel)

	return a, data, err
}
