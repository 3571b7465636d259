package queue

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/liptrack/liptrack/cluster"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// lending is who has a run.
type lending struct {
	mu       sync.Mutex
	run      config.Run
	ended    bool
	lease    string // empty if nobody has it
	delivery uint64 // of the offer under which it was lent
	saved    int    // number of the last save under the lease
	worker   tenant
	heard    time.Time // of the worker, with regard to this run
	// sought is since when a machine with the run's kernels has been awaited.
	sought time.Time
}

// isBehind reports whether there may be saves on their way that matter to an answer: those of who
// had a run that is claimed, or those that who ends or gives it back has sent.
func (l *lending) isBehind(q question) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch q.Kind {
	case askClaim:
		return l.lease != "" && l.lease != q.Lease
	case askFinish, askRelease:
		return l.lease == q.Lease && l.saved < q.Saved
	default:
		return false
	}
}

// claim decides whether a worker may have a run that was offered to it. The caller holds the lock.
func (s *Server) claim(l *lending, q question) (answer, error) {
	if l.lease != "" && l.lease != q.Lease {
		if q.Delivery < l.delivery {
			return answer{Verdict: lost}, nil
		}

		// Offers are made again when the holder is silent. It may have been heard here all the
		// same.
		silent := time.Since(l.heard)
		if silent < s.options.Hold*9/10 {
			return answer{Verdict: waiting, Delay: s.options.Hold - silent}, nil
		}
	}

	st, err := s.shelf.standing(l.run)
	// By another process, in the same folder.
	if st.ended && err == nil {
		s.close(l)
		return answer{Verdict: ended}, nil
	}

	kernels, epochs, progressErr := s.shelf.progress(l.run)
	if err := errors.Join(err, progressErr); err != nil {
		return s.cannotGoOn(l, err)
	}

	anew := kernels != "" && kernels != q.From.Kernels
	if anew {
		if wait := s.seek(l); wait > 0 {
			return answer{Verdict: waiting, Delay: min(wait, s.options.Hold/3)}, nil
		}
	}

	note := ""
	switch {
	case anew:
		note = fmt.Sprintf("began anew on %s with %s: its first %d epochs were computed with %s, and no "+
			"machine with these "+
			"came within %v", q.From.place(), q.From.Kernels, epochs, kernels, s.options.SameKernels)
	case kernels != "":
		note = fmt.Sprintf("went on after epoch %d on %s", epochs, q.From.place())
	}

	worker := q.From.Worker
	worker.Since, worker.Lease = time.Now().UTC().Truncate(time.Second), q.Lease
	// On disk before the worker hears of it: a server that is started again knows the lease.
	bundle, err := s.shelf.lend(l.run, worker, anew, note)
	if errors.Is(err, rundir.ErrBusy) {
		return answer{
			Verdict: waiting,
			Delay:   s.options.Hold / 3,
			Text:    err.Error(),
		}, nil
	}

	if err != nil {
		return answer{}, err
	}

	if note != "" {
		s.log("%s: %s", keyOf(l.run), note)
	}

	s.hand(l, q)

	a := answer{Verdict: granted, Task: taskOf(l.run)}
	if bundle != nil {
		a.Parcel = &parcel{Inline: bundle, Sum: sumOf(bundle)}
	}

	return a, nil
}

// seek returns how much longer a run waits for a machine with the kernels of its checkpoint. The
// caller holds the lock.
func (s *Server) seek(l *lending) time.Duration {
	if l.sought.IsZero() {
		l.sought = time.Now()
	}
	return s.options.SameKernels - time.Since(l.sought)
}

// cannotGoOn ends a run whose folder is damaged as one that failed, unless the machine is at fault.
// The caller holds the lock.
func (s *Server) cannotGoOn(l *lending, why error) (answer, error) {
	if experiments.IsOfMachine(why) {
		return answer{}, why
	}
	why = fmt.Errorf("%w; bring back what was there, or remove the run's folder: served again, it begins anew",
		why)
	s.log("%s: %v", keyOf(l.run), why)
	s.close(l)
	failed := rundir.Status{State: rundir.Failed, Error: why.Error()}
	return answer{Verdict: ended}, s.shelf.end(l.run, failed)
}

// hand notes who has a run now. The caller holds its lock.
func (s *Server) hand(l *lending, q question) {
	l.lease, l.delivery, l.saved, l.worker = q.Lease, q.Delivery, 0, q.From
	l.heard, l.sought = time.Now(), time.Time{}
	s.noteHolder(l)
}

// finish ends a run. The caller holds its lock.
func (s *Server) finish(l *lending, q question) (answer, error) {
	if q.Status == nil || !q.Status.Ended() {
		return answer{}, errors.New("a worker ended the run and does not say how")
	}

	err := s.shelf.end(l.run, *q.Status)
	// The worker has what is missing and is gone with it: the run goes on from its last checkpoint.
	if errors.Is(err, errGap) {
		return s.revoke(l, err)
	}

	if err != nil {
		return answer{}, err
	}

	s.close(l)
	s.attend(q.From, func(a *cluster.Worker) {
		a.Ended++
		if q.Status.Unsuccessful() {
			a.Failed++
		}
	})

	return answer{Verdict: granted}, nil
}

// revoke takes a run from its worker, so that it goes on from its last checkpoint. The caller holds
// the lock.
func (s *Server) revoke(l *lending, why error) (answer, error) {
	s.log("%s: taken from %s: %v", keyOf(l.run), l.worker.place(), why)
	l.lease = ""
	s.noteHolder(l)
	return answer{Verdict: lost, Text: why.Error()}, s.shelf.giveBack(l.run, "")
}

// release takes a run back from its worker. The caller holds the lock.
func (s *Server) release(l *lending, q question) (answer, error) {
	var note string
	if q.Why != "" {
		note = fmt.Sprintf("given back by %s: %s", q.From.place(), q.Why)
		s.log("%s: %s", keyOf(l.run), note)
	}

	err := s.shelf.giveBack(l.run, note)
	if err != nil {
		return answer{}, err
	}

	l.lease = ""
	s.noteHolder(l)

	return answer{Verdict: granted}, nil
}

// collect puts what a worker saved on the shelf. What comes under a lease that is not the run's any
// more is dropped. An error is of the shelf, and the same may be collected later.
func (s *Server) collect(v save, bundle []byte) error {
	l := s.runs[v.Run]
	if l == nil {
		return nil
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.lease != v.Lease || v.Number <= l.saved {
		return nil
	}

	err := s.shelf.add(l.run, bundle, v.Durable)
	if errors.Is(err, errGap) {
		_, err := s.revoke(l, err)
		return err
	}

	if err != nil {
		return err
	}

	l.saved, l.heard = v.Number, time.Now()

	return nil
}
