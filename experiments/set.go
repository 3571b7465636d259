// Package experiments does runs: it builds data, trainer and tracker of each, writes what they
// measure into run folders that survive a kill at any instant, and resumes them. Where runs come
// from is a [Source], where their results go a [Store].
package experiments

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/processors"
)

// Source hands out runs.
type Source interface {
	// Next returns the next run to do, or false if there is none. It is called by one worker at
	// a time, when that worker is free.
	Next(ctx context.Context) (run config.Run, ok bool, err error)
}

// Store is where results go.
type Store interface {
	// Open makes the folder of a run this process's own until it is closed; [rundir.ErrBusy] if it is
	// another's.
	Open(run config.Run) (*rundir.Folder, error)
}

// Run does the runs of a source, several at a time, and returns their outcomes in the order in
// which they were handed out. A run that has ended before is skipped, one that was interrupted
// goes on where it was, and one that fails does not stop the others; the error joins theirs. One that
// another process has open is tried once more when no others are left.
// When ctx ends, runs stop after the batch under way, saved, and no more are handed out.
func Run(ctx context.Context, from Source, into Store, o Options) ([]Outcome, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	workers := o.Workers
	if workers == 0 {
		workers = processors.Count()
	}
	defer share(workers)()
	p := &pool{
		source: from, store: into, options: o, stop: stop,
		data: &datasets{limit: workers}, goroutines: goroutines(workers),
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { p.work(ctx) })
	}
	wg.Wait()
	p.lookAgain(ctx)
	return p.outcomes, p.err()
}

// share keeps a spare processor for the Go runtime, until release is called, if several workers take all others.
func share(workers int) (release func()) {
	if workers == 1 || workers < processors.Count() {
		return func() {}
	}
	return processors.KeepSpare()
}

// goroutines is how many measure the run of one of a number of workers.
func goroutines(workers int) int { return max(1, processors.Count()/workers) }

// pool is what the workers share.
type pool struct {
	source     Source
	store      Store
	options    Options
	data       *datasets
	goroutines int    // of each worker, for measurements
	stop       func() // ends all runs, saved

	mu       sync.Mutex
	outcomes []Outcome
	failure  error // of the source
	stopped  *Outcome
}

// work does runs until there are none left.
func (p *pool) work(ctx context.Context) {
	for {
		run, place, ok := p.next(ctx)
		if !ok {
			return
		}
		if out := p.do(ctx, run, place, p.options); !out.Busy {
			p.finished(out)
		}
	}
}

// do does a run and notes its outcome.
func (p *pool) do(ctx context.Context, run config.Run, place int, o Options) Outcome {
	out := execute(ctx, run, p.store, p.data, o, p.goroutines)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outcomes[place] = out
	if o.FailFast && p.stopped == nil && !out.Skipped && (out.Err != nil || out.Status.State == rundir.Diverged) {
		p.stopped = &out
		p.stop()
	}
	return out
}

func (p *pool) finished(out Outcome) {
	if p.options.Observe != nil {
		p.options.Observe.Finished(out)
	}
}

// lookAgain returns to the runs that were another process's: what that has ended is there for the
// reports, and what it left is done. So of processes that share a sweep the last to end knows all runs.
func (p *pool) lookAgain(ctx context.Context) {
	o := p.options
	o.Overwrite, o.RetryFailed = false, false // the other process did that
	for place, out := range p.outcomes {
		if !out.Busy {
			continue
		}
		if ctx.Err() == nil {
			out = p.do(ctx, out.Run, place, o)
		}
		p.finished(out)
	}
}

func (p *pool) next(ctx context.Context) (run config.Run, place int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil || p.failure != nil {
		return run, 0, false
	}
	if run, ok, p.failure = p.source.Next(ctx); !ok || p.failure != nil {
		return run, 0, false
	}
	p.outcomes = append(p.outcomes, Outcome{Run: run})
	return run, len(p.outcomes) - 1, true
}

// err joins what went wrong.
func (p *pool) err() error {
	errs := []error{p.failure}
	busy := 0
	for _, out := range p.outcomes {
		switch {
		case out.Busy:
			busy++
		case out.Err != nil:
			errs = append(errs, fmt.Errorf("run %s: %w", out.Run.Name, out.Err))
		case out.Skipped && out.Status.State == rundir.Failed:
			errs = append(errs, fmt.Errorf("run %s failed before, and --retry-failed does it again: %s", out.Run.Name, out.Status.Error))
		}
	}
	if busy > 0 && busy == len(p.outcomes) {
		errs = append(errs, fmt.Errorf("nothing was done: %w on every run", rundir.ErrBusy))
	}
	if p.stopped != nil && p.stopped.Err == nil {
		errs = append(errs, fmt.Errorf("run %s diverged after epoch %d, and no more were begun", p.stopped.Run.Name, p.stopped.Status.Epochs))
	}
	return errors.Join(errs...)
}

// list is a Source of runs in memory.
type list struct{ left []config.Run }

// List hands out the runs in their order.
func List(runs []config.Run) Source { return &list{runs} }

func (l *list) Next(context.Context) (run config.Run, ok bool, err error) {
	if len(l.left) == 0 {
		return run, false, nil
	}
	run, l.left = l.left[0], l.left[1:]
	return run, true, nil
}

// Cancelled says whether any of the outcomes is that of an interrupted run.
func Cancelled(outcomes []Outcome) bool {
	for _, o := range outcomes {
		if o.Status.State == rundir.Cancelled {
			return true
		}
	}
	return false
}
