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

// loan is a run lent to this worker.
type loan struct {
	offer  *offer
	key    string // of the run
	lease  string
	bundle []byte // the existing files of the run

	beating context.Context // ends when the beats to the server should stop
	end     context.CancelFunc

	owned context.Context         // ends, with the reason as its cause, when the worker loses the run
	lose  context.CancelCauseFunc // ends owned

	sent  atomic.Int64 // number of the last save sent, acknowledged or not
	saved atomic.Int64 // number of the last acknowledged save
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

// isLost returns why the worker has lost the run, or nil if it still has it.
func (l *loan) isLost() error {
	return context.Cause(l.owned)
}

// numberSave returns the number of the next save. An unacknowledged save may have arrived, so the
// next one, which contains more, gets another number.
func (l *loan) numberSave() int {
	return int(l.sent.Add(1))
}

// claim asks for an offered run; ok is false if the worker does not get it.
func (w *Worker) claim(ctx context.Context, o *offer) (run config.Run, ok bool, err error) {
	// After a network failure a run may be offered to the worker that still has it. The beats will
	// show whether the worker has lost it.
	if w.has(o.key) {
		o.NakWithDelay(time.Second)
		return run, false, nil
	}

	l := newLoan(o)
	q := l.question(askClaim)
	q.Delivery = o.delivery
	a, err := w.ask(ctx, q)
	if err != nil {
		// Another worker can then take it at once instead of after the hold.
		o.NakWithDelay(0)
		if ctx.Err() != nil {
			return run, false, nil
		}

		return run, false, err
	}

	switch a.Verdict {
	case granted:
	case waiting:
		o.NakWithDelay(a.Delay) // if this gets lost, the run is offered again after the hold
		return run, false, nil
	case ended:
		// The worker that ended the run could not remove its offer.
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

// receive reads the task of a granted run and fetches its existing files.
func (w *Worker) receive(ctx context.Context, l *loan, a answer) (run config.Run, err error) {
	if a.Task == nil {
		return run, fmt.Errorf("the server granted run %s without its configuration", l.key)
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

// beat regularly reports the run as in progress until it has ended or is lost.
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

		l.offer.InProgress() // if this fails, so does the question below, or the next beat succeeds
		ctx, cancel := context.WithTimeout(w.ctx, every)
		a, err := w.line.ask(ctx, q)
		cancel()
		if err == nil && (a.Verdict == lost || a.Verdict == ended) {
			l.lose(fmt.Errorf("run %s: %w on it because the server did not hear from this worker",
				l.key, rundir.ErrBusy))
			return
		}
	}
}
