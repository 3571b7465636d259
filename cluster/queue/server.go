package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

	mu      sync.Mutex
	left    int // runs that have not ended; once it is 0, ended is closed and no run is taken up again
	workers map[string]*cluster.Worker
	// holders are the places of the workers that have runs, by the keys of these.
	holders map[string]string
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

// newServer makes a server of runs, of which no two have the same key.
func newServer(runs []config.Run, on shelf, o Options) (*Server, error) {
	s := &Server{
		options:   o,
		shelf:     on,
		self:      thisTenant(),
		order:     experiments.LongestFirst(runs),
		runs:      map[string]*lending{},
		ended:     make(chan struct{}),
		workers:   map[string]*cluster.Worker{},
		holders:   map[string]string{},
		dismissed: map[string]bool{},
		caughtUp:  func(context.Context) error { return nil },
		offer:     func(context.Context, config.Run) error { return nil },
	}

	s.options.Hold = cmp.Or(o.Hold, DefaultHold)
	for _, run := range runs {
		if _, twice := s.runs[keyOf(run)]; twice {
			return nil, fmt.Errorf("run %s is there twice: give one of the experiments another name",
				keyOf(run))
		}

		// Whoever had the run when an earlier server ended has it still.
		st, err := on.standing(run)
		l := &lending{run: run, ended: st.ended, lease: st.lease, heard: time.Now()}
		// One damaged folder must not keep the others from being served.
		if err != nil {
			l.ended = true // nobody can go on with it; "liptrack status" shows it as damaged
			s.log("%s: %v", keyOf(run), err)
		}

		s.runs[keyOf(run)] = l
		if !l.ended {
			s.left++
		}
	}

	if s.left == 0 {
		close(s.ended)
	}

	return s, nil
}

// thisTenant is how this process introduces itself.
func thisTenant() tenant {
	return tenant{
		Worker:   *rundir.ThisWorker(time.Now()),
		Protocol: protocol,
		Program:  experiments.Versions()["liptrack"],
		Kernels:  experiments.Kernels(),
	}
}

func (s *Server) log(format string, args ...any) {
	if s.options.Log != nil {
		s.options.Log(fmt.Sprintf(format, args...))
	}
}

// answer answers a question of a worker.
func (s *Server) answer(ctx context.Context, q question) answer {
	if text := q.From.check(s.self); text != "" {
		s.log("refused the worker on %s: %s", q.From.place(), text)
		return answer{Verdict: refused, Text: text}
	}

	a, err := s.decide(ctx, q)
	// An error is of this machine, and may pass: the worker keeps what it has and asks again.
	if err != nil {
		s.log("%s: %v", q.Run, err)
		a = answer{
			Verdict: waiting,
			Text:    err.Error(),
			Delay:   s.options.Hold / 3,
		}
	}

	a.Left, a.Hold = s.Left(), s.options.Hold

	return a
}

func (s *Server) decide(ctx context.Context, q question) (answer, error) {
	s.attend(q.From, func(*cluster.Worker) {})
	l := s.runs[q.Run]
	switch {
	case q.Kind == askHello:
		return answer{Verdict: granted}, nil
	case l == nil:
		return answer{Verdict: ended, Text: "there is no such run"}, nil
	}

	// What a worker saved before it fell silent, or ended, counts.
	if l.isBehind(q) {
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
	// A server that was started again hears here who has the run.
	s.noteHolder(l)
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

// close notes that a run has ended. The caller holds its lock.
func (s *Server) close(l *lending) {
	l.ended, l.lease = true, ""
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.holders, keyOf(l.run))
	s.left--
	if s.left == 0 {
		close(s.ended)
	}
}

// Left returns the number of runs that have not ended.
func (s *Server) Left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}
