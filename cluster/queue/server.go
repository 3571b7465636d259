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

// shelf stores the files of a server's runs.
type shelf interface {
	// standing returns the present standing of a run.
	standing(run config.Run) (standing, error)
	// progress returns the kernels that computed the run's last checkpoint, "" if it has none, and
	// the number of epochs before it.
	progress(run config.Run) (kernels string, epochs int, err error)
	// lend records that a worker has the run, and returns the files to resume from. With anew, it
	// clears the run instead. It returns [rundir.ErrBusy] if a process on this machine works on the
	// run.
	lend(run config.Run, to rundir.Worker, anew bool, note string) (bundle []byte, err error)
	// add stores a worker's save in the run's folder.
	add(run config.Run, bundle []byte, durable bool) error
	// end records how a run ended; giveBack records that it no longer has a worker.
	end(run config.Run, status rundir.Status) error
	giveBack(run config.Run, note string) error
}

// standing describes whether a run has ended and who has it.
type standing struct {
	ended bool
	// lease is the lease of the run's last holder; empty if it has none.
	lease string
}

// errGap is the error of a save that does not fit the existing files of the run.
var errGap = errors.New("a part is missing between the existing files of the run and the data sent")

// Server lends runs to workers.
type Server struct {
	options Options
	shelf   shelf
	self    tenant // workers must have the same version
	// caughtUp waits until all saves received so far are on the shelf.
	caughtUp func(ctx context.Context) error
	// offer offers a run again. It does nothing if the run is already on offer.
	offer func(ctx context.Context, run config.Run) error

	order []config.Run // longest first
	runs  map[string]*lending
	ended chan struct{} // closed when all runs have ended

	mu      sync.Mutex
	left    int // runs that have not ended; at 0, ended is closed and no run is reopened
	workers map[string]*cluster.Worker
	// holders maps the key of each lent run to the place of its worker.
	holders map[string]string
	// dismissed records which workers know that all runs have ended.
	dismissed map[string]bool
}

// Options configure how a server lends runs.
type Options struct {
	// Hold is how long a worker may be silent before its runs are offered to others; 0 means
	// DefaultHold.
	Hold time.Duration
	// SameKernels is how long a run with a checkpoint waits for a machine with the same kernels
	// before another machine starts it over.
	SameKernels time.Duration
	// Log receives messages about workers and runs; nil discards them.
	Log func(text string)
}

// DefaultHold is long compared with short network failures and short compared with a run.
const DefaultHold = 30 * time.Second

// newServer returns a server of runs. It fails if two runs have the same key.
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
			return nil, fmt.Errorf("run %s occurs twice: give one of the experiments another name",
				keyOf(run))
		}

		// The worker that had the run when an earlier server stopped still has it.
		st, err := on.standing(run)
		l := &lending{run: run, ended: st.ended, lease: st.lease, heard: time.Now()}
		// One damaged folder must not prevent the other runs from being served.
		if err != nil {
			l.ended = true // it cannot resume; "liptrack status" shows it as damaged
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

// thisTenant returns the introduction of this process.
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
	if text := q.From.checkAgainst(s.self); text != "" {
		s.log("refused the worker on %s: %s", q.From.location(), text)
		return answer{Verdict: refused, Text: text}
	}

	a, err := s.decideAnswer(ctx, q)
	// An error concerns this machine and may pass, so the worker keeps its run and asks again.
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

func (s *Server) decideAnswer(ctx context.Context, q question) (answer, error) {
	s.attend(q.From, func(*cluster.Worker) {})
	l := s.runs[q.Run]
	switch {
	case q.Kind == askHello:
		return answer{Verdict: granted}, nil
	case l == nil:
		return answer{Verdict: ended, Text: "no such run"}, nil
	}

	// Saves from before the worker fell silent, or ended the run, count.
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
	// A restarted server learns here which worker has the run.
	s.noteHolder(l)
	switch q.Kind {
	case askBeat:
		return answer{Verdict: granted}, nil
	case askFinish:
		return s.finish(l, q)
	case askRelease:
		return s.release(l, q)
	default:
		return answer{}, fmt.Errorf("the server does not know the question %.40q", q.Kind)
	}
}

// close records that a run has ended. The caller holds its lock.
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
