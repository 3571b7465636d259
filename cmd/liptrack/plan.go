package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/plots/figure"
)

// plan describes what a sweep will do.
type plan struct {
	experiments.Plan
	experiment *config.Experiment
}

// list prints a line for each run: ID, name, swept values, state.
func (p plan) list(out io.Writer) error {
	var rows [][]string
	for i, run := range p.experiment.Runs {
		var values []string
		for _, v := range run.Point {
			values = append(values, v.Key+"="+v.Value)
		}
		rows = append(rows, []string{run.ID, run.Name, strings.Join(values, " "), p.States[i]})
	}
	return printTable(out, rows)
}

// summary prints the axes and the number of runs in each state.
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
	for _, state := range []string{experiments.PlanNew, experiments.PlanResume, experiments.PlanRetry, damaged} {
		if n := p.Count(state); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}

	// Damaged runs are neither tasks nor have they ended.
	if n := len(e.Runs) - len(p.Tasks) - p.Count(damaged); n > 0 {
		parts = append(parts, fmt.Sprintf("%d already ended", n))
	}

	fmt.Fprintf(w, "  %s\n", strings.Join(parts, ", "))
	n := p.Count(string(rundir.Failed)) + p.Count(string(rundir.Diverged))
	if n > 0 {
		fmt.Fprintf(w, "  %d of them failed or diverged; --retry-failed redoes these\n", n)
	}
}

// warn prints the runs that cannot begin. The other runs are not affected.
func (p plan) warn(w io.Writer) {
	const most = 5
	misfits := experiments.Misfits(p.Tasks)
	for _, m := range misfits[:min(len(misfits), most)] {
		fmt.Fprintf(w, "  cannot begin: %v\n", m)
	}
	if n := len(misfits) - most; n > 0 {
		fmt.Fprintf(w, "  and %d more\n", n)
	}
}

// estimate prints the number of updates, the estimated time and the basis of the estimate. It
// returns the relative time of each run, by name.
func (p plan) estimate(ctx context.Context, w io.Writer, workers int) map[string]float64 {
	weights := map[string]float64{}
	// Without trials, the remaining epochs approximate the time of a run.
	for _, t := range p.Tasks {
		weights[t.Run.Name] = float64(t.Run.Config.Train.Stop.Epochs - t.From)
	}

	if len(p.Tasks) == 0 {
		return weights
	}

	// If the estimate fails, this is only reported, and the sweep begins all the same.
	e, err := experiments.NewEstimate(ctx, p.Tasks, workers)
	switch {
	case ctx.Err() != nil:
		return weights
	case err != nil:
		fmt.Fprintf(w, "  the time cannot be estimated: %v\n", err)
		return weights
	}

	for i, t := range p.Tasks {
		weights[t.Run.Name] = e.Alone[i].Seconds()
	}

	fmt.Fprintf(
		w,
		"  %s updates, about %s with %s if no run stops early",
		figure.FormatInt(e.Updates),
		roughly(e.Time),
		count(workers, "worker"),
	)
	if len(e.Uncounted) > 0 {
		fmt.Fprintf(w, ", plus the time of %s", strings.Join(e.Uncounted, ", "))
	}

	fmt.Fprintf(
		w,
		"\n  (estimated by training %d of %s briefly on this machine under its present load)\n",
		e.Tried,
		count(e.Shapes, "size"),
	)

	return weights
}
