package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// plan is what a sweep will do.
type plan struct {
	experiment *config.Experiment
	states     []string // of each run
	tasks      []experiments.Task
}

// States of a planned run, beside the endings that are left as they are.
const (
	planNew    = "new"
	planResume = "to resume"
	planRetry  = "to do again"
)

func newPlan(e *config.Experiment, store experiments.Local, o experiments.Options) plan {
	p := plan{experiment: e}
	for _, run := range e.Runs {
		status, begun, err := store.Status(run)

		// A run is resumed unless it is new, to be retried, or done.
		state, task := planResume, experiments.Task{Run: run, From: status.Epochs}
		switch {
		// A damaged status costs its run, which says so when its turn comes; it does not matter where
		// the run begins anew.
		case err != nil && !o.Overwrite:
			p.states = append(p.states, string(rundir.Damaged))
			continue
		case !begun || o.Overwrite:
			state, task.From = planNew, 0
		case status.FailedEarly() || o.RetryFailed && status.Unsuccessful():
			state, task.From = planRetry, 0
		case status.Ended():
			p.states = append(p.states, string(status.State))
			continue
		}

		p.states, p.tasks = append(p.states, state), append(p.tasks, task)
	}

	return p
}

func (p plan) count(state string) (n int) {
	for _, s := range p.states {
		if s == state {
			n++
		}
	}
	return n
}

// list prints the runs: ID, name, swept values, state.
func (p plan) list(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, run := range p.experiment.Runs {
		var values []string
		for _, v := range run.Point {
			values = append(values, v.Key+"="+v.Value)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", run.ID, run.Name, strings.Join(values, " "), p.states[i])
	}
	return w.Flush()
}

// summary prints the axes, and how many runs there are to do.
func (p plan) summary(w io.Writer) {
	e := p.experiment
	fmt.Fprintf(w, "%s: %s\n", e.Name, count(len(e.Runs), "run"))
	if e.Note != "" {
		fmt.Fprintf(w, "  quick: %s\n", e.Note)
	}

	for _, a := range e.Axes {
		verb := ""
		if a.Drawn {
			verb = "drawn from "
		}

		fmt.Fprintf(
			w,
			"  %s: %s%s\n",
			strings.Join(a.Keys, ", "),
			verb,
			strings.Join(a.Values, "; "),
		)
	}

	var parts []string
	damaged := string(rundir.Damaged)
	for _, state := range []string{planNew, planResume, planRetry, damaged} {
		if n := p.count(state); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}

	if n := len(e.Runs) - len(p.tasks) - p.count(damaged); n > 0 {
		parts = append(parts, fmt.Sprintf("%d ended before", n))
	}

	fmt.Fprintf(w, "  %s\n", strings.Join(parts, ", "))
	if n := p.count(string(rundir.Failed)) + p.count(string(rundir.Diverged)); n > 0 {
		fmt.Fprintf(w, "  %d of them failed or diverged; --retry-failed does these again\n", n)
	}
}

// estimate prints how many updates there are to do, about how long they take, and what that rests
// on. It returns how much of the time each run takes, by name.
func (p plan) estimate(ctx context.Context, w io.Writer, workers int) map[string]float64 {
	weights := map[string]float64{}
	// Without trials, the epochs left stand for the time that a run takes.
	for _, t := range p.tasks {
		weights[t.Run.Name] = float64(t.Run.Config.Train.Stop.Epochs - t.From)
	}

	if len(p.tasks) == 0 {
		return weights
	}

	// Without an estimate the sweep begins all the same: it is only told.
	e, err := experiments.NewEstimate(ctx, p.tasks, workers)
	switch {
	case ctx.Err() != nil:
		return weights
	case err != nil:
		fmt.Fprintf(w, "  no estimate of the time: %v\n", err)
		return weights
	}

	for i, t := range p.tasks {
		weights[t.Run.Name] = e.Alone[i].Seconds()
	}

	fmt.Fprintf(
		w,
		"  %s updates, about %s with %s if no run stops early",
		thousands(e.Updates),
		roughly(e.Time),
		count(workers, "worker"),
	)
	if len(e.Uncounted) > 0 {
		fmt.Fprintf(w, ", and the time of %s", strings.Join(e.Uncounted, ", "))
	}

	fmt.Fprintf(
		w,
		"\n  (from training and tracking %d of %s for a moment, on this machine as busy as it is)\n",
		e.Tried,
		count(e.Shapes, "size"),
	)

	return weights
}
