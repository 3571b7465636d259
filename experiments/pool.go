// Package experiments executes runs: it builds the data, trainer and tracker of each run, writes
// the measurements to run folders that survive a kill at any moment, and resumes them. Runs come
// from a [Source], and results go to a [Store].
package experiments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/processors"
)

// Source provides runs.
type Source interface {
	// Next returns the next run to do, or false if there is none. Only one worker calls it at a
	// time, when that worker is free.
	Next(ctx context.Context) (run config.Run, ok bool, err error)
	// Done is called once with the outcome of each run that Next returned. Calls may be concurrent.
	Done(Outcome)
}

// Store receives results.
type Store interface {
	// Open reserves a run for this process until its workspace is closed, and fetches earlier
	// results. It returns [rundir.ErrBusy] if another process has the run.
	Open(ctx context.Context, run config.Run) (Workspace, error)
}

// Workspace is a run's folder on this machine, and the connection to others that receive a copy.
type Workspace interface {
	Folder() *rundir.Folder
	// Saved is called whenever others could resume the run from the folder: after a checkpoint, and
	// at the end of the run. It returns [rundir.ErrBusy], which ends the run, if another process
	// has taken over.
	Saved(ctx context.Context) error
	// Close gives the run back.
	Close() error
}

// Run does the runs of a source, several at a time, and returns their outcomes in the order in
// which the source provided them. It skips runs that have already ended and resumes interrupted
// ones. A run that fails does not stop the others; the returned error joins the errors of all runs.
// If another process has a run open, Run tries it once more when no others are left. When ctx ends,
// runs stop and save after their current batch, and no more runs begin.
func Run(ctx context.Context, from Source, into Store, o Options) ([]Outcome, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	workers := o.Workers
	if workers == 0 {
		workers = processors.Count()
	}

	// Workers on all processors would leave none for Go's runtime, which would then interrupt long
	// BLAS calls.
	defer reserveProcessor(workers)()

	p := newPool(from, into, o, workers)
	p.stop = stop
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { p.work(ctx) })
	}

	wg.Wait()
	p.lookAgain(ctx)

	return p.outcomes, p.err()
}

// reserveProcessor keeps a processor free for the Go runtime until release is called, if the
// workers would otherwise take all of them.
func reserveProcessor(workers int) (release func()) {
	if workers == 1 || workers < processors.Count() {
		return func() {}
	}
	return processors.KeepSpare()
}

// goroutines returns the number of goroutines that measure each run, given the number of workers.
func goroutines(workers int) int {
	return max(1, processors.Count()/workers)
}

// pool is the state that workers share.
type pool struct {
	source     Source
	store      Store
	options    Options
	data       *datasets
	memory     *ledger
	goroutines int    // of each worker, for measurements
	stop       func() // stops and saves all runs

	asking  sync.Mutex // held by the worker that asks the source
	failure error      // of the source

	mu       sync.Mutex
	outcomes []Outcome
	failures int   // in a row
	reason   error // why no more runs are begun
}

func newPool(from Source, into Store, o Options, workers int) *pool {
	return &pool{
		source:  from,
		store:   into,
		options: o,
		data: &datasets{
			limit: workers,
			note:  o.Note,
		},
		memory:     newLedger(),
		goroutines: goroutines(workers),
		stop:       func() {},
	}
}

// work does runs until none are left.
func (p *pool) work(ctx context.Context) {
	for {
		run, place, ok := p.next(ctx)
		if !ok {
			return
		}
		out := p.do(ctx, run, place, p.options)
		if !out.Busy || out.Taken {
			p.finished(out)
		}
	}
}

// do does a run and records its outcome.
func (p *pool) do(ctx context.Context, run config.Run, place int, o Options) Outcome {
	out := p.execute(ctx, run, o)

	p.mu.Lock()
	defer p.mu.Unlock()
	p.outcomes[place] = out
	p.judge(out, o)
	return out
}

// judge stops all runs if an outcome requires it. The caller holds the lock.
func (p *pool) judge(out Outcome, o Options) {
	// A skipped run says nothing about the present state of this machine, and neither does a run
	// that another process holds.
	if out.Skipped || out.Busy {
		return
	}

	// Only consecutive failures count: a run that succeeds shows that the machine is in order.
	p.failures++
	if out.Err == nil {
		p.failures = 0
	}

	var reason error
	switch {
	case o.FailFast && out.Err != nil:
		reason = errors.New("no more runs were begun (--fail-fast)")
	case o.FailFast && out.Status.State == rundir.Diverged:
		reason = fmt.Errorf(
			"run %s diverged after epoch %d, and no more were begun",
			out.Run.Name,
			out.Status.Epochs,
		)
	case IsOfMachine(out.Err):
		reason = NewMachineError(fmt.Errorf("this machine cannot go on: %w", out.Err))
	case o.MaxFailuresInRow > 0 && p.failures >= o.MaxFailuresInRow:
		err := fmt.Errorf(
			"%d runs in a row failed: something may be wrong with this machine",
			p.failures,
		)
		reason = NewMachineError(err)
	}

	// Only the first reason is reported, not the errors that stopping causes.
	if reason != nil && p.reason == nil {
		p.reason = reason
		p.stop()
	}
}

// A MachineError means that a process ended because of its machine and not because of a run: other
// machines may do the remaining runs.
type MachineError struct{ err error }

// NewMachineError blames the machine for an error.
func NewMachineError(err error) error {
	return &MachineError{err}
}

// Error implements error.
func (e *MachineError) Error() string {
	return e.err.Error()
}

// Unwrap returns the underlying error.
func (e *MachineError) Unwrap() error { return e.err }

// IsOfMachine reports whether an error is due to a disk that is full, broken or read-only.
func IsOfMachine(err error) bool {
	isCause := func(cause syscall.Errno) bool { return errors.Is(err, cause) }
	return slices.ContainsFunc(
		[]syscall.Errno{syscall.ENOSPC, syscall.EROFS, syscall.EIO},
		isCause,
	)
}

// finished reports the outcome of a run.
func (p *pool) finished(out Outcome) {
	p.source.Done(out)
	if p.options.Observe != nil {
		p.options.Observe.Finished(out)
	}
}

// lookAgain retries the runs that another process held. If that process finished them, their
// results are read; if it stopped, they are run here. So the last of several processes that share a
// sweep sees all outcomes.
func (p *pool) lookAgain(ctx context.Context) {
	o := p.options
	o.Overwrite, o.RetryFailed = false, false // the other process did that
	for place, out := range p.outcomes {
		if !out.Busy || out.Taken {
			continue
		}
		if ctx.Err() == nil {
			out = p.do(ctx, out.Run, place, o)
		}
		p.finished(out)
	}
}

// next asks the source for a run. It may take long, while the other workers continue.
func (p *pool) next(ctx context.Context) (run config.Run, place int, ok bool) {
	// Sources need not be safe for concurrent use, and one that waits for a queue must not block
	// the recording of outcomes. So this lock is not the lock of the outcomes.
	p.asking.Lock()
	defer p.asking.Unlock()
	if ctx.Err() != nil || p.failure != nil {
		return run, 0, false
	}

	// A source that failed is not asked again.
	run, ok, p.failure = p.source.Next(ctx)
	if !ok || p.failure != nil {
		return run, 0, false
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	// Reserve the place now, so that outcomes are in the order in which the source provided the
	// runs.
	p.outcomes = append(p.outcomes, Outcome{Run: run})
	return run, len(p.outcomes) - 1, true
}

// err joins the errors of the source and of all runs.
func (p *pool) err() error {
	errs := []error{p.failure}
	busy := 0
	for _, out := range p.outcomes {
		switch {
		case out.Busy && !out.Taken:
			busy++
		case out.Err != nil:
			errs = append(errs, &RunError{out.Run.Name, out.Err})
		// Someone who restarts a sweep should learn that it is incomplete, even if nothing failed
		// this time.
		case out.Skipped && out.Status.State == rundir.Failed:
			err := fmt.Errorf(
				"it failed before, and --retry-failed does it again: %s",
				out.Status.Error,
			)
			errs = append(errs, &RunError{out.Run.Name, err})
		}
	}

	// Runs that another process does are not errors, unless nothing was left for this process.
	if busy > 0 && busy == len(p.outcomes) {
		errs = append(errs, fmt.Errorf("nothing was done: %w on every run", rundir.ErrBusy))
	}

	return errors.Join(append(errs, p.reason)...)
}

// A RunError is the failure of a run.
type RunError struct {
	Run string
	Err error
}

// Error implements error.
func (e *RunError) Error() string {
	return fmt.Sprintf("run %s: %v", e.Run, e.Err)
}

// Unwrap returns the reason why the run failed.
func (e *RunError) Unwrap() error { return e.Err }

// list is a Source of runs in memory.
type list struct{ left []config.Run }

// List provides the runs in their order.
func List(runs []config.Run) Source { return &list{runs} }

// Next implements Source.
func (l *list) Next(context.Context) (run config.Run, ok bool, err error) {
	if len(l.left) == 0 {
		return run, false, nil
	}
	run, l.left = l.left[0], l.left[1:]
	return run, true, nil
}

// Done implements Source.
func (*list) Done(Outcome) {}

// Cancelled reports whether any run was interrupted.
func Cancelled(outcomes []Outcome) bool {
	return slices.ContainsFunc(outcomes, func(o Outcome) bool {
		return o.Status.State == rundir.Cancelled
	})
}
