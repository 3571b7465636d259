package queue

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// loan is a run that the worker has.
type loan struct {
	offer  *offer
	key    string // of the run
	lease  string
	bundle []byte // what there was of it

	beating context.Context // while the server is told that the run is under way
	end     context.CancelFunc

	owned context.Context         // ends, with the reason, when the run is not this worker's any more
	lose  context.CancelCauseFunc // with the reason

	sent  atomic.Int64 // number of the last save that was sent, whether it arrived or not
	saved atomic.Int64 // number of the last that the server has acknowledged
}

func newLoan(o *offer) *loan {
	l := &loan{offer: o, key: o.key, lease: rand.Text()}
	l.owned, l.lose = context.WithCancelCause(context.Background())
	l.beating, l.end = context.WithCancel(l.owned)
	return l
}

// question returns a question about the run.
func (l *loan) question(kind string) question {
	return question{Kind: kind, Run: l.key, Lease: l.lease, Saved: int(l.saved.Load())}
}

// isLost returns why the run is not this worker's any more, nil if it is.
func (l *loan) isLost() error {
	return context.Cause(l.owned)
}

// numberSave numbers a save. One that nobody has acknowledged may have arrived all the same, so
// that the next one, which holds more, has another number.
func (l *loan) numberSave() int {
	return int(l.sent.Add(1))
}

// claim asks for a run on offer; ok is false if it is not to be had.
func (w *Worker) claim(ctx context.Context, o *offer) (run config.Run, ok bool, err error) {
	// A run that was under way when the network was cut may come up again here. Its beats tell
	// first whether it is still this worker's.
	if w.has(o.key) {
		o.NakWithDelay(time.Second)
		return run, false, nil
	}

	l := newLoan(o)
	q := l.question(askClaim)
	q.Delivery = o.delivery
	a, err := w.ask(ctx, q)
	if err != nil {
		// Another worker may take it at once, rather than after the hold.
		o.NakWithDelay(0)
		if ctx.Err() != nil {
			return run, false, nil
		}

		return run, false, err
	}

	switch a.Verdict {
	case granted:
	case waiting:
		o.NakWithDelay(a.Delay) // where that does not arrive, the run is offered again after the hold
		return run, false, nil
	case ended:
		// Its offer outlived it: the worker that ended it could not take it off.
		o.Ack()
		return run, false, nil
	default:
		return run, false, nil
	}

	run, err = w.receive(ctx, l, a)
	if err != nil {
		q := l.question(askRelease)
		q.Why = err.Error()
		w.ask(ctx, q)
		o.NakWithDelay(a.Hold)
		return run, false, err
	}

	w.mu.Lock()
	w.held[l.key] = l
	w.mu.Unlock()
	go w.beat(l, a.Hold/3)

	return run, true, nil
}

// receive unpacks a run and what there is of it.
func (w *Worker) receive(ctx context.Context, l *loan, a answer) (run config.Run, err error) {
	if a.Task == nil {
		return run, fmt.Errorf("the server grants run %s and does not say what it is", l.key)
	}

	if run, err = w.read(l.key, *a.Task); err != nil {
		return run, err
	}

	if a.Parcel != nil {
		err = w.persist(ctx, func() (err error) {
			l.bundle, err = w.line.open(ctx, *a.Parcel)
			return err
		})
	}
	return run, err
}

// beat tells the server that the run is under way until it has ended or is lost.
func (w *Worker) beat(l *loan, every time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	q := l.question(askBeat)
	q.From = w.self
	for {
		select {
		case <-l.beating.Done():
			return
		case <-ticks.C:
		}

		l.offer.InProgress() // if it fails, the question below does, too, or the next beat succeeds
		ctx, cancel := context.WithTimeout(w.ctx, every)
		a, err := w.line.ask(ctx, q)
		cancel()
		if err == nil && (a.Verdict == lost || a.Verdict == ended) {
			l.lose(fmt.Errorf("run %s: %w on it since the server did not hear of this one",
				l.key, rundir.ErrBusy))
			return
		}
	}
}
