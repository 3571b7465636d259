package queue

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// loan is a run that the worker has.
type loan struct {
	offer  offer
	key    string // of the run
	lease  string
	bundle []byte // what there was of it

	stop chan struct{} // ends the beats
	once sync.Once

	mu    sync.Mutex
	lost  error // why it is not this worker's any more
	sent  int   // number of the last save that was sent, whether it arrived or not
	saved int   // number of the last that the server has acknowledged
}

// claim asks for a run on offer; ok is false if it is not to be had.
func (w *Worker) claim(ctx context.Context, o offer) (run config.Run, ok bool, err error) {
	// A run that was under way when the network was cut may come up again here. Its beats tell
	// first whether it is still this worker's.
	if w.has(o.key()) {
		o.giveBack(time.Second)
		return run, false, nil
	}

	l := &loan{
		offer: o,
		key:   o.key(),
		lease: rand.Text(),
		stop:  make(chan struct{}),
	}
	q := question{
		Kind:     askClaim,
		Run:      l.key,
		Lease:    l.lease,
		Delivery: o.delivery(),
	}
	a, err := w.ask(ctx, q)
	if err != nil {
		// Another worker may take it at once, rather than after the hold.
		o.giveBack(0)
		if ctx.Err() != nil {
			return run, false, nil
		}

		return run, false, err
	}

	switch a.Verdict {
	case granted:
	case waiting:
		o.giveBack(a.Delay) // where that does not arrive, the run is offered again after the hold
		return run, false, nil
	case ended:
		// Its offer outlived it: the worker that ended it could not take it off.
		o.done()
		return run, false, nil
	default:
		return run, false, nil
	}

	run, err = w.receive(ctx, l, a)
	if err != nil {
		w.ask(ctx, question{
			Kind:  askRelease,
			Run:   l.key,
			Lease: l.lease,
			Why:   err.Error(),
		})
		o.giveBack(a.Hold)
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
	for {
		select {
		case <-l.stop:
			return
		case <-ticks.C:
		}

		l.offer.extend() // if it fails, the question below does, too, or the next beat succeeds
		ctx, cancel := context.WithTimeout(w.ctx, every)
		a, err := w.line.ask(ctx, question{
			Kind:  askBeat,
			From:  w.self,
			Run:   l.key,
			Lease: l.lease,
		})
		cancel()
		if err == nil && (a.Verdict == lost || a.Verdict == ended) {
			l.lose(fmt.Errorf("run %s: %w on it since the server did not hear of this one",
				l.key, rundir.ErrBusy))
			return
		}
	}
}

func (l *loan) lose(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost == nil {
		l.lost = why
	}
}

func (l *loan) isLost() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// numberSave numbers a save. One that nobody has acknowledged may have arrived all the same, so
// that the next one, which holds more, has another number.
func (l *loan) numberSave() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	return l.sent
}

// noteSaved notes that the server has acknowledged a save.
func (l *loan) noteSaved(number int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.saved = number
}

// lastSaved returns the number of the last save that the server has acknowledged.
func (l *loan) lastSaved() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.saved
}

// end stops the beats; of no loan too.
func (l *loan) end() {
	if l != nil {
		l.once.Do(func() { close(l.stop) })
	}
}
