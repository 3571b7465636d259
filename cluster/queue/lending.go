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

// lending records which worker has a run.
type lending struct {
	mu       sync.Mutex
	run      config.Run
	ended    bool
	lease    string // empty if no worker has the run
	delivery uint64 // delivery number of the offer under which it was lent
	saved    int    // number of the last collected save under the lease
	worker   tenant
	heard    time.Time // when the worker was last heard from about this run
	// sought is when the server began to wait for a machine with the kernels of the run's
	// checkpoint.
	sought time.Time
}

// isBehind reports whether saves that matter to the answer may still be on their way: saves by the
// previous holder of a claimed run, or by the worker that ends or gives back its run.
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

// claim decides whether a worker gets a run that was offered to it. The caller holds the lock.
func (s *Server) claim(l *lending, q question) (answer, error) {
	if l.lease != "" && l.lease != q.Lease {
		if q.Delivery < l.delivery {
			return answer{Verdict: lost}, nil
		}

		// Runs are offered again if the holder is silent, but it may have been heard from here.
		silent := time.Since(l.heard)
		if silent < s.options.Hold*9/10 {
			return answer{Verdict: waiting, Delay: s.options.Hold - silent}, nil
		}
	}

	st, err := s.shelf.standing(l.run)
	// Another process may have ended the run in the same folder.
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
		note = fmt.Sprintf("started over on %s with %s: its first %d epochs were computed with %s, and no "+
			"machine with these kernels "+
			"asked within %v", q.From.location(), q.From.Kernels, epochs, kernels, s.options.SameKernels)
	case kernels != "":
		note = fmt.Sprintf("resumed after epoch %d on %s", epochs, q.From.location())
	}

	worker := q.From.Worker
	worker.Since, worker.Lease = time.Now().UTC().Truncate(time.Second), q.Lease
	// The lease is on disk before the worker learns of it, so a restarted server knows it.
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

// cannotGoOn ends a run with a damaged folder as failed, unless the machine is at fault. The caller
// holds the lock.
func (s *Server) cannotGoOn(l *lending, why error) (answer, error) {
	if experiments.IsOfMachine(why) {
		return answer{}, why
	}
	why = fmt.Errorf("%w; restore the files, or remove the run's folder, and the next server starts the run over",
		why)
	s.log("%s: %v", keyOf(l.run), why)
	s.close(l)
	failed := rundir.Status{State: rundir.Failed, Error: why.Error()}
	return answer{Verdict: ended}, s.shelf.end(l.run, failed)
}

// hand records the new holder of a run. The caller holds its lock.
func (s *Server) hand(l *lending, q question) {
	l.lease, l.delivery, l.saved, l.worker = q.Lease, q.Delivery, 0, q.From
	l.heard, l.sought = time.Now(), time.Time{}
	s.noteHolder(l)
}

// finish ends a run. The caller holds its lock.
func (s *Server) finish(l *lending, q question) (answer, error) {
	if q.Status == nil || !q.Status.Ended() {
		return answer{}, errors.New("a worker ended the run without a final status")
	}

	err := s.shelf.end(l.run, *q.Status)
	// Only the worker has the missing part, and it is done with the run, so the run resumes from
	// its last checkpoint.
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

// revoke takes a run from its worker, so that it resumes from its last checkpoint. The caller holds
// the lock.
func (s *Server) revoke(l *lending, why error) (answer, error) {
	s.log("%s: revoked from %s: %v", keyOf(l.run), l.worker.location(), why)
	l.lease = ""
	s.noteHolder(l)
	return answer{Verdict: lost, Text: why.Error()}, s.shelf.giveBack(l.run, "")
}

// release accepts a run that its worker gives back. The caller holds the lock.
func (s *Server) release(l *lending, q question) (answer, error) {
	var note string
	if q.Why != "" {
		note = fmt.Sprintf("returned by %s: %s", q.From.location(), q.Why)
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

// collect puts a worker's save on the shelf. It drops saves under an outdated lease. An error comes
// from the shelf, and the same save may be collected later.
func (s *Server) collect(v save, bundle []byte) error {
	l := s.runs[v.Run]
	if l == nil {
		return nil
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	// A save may arrive twice, and after its lease was revoked.
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
