package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/liptrack/liptrack/cluster"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// shelf is where a server keeps what there is of its runs.
type shelf interface {
	// standing tells how a run stands.
	standing(run config.Run) (standing, error)
	// progress tells how far a run is that somebody may go on with: the kernels of its checkpoint,
	// empty if there is none, and the epochs before it.
	progress(run config.Run) (kernels string, epochs int, err error)
	// lend notes that a worker has the run, and returns what is there to go on from; anew begins it
	// again from nothing. [rundir.ErrBusy] if a process of this machine works on it.
	lend(run config.Run, to rundir.Worker, anew bool, note string) (bundle []byte, err error)
	// add puts what a worker saved into the run's folder.
	add(run config.Run, bundle []byte, durable bool) error
	// end notes how a run ended; giveBack that nobody works on it any more.
	end(run config.Run, status rundir.Status) error
	giveBack(run config.Run, note string) error
}

// standing is how a run stands.
type standing struct {
	ended bool
	// lease is that of whoever had the run last; empty if nobody has.
	lease string
}

// errGap is the error of adding to a run what does not fit what is there.
var errGap = errors.New("a part is missing between what there is of the run and what was sent")

// Server lends runs to workers.
type Server struct {
	options Options
	shelf   shelf
	self    tenant // what a worker must agree with
	// caughtUp waits until all that workers have saved so far is on the shelf.
	caughtUp func(ctx context.Context) error
	// offer puts a run on offer again; one that is on offer is left there.
	offer func(ctx context.Context, run config.Run) error

	order []config.Run // longest first
	runs  map[string]*lending
	ended chan struct{} // closed when all runs have ended

	mu   sync.Mutex
	left int
	// over is set once ended is closed: no run is taken up again then.
	over    bool
	workers map[string]*cluster.Worker
	// dismissed are the workers that know that all runs have ended.
	dismissed map[string]bool
}

// Options are what a server is told about lending.
type Options struct {
	// Hold is how long a worker may be silent before its runs are offered to others; 0 means
	// DefaultHold.
	Hold time.Duration
	// SameKernels is how long a run that has a checkpoint waits for a machine with the kernels that
	// computed it before another begins it from the beginning.
	SameKernels time.Duration
	// Log is told what happens to workers and runs; nil for nobody.
	Log func(text string)
}

// DefaultHold is long against a network that stutters and short against a run.
const DefaultHold = 30 * time.Second

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

// newServer makes a server of runs, of which no two have the same key.
func newServer(runs []config.Run, on shelf, o Options) (*Server, error) {
	s := &Server{
		options: o, shelf: on, self: thisTenant(), order: experiments.LongestFirst(runs),
		runs: map[string]*lending{}, ended: make(chan struct{}), workers: map[string]*cluster.Worker{},
		dismissed: map[string]bool{},
		caughtUp:  func(context.Context) error { return nil },
		offer:     func(context.Context, config.Run) error { return nil },
	}

	s.options.Hold = cmp.Or(o.Hold, DefaultHold)
	for _, run := range runs {
		if _, twice := s.runs[keyOf(run)]; twice {
			return nil, fmt.Errorf("run %s is there twice: give one of the experiments another name", keyOf(run))
		}

		l := &lending{run: run}
		if err := l.recall(on); err != nil {
			l.ended = true // nobody can go on with it; "liptrack status" shows it as damaged
			s.log("%s: %v", keyOf(run), err)
		}

		s.runs[keyOf(run)] = l
		if !l.ended {
			s.left++
		}
	}

	if s.left == 0 {
		s.over = true
		close(s.ended)
	}

	return s, nil
}

// thisTenant is how this process introduces itself.
func thisTenant() tenant {
	return tenant{
		Worker: *rundir.ThisWorker(time.Now()), Protocol: protocol,
		Program: experiments.Versions()["liptrack"], Kernels: experiments.Kernels(),
	}
}

// recall reads how the run stands. Whoever had it when the server ended has it still.
func (l *lending) recall(on shelf) error {
	st, err := on.standing(l.run)
	if err != nil {
		return err
	}
	l.ended, l.lease, l.heard = st.ended, st.lease, time.Now()
	return nil
}

func (s *Server) log(format string, args ...any) {
	if s.options.Log != nil {
		s.options.Log(fmt.Sprintf(format, args...))
	}
}

// answer answers a question of a worker.
func (s *Server) answer(ctx context.Context, q question) answer {
	if text := q.From.check(s.self); text != "" {
		s.log("refused the worker on %s, process %d: %s", q.From.Host, q.From.PID, text)
		return answer{Verdict: refused, Text: text}
	}

	a, err := s.decide(ctx, q)
	if err != nil {
		s.log("%s: %v", q.Run, err)
		a = answer{Verdict: waiting, Text: err.Error(), Delay: s.options.Hold / 3}
	}

	a.Left, a.Hold = s.Left(), s.options.Hold

	return a
}

func (s *Server) decide(ctx context.Context, q question) (answer, error) {
	s.meet(q.From)
	l := s.runs[q.Run]
	switch {
	case q.Kind == askHello:
		return answer{Verdict: granted}, nil
	case l == nil:
		return answer{Verdict: ended, Text: "there is no such run"}, nil
	}

	// What a worker saved before it fell silent, or ended, counts.
	if q.Kind == askClaim || q.Kind == askFinish {
		if err := s.caughtUp(ctx); err != nil {
			return answer{}, err
		}
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return answer{Verdict: ended}, nil
	}

	if q.Kind == askClaim {
		return s.claim(l, q)
	}

	if l.lease != q.Lease {
		return answer{Verdict: lost}, nil
	}

	l.heard = time.Now()
	l.worker = q.From
	switch q.Kind {
	case askBeat:
		return answer{Verdict: granted}, nil
	case askFinish:
		return s.finish(l, q)
	case askRelease:
		return s.release(l, q)
	default:
		return answer{}, fmt.Errorf("question %.40q is not one that the server knows", q.Kind)
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
		if silent := time.Since(l.heard); silent < s.options.Hold*9/10 {
			return answer{Verdict: waiting, Delay: s.options.Hold - silent}, nil
		}
	}

	st, err := s.shelf.standing(l.run)
	if st.ended && err == nil { // by another process, in the same folder
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
	bundle, err := s.shelf.lend(l.run, worker, anew, note)
	if errors.Is(err, rundir.ErrBusy) {
		return answer{Verdict: waiting, Delay: s.options.Hold / 3, Text: err.Error()}, nil
	}

	if err != nil {
		return answer{}, err
	}

	if note != "" {
		s.log("%s: %s", keyOf(l.run), note)
	}

	s.hand(l, q)

	return answer{Verdict: granted, Parcel: &parcel{Inline: bundle, Sum: sumOf(bundle)}}, nil
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
	s.log("%s: %v", keyOf(l.run), why)
	s.close(l)
	failed := rundir.Status{State: rundir.Failed, Error: why.Error()}
	return answer{Verdict: ended}, s.shelf.end(l.run, failed)
}

// place says where a worker is.
func (t tenant) place() string { return fmt.Sprintf("%s, process %d", t.Host, t.PID) }

// hand notes who has a run now. The caller holds its lock.
func (s *Server) hand(l *lending, q question) {
	before := l.lease
	if before != "" && before != q.Lease {
		s.attend(l.worker, func(a *cluster.Worker) { a.Running-- })
	}

	if before != q.Lease {
		s.attend(q.From, func(a *cluster.Worker) { a.Running++ })
	}

	l.lease, l.delivery, l.saved, l.worker = q.Lease, q.Delivery, 0, q.From
	l.heard, l.sought = time.Now(), time.Time{}
}

// finish ends a run. The caller holds its lock.
func (s *Server) finish(l *lending, q question) (answer, error) {
	if q.Status == nil || !q.Status.Ended() {
		return answer{}, errors.New("a worker ended the run and does not say how")
	}

	err := s.shelf.end(l.run, *q.Status)
	if errors.Is(err, errGap) {
		return s.revoke(l, err)
	}

	if err != nil {
		return answer{}, err
	}

	s.close(l)
	s.attend(q.From, func(a *cluster.Worker) {
		a.Running--
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
	s.attend(l.worker, func(a *cluster.Worker) { a.Running-- })
	return answer{Verdict: lost, Text: why.Error()}, s.shelf.giveBack(l.run, "")
}

// release takes a run back from its worker. The caller holds the lock.
func (s *Server) release(l *lending, q question) (answer, error) {
	var note string
	if q.Why != "" {
		note = fmt.Sprintf("given back by %s: %s", q.From.place(), q.Why)
		s.log("%s: %s", keyOf(l.run), note)
	}

	if err := s.shelf.giveBack(l.run, note); err != nil {
		return answer{}, err
	}

	l.lease = ""
	s.attend(q.From, func(a *cluster.Worker) { a.Running-- })

	return answer{Verdict: granted}, nil
}

// close notes that a run has ended. The caller holds its lock.
func (s *Server) close(l *lending) {
	l.ended, l.lease = true, ""
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left--
	if s.left == 0 {
		s.over = true
		close(s.ended)
	}
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

// Left returns the number of runs that have not ended.
func (s *Server) Left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// meet notes that a worker is there.
func (s *Server) meet(t tenant) { s.attend(t, func(*cluster.Worker) {}) }

// attend changes what the server knows of a worker.
func (s *Server) attend(t tenant, change func(*cluster.Worker)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, known := s.workers[t.place()]
	if !known {
		a = &cluster.Worker{Worker: t.Worker, Kernels: t.Kernels}
		s.workers[t.place()] = a
	}
	a.Heard = time.Now()
	change(a)
}

// Workers lists those that came, by host and process.
func (s *Server) Workers() []cluster.Worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []cluster.Worker
	for _, a := range s.workers {
		all = append(all, *a)
	}
	slices.SortFunc(all, func(a, b cluster.Worker) int { return cmp.Or(cmp.Compare(a.Host, b.Host), a.PID-b.PID) })
	return all
}

// told notes that an answer has been sent.
func (s *Server) told(q question, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dismissed[q.From.place()] = a.Left == 0
}

// Dismiss waits until the workers that are there know that all runs have ended, but not for long.
func (s *Server) Dismiss(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 3*takeFor)
	defer cancel()
	for ctx.Err() == nil {
		here := 0
		s.mu.Lock()
		for place, worker := range s.workers {
			if !s.dismissed[place] && time.Since(worker.Heard) < max(s.options.Hold, 2*takeFor) {
				here++
			}
		}
		s.mu.Unlock()
		if here == 0 {
			return
		}

		sleep(ctx, 100*time.Millisecond)
	}
}

// reopen puts runs on offer that had ended and are to be done again, as their folders say.
func (s *Server) reopen(ctx context.Context) error {
	for _, run := range s.order {
		l := s.runs[keyOf(run)]
		l.mu.Lock()
		st, err := s.shelf.standing(run)
		again := l.ended && err == nil && !st.ended
		if again {
			err = s.takeUp(l)
		}

		l.mu.Unlock()
		if !again {
			continue
		}

		if err := errors.Join(err, s.offer(ctx, run)); err != nil {
			return err
		}
	}

	return nil
}

// errOver is the error of asking for more when all runs have ended.
var errOver = errors.New("all runs have ended, and the server leaves: use \"liptrack status DIR --retry-failed\" " +
	"and start it again")

// takeUp has a run count again that had ended. The caller holds its lock.
func (s *Server) takeUp(l *lending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return errOver
	}
	s.left++
	l.ended = false
	return nil
}

// isOver reports whether all runs have ended.
func (s *Server) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}
