package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// Worker is a Source of runs lent by a server, and a Store that sends their results to it.
type Worker struct {
	line    line
	self    tenant
	scratch string // folder of the runs in progress
	// patience is how long the server may be unreachable before the worker leaves.
	patience time.Duration
	// data is the folder of the users' data files.
	data string
	log  func(text string)
	ctx  context.Context // context of the whole worker
	// anyLeft ends when the server reports that all runs have ended.
	anyLeft  context.Context
	noneLeft func()
	// read returns the run of a task and checks its key.
	read func(key string, t task) (config.Run, error)

	mu     sync.Mutex
	held   map[string]*loan // by key
	left   int              // number of runs left, as last reported by the server
	broken error            // why this machine cannot do more runs
}

// WorkerOptions configure a worker.
type WorkerOptions struct {
	// Scratch is a folder for the runs in progress; leftovers in it are removed.
	Scratch string
	// Data is the folder of the data files that configurations name.
	Data string
	// Patience is how long the server may be unreachable before the worker leaves; 0 means
	// DefaultPatience.
	Patience time.Duration
	// Log receives messages about the worker; nil discards them.
	Log func(text string)
}

// DefaultPatience is long enough for the restart of a server or of most networks.
const DefaultPatience = 15 * time.Minute

// newWorker returns a worker. It fails if the server refuses it.
func newWorker(ctx context.Context, l line, o WorkerOptions) (*Worker, error) {
	w := &Worker{
		line:     l,
		self:     thisTenant(),
		scratch:  o.Scratch,
		patience: o.Patience,
		data:     o.Data,
		log:      o.Log,
		ctx:      ctx,
		held:     map[string]*loan{},
	}

	w.anyLeft, w.noneLeft = context.WithCancel(ctx)
	w.read = func(key string, t task) (config.Run, error) {
		return t.runOf(key, w.data)
	}
	_, err := w.ask(ctx, question{Kind: askHello})

	return w, err
}

// Next implements experiments.Source. It waits for a run that this worker may do; ok is false once
// all runs have ended.
func (w *Worker) Next(ctx context.Context) (run config.Run, ok bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// The news that no runs are left also ends the wait for offers.
	defer context.AfterFunc(w.anyLeft, cancel)()
	for ctx.Err() == nil {
		if err := w.fault(); err != nil {
			return run, false, err
		}

		o, err := w.takeOffer(ctx)
		if err != nil {
			return run, false, err
		}

		// Nothing was offered for a while, so perhaps no runs are left.
		if o == nil {
			_, err := w.ask(ctx, question{Kind: askHello})
			if err != nil && ctx.Err() == nil {
				return run, false, err
			}

			continue
		}

		run, ok, err := w.claim(ctx, o)
		if ok || err != nil {
			return run, ok, err
		}
	}

	return run, false, nil
}

// Left returns the number of runs that had not ended at the last answer of the server.
func (w *Worker) Left() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.left
}

func (w *Worker) fault() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

// has reports whether the worker has a run.
func (w *Worker) has(key string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held[key] != nil
}

// takeOffer waits for an offer, even if the server is away for a while.
func (w *Worker) takeOffer(ctx context.Context) (o *offer, err error) {
	err = w.persist(ctx, func() (err error) {
		o, err = w.line.take(ctx)
		return err
	})
	if ctx.Err() != nil {
		return nil, nil
	}
	return o, err
}

// Open implements experiments.Store. It creates a folder on this machine with the existing files of
// the run.
func (w *Worker) Open(_ context.Context, run config.Run) (experiments.Workspace, error) {
	w.mu.Lock()
	l := w.held[keyOf(run)]
	w.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("run %s: %w on it", keyOf(run), rundir.ErrBusy)
	}

	// Files from an earlier loan of the run may be ahead of the server, under another lease.
	path := filepath.Join(w.scratch, run.Config.Name, run.Name)
	if err := os.RemoveAll(path); err != nil {
		return nil, err
	}

	folder, err := rundir.Open(path)
	if err != nil {
		return nil, err
	}

	b, err := unpackBundle(l.bundle)
	if err == nil {
		err = b.store(folder, false)
	}

	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}

	l.bundle = nil

	return newWorkspace(w, l, folder), nil
}

// Done implements experiments.Source. It reports the outcome of a run to the server.
func (w *Worker) Done(out experiments.Outcome) {
	key := keyOf(out.Run)
	w.mu.Lock()
	l := w.held[key]
	delete(w.held, key)
	w.mu.Unlock()
	if l == nil {
		return
	}

	defer l.end()
	if out.Busy || l.isLost() != nil {
		return
	}

	// A worker stopped by a signal must still report the outcomes of its runs.
	ctx := context.WithoutCancel(w.ctx)
	status := out.Status
	switch {
	case isOfPlace(out.Err):
		w.giveUp(out.Err)
		w.release(ctx, l, out.Err.Error())
		return
	case out.Err != nil:
		status.State, status.Error = rundir.Failed, out.Err.Error()
	case !status.Ended():
		w.release(ctx, l, "")
		return
	}

	q := l.question(askFinish)
	q.Status = &status
	a, err := w.ask(ctx, q)
	for err == nil && a.Verdict == waiting {
		if err = sleep(w.ctx, a.Delay); err == nil {
			a, err = w.ask(ctx, q)
		}
	}

	if err != nil {
		w.log(fmt.Sprintf("run %s has ended, but the server could not be told: %v", key, err))
		return
	}

	if a.Verdict == granted || a.Verdict == ended {
		l.offer.Ack()
		os.RemoveAll(filepath.Join(w.scratch, out.Run.Config.Name, out.Run.Name))
	}
}

// release gives a run back, so that another worker can resume it at once.
func (w *Worker) release(ctx context.Context, l *loan, why string) {
	q := l.question(askRelease)
	q.Why = why
	_, err := w.ask(ctx, q)
	// If the offer were given back before the server knows, the next worker would be refused the
	// run.
	if err == nil {
		l.offer.NakWithDelay(0)
	}
}

// giveUp makes the worker take no more runs.
func (w *Worker) giveUp(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = experiments.NewMachineError(fmt.Errorf("this machine cannot run these runs: %w",
		why))
}

// isOfPlace reports whether a run failed because of this machine and may succeed elsewhere: because
// of its disk, a missing or different data file, or an unreachable server.
func isOfPlace(err error) bool {
	return experiments.IsOfMachine(err) || errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, experiments.ErrOtherData) || errors.Is(err, errAway)
}
