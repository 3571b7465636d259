package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// errAway is the error if the server does not answer.
var errAway = errors.New("the server does not answer")

// ask repeats a question until the server answers or patience runs out. It fails if the server
// refuses the worker.
func (w *Worker) ask(ctx context.Context, q question) (answer, error) {
	q.From = w.self
	var a answer
	err := w.persist(ctx, func() (err error) {
		a, err = w.line.ask(ctx, q)
		return err
	})

	if err != nil {
		return answer{}, err
	}

	if a.Verdict == refused {
		return a, fmt.Errorf("%w: %s", ErrRefused, a.Text)
	}

	w.mu.Lock()
	w.left = a.Left
	w.mu.Unlock()
	if a.Left == 0 {
		w.noneLeft()
	}

	return a, nil
}

// persist repeats an operation that needs the server until it succeeds or patience runs out.
func (w *Worker) persist(ctx context.Context, try func() error) error {
	const longest = 5 * time.Second
	begun := time.Now()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, longest) {
		err := try()
		if err == nil {
			return nil
		}

		if ctx.Err() != nil {
			return ctx.Err()
		}

		// Another worker has the run, and trying again would not change that.
		if errors.Is(err, rundir.ErrBusy) {
			return err
		}

		away := time.Since(begun)
		if away > w.patience {
			return experiments.NewMachineError(fmt.Errorf(
				"%w for %v: %w",
				errAway,
				away.Round(time.Second),
				err,
			))
		}

		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// tryOnce makes a single attempt, for operations that may fail.
func (w *Worker) tryOnce(_ context.Context, try func() error) error {
	return try()
}

// sleep waits for a duration, or returns the error of the context if that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
