package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/claims"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/decimal"
	"github.com/liptrack/liptrack/internal/processors"
)

// budget is what reproduce may spend: a form of the experiments and, if it is not 0, a time.
type budget struct {
	claims.Budget
	time time.Duration
}

// String returns the budget as a flag has it.
func (b *budget) String() string {
	if b.time > 0 {
		return "hours=" + strconv.FormatFloat(b.time.Hours(), 'g', -1, 64)
	}
	return string(b.Budget)
}

// Set reads quick, full or hours=N.
func (b *budget) Set(text string) error {
	hours, timed := strings.CutPrefix(text, "hours=")
	switch {
	case text == string(claims.Quick) || text == string(claims.Full):
		*b = budget{Budget: claims.Budget(text)}
		return nil
	case !timed:
		return errors.New("want quick, full or hours=N")
	}

	n, err := decimal.Number(hours)
	if err != nil || !(n > 0) || n > math.MaxInt64/float64(time.Hour) {
		return fmt.Errorf("hours=%.40s: N must be a number above 0", hours)
	}

	*b = budget{claims.Full, time.Duration(n * float64(time.Hour))}

	return nil
}

// Type names the flag's value for help.
func (b *budget) Type() string { return "string" }

// decisive are the experiments that decide the most claims for their time, before all others.
var decisive = []string{
	"toy", "initialisation", "evolution-bounds", "dropout", "weight-decay", "evolution", "evolution-mse", "optimizers",
	"depth", "misclassified", "linearisation", "samples", "regularised", "constrained", "losses", "fidelity",
	"adversarial",
	"label-noise-threshold", "double-descent", "double-descent-mse", "out-of-distribution", "evolution-wide",
	"label-noise",
}

// priced is an experiment, what is to be done of it and what each of its runs costs.
type priced struct {
	experiment *config.Experiment
	plan       plan
	costs      map[string]time.Duration // by the names of runs
	total      time.Duration
}

// run runs the experiments that were chosen, one after another. At the full budget it says the
// price of each first.
func (r *reproduction) run(cmd *cobra.Command) error {
	if r.options.Workers == 0 {
		r.options.Workers = processors.Count()
	}

	// The experiments that decide most come first, so that an interrupted reproduction has most of
	// the answers.
	names := slices.Clone(r.experiments)
	slices.SortStableFunc(names, func(a, b string) int { return rankOf(a) - rankOf(b) })

	var all []*config.Experiment
	for _, name := range names {
		e, err := load(name, r.budget.Budget)
		if err != nil {
			return err
		}

		all = append(all, e)
	}

	// Prices take a while to estimate, so only who reads or needs them waits.
	if r.budget.Budget == claims.Full && (!r.quiet || r.budget.time > 0) {
		prices, err := r.prices(cmd.Context(), all)
		if err != nil {
			return err
		}

		if r.budget.time > 0 {
			// A time on several workers is so many times that of one.
			all = affordable(prices, time.Duration(r.options.Workers)*r.budget.time)
		}

		if !r.quiet {
			printPrices(cmd.ErrOrStderr(), prices, all, r.options.Workers)
		}
	}

	var errs []error
	for _, e := range all {
		if cmd.Context().Err() != nil {
			break
		}

		// One experiment that fails does not stop the others.
		if err := (sweepFlags{options: r.options, dir: r.dir, silent: r.quiet}).sweep(cmd, e); err != nil {
			errs = append(errs, fmt.Errorf("experiment %s: %w", e.Name, err))
		}
	}

	return errors.Join(errs...)
}

// rankOf returns the place of an experiment among the decisive ones, behind all for one that is
// not.
func rankOf(name string) int {
	if i := slices.Index(decisive, name); i >= 0 {
		return i
	}
	return len(decisive)
}

// prices estimates what is left to do of each experiment, on one processor.
func (r *reproduction) prices(ctx context.Context, all []*config.Experiment) ([]priced, error) {
	var prices []priced
	for _, e := range all {
		p := newPlan(e, experiments.Local{Dir: r.dir}, r.options)
		one := priced{experiment: e, plan: p, costs: map[string]time.Duration{}}
		if len(p.tasks) > 0 {
			estimate, err := experiments.NewEstimate(ctx, p.tasks, r.options.Workers)
			if err != nil {
				return nil, fmt.Errorf("estimating the time of %s: %w", e.Name, err)
			}
			for i, t := range p.tasks {
				one.costs[t.Run.Name] = estimate.Alone[i]
				one.total += estimate.Alone[i]
			}
		}

		prices = append(prices, one)
	}

	return prices, nil
}

// affordable returns the experiments with those of their runs that fit into a time of one
// processor, an experiment after another, the first seeds of each before the later ones. Runs that
// have ended stay.
func affordable(prices []priced, left time.Duration) []*config.Experiment {
	var some []*config.Experiment
	for _, p := range prices {
		// All runs of a seed answer for every setting; a second seed adds certainty only.
		byRound := slices.Clone(p.plan.tasks)
		slices.SortStableFunc(byRound, func(a, b experiments.Task) int {
			return int(a.Run.Config.Train.Seed) - int(b.Run.Config.Train.Seed)
		})

		taken := map[string]bool{}
		for _, t := range byRound {
			if cost := p.costs[t.Run.Name]; cost <= left {
				left -= cost
				taken[t.Run.Name] = true
			}
		}

		if len(taken) == 0 {
			continue
		}

		part := *p.experiment

		// Runs that have ended are without a cost and stay: reports need them.
		part.Runs = slices.DeleteFunc(slices.Clone(part.Runs), func(run config.Run) bool {
			_, toDo := p.costs[run.Name]
			return toDo && !taken[run.Name]
		})

		some = append(some, &part)
	}

	return some
}

// printPrices prints what each experiment costs, and what is taken of it.
func printPrices(w io.Writer, prices []priced, taken []*config.Experiment, workers int) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var total time.Duration
	for _, p := range prices {
		note := ""
		i := slices.IndexFunc(
			taken,
			func(e *config.Experiment) bool { return e.Name == p.experiment.Name },
		)
		switch {
		case len(p.plan.tasks) == 0:
			note = "done"
		case i < 0:
			note = "left out"
		case len(taken[i].Runs) < len(p.experiment.Runs):
			note = fmt.Sprintf("%d runs left out", len(p.experiment.Runs)-len(taken[i].Runs))
		}

		fmt.Fprintf(
			table,
			"%s\t%s\t%s\t%s\n",
			p.experiment.Name,
			count(len(p.plan.tasks), "run"),
			roughly(p.total/time.Duration(workers)),
			note,
		)
		total += p.total
	}

	table.Flush()
	fmt.Fprintf(
		w,
		"all: %s with %s, if no run stops early and none is faster alone\n",
		roughly(total/time.Duration(workers)),
		count(workers, "worker"),
	)
}
