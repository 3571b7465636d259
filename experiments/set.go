// Package experiments turns a configuration into runs: it expands the set, builds data, trainer
// and tracker of each, writes what they measure into run folders that survive a kill at any
// instant, and resumes them.
package experiments

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"liptrack/experiments/config"
	"liptrack/trainer"
)

// Run does all runs of an experiment, several at a time, and returns their outcomes in the
// experiment's order. A run that fails does not stop the others; the error joins theirs. When
// ctx ends, runs stop after the batch under way, saved, and those not begun are left out.
func Run(ctx context.Context, e *config.Experiment, o Options) ([]Outcome, error) {
	runs := e.Runs
	workers := o.Workers
	if workers == 0 {
		workers = runtime.NumCPU()
	}
	workers = min(workers, len(runs))
	data := &datasets{limit: workers}
	goroutines := max(1, runtime.NumCPU()/workers)

	outcomes := make([]Outcome, len(runs))
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				outcomes[i] = execute(ctx, runs[i], data, o, goroutines)
			}
		})
	}
	for i := range runs {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return begun(outcomes)
}

// begun drops the runs that were never started and joins the errors of the others.
func begun(all []Outcome) (outcomes []Outcome, err error) {
	var errs []error
	for _, out := range all {
		if out.Run.Name == "" {
			continue
		}
		outcomes = append(outcomes, out)
		if out.Err != nil {
			errs = append(errs, fmt.Errorf("run %s: %w", out.Run.Name, out.Err))
		}
	}
	return outcomes, errors.Join(errs...)
}

// Cancelled says whether any of the outcomes is that of an interrupted run.
func Cancelled(outcomes []Outcome) bool {
	for _, o := range outcomes {
		if o.Status.State == trainer.Cancelled {
			return true
		}
	}
	return false
}
