package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/claims"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/reproduction"
	"github.com/liptrack/liptrack/internal/decimal"
	"github.com/liptrack/liptrack/internal/processors"
)

// budget limits what reproduce may spend: the form of the experiments and, if not 0, the time.
type budget struct {
	claims.Budget
	time time.Duration
}

// String returns the budget in the notation of the flag.
func (b *budget) String() string {
	if b.time > 0 {
		return "hours=" + strconv.FormatFloat(b.time.Hours(), 'g', -1, 64)
	}
	return string(b.Budget)
}

// Set parses quick, full or hours=N.
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

// Type returns the name of the flag's value in help texts.
func (b *budget) Type() string { return "string" }

// run runs the chosen experiments one after another. With the full budget it first prints the price
// of each.
func (r *reproduceRun) run(cmd *cobra.Command) error {
	if r.options.Workers == 0 {
		r.options.Workers = processors.Count()
	}

	var all []*config.Experiment
	for _, name := range reproduction.MostDecisiveFirst(r.experiments) {
		e, err := reproduction.Load(name, r.budget.Budget)
		if err != nil {
			return err
		}

		all = append(all, e)
	}

	// Estimating prices takes a while, so it is skipped unless they are shown or needed.
	if r.budget.Budget == claims.Full && (!r.quiet || r.budget.time > 0) {
		prices, err := reproduction.Prices(
			cmd.Context(),
			all,
			experiments.Local{Dir: r.dir},
			r.options,
		)
		if err != nil {
			return err
		}

		if r.budget.time > 0 {
			// n workers have n times the given time.
			all = reproduction.Affordable(prices, time.Duration(r.options.Workers)*r.budget.time)
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

		// A failed experiment does not stop the others.
		err := (sweepFlags{options: r.options, dir: r.dir, quiet: r.quiet}).runSweep(cmd, e)
		if err != nil {
			errs = append(errs, fmt.Errorf("experiment %s: %w", e.Name, err))
		}
	}

	return errors.Join(errs...)
}

// printPrices prints the cost of each experiment, and how many of its runs are left out.
func printPrices(w io.Writer, prices []reproduction.Price, taken []*config.Experiment, workers int) {
	var rows [][]string
	var total time.Duration
	for _, p := range prices {
		note := ""
		i := slices.IndexFunc(
			taken,
			func(e *config.Experiment) bool {
				return e.Name == p.Experiment.Name
			},
		)
		switch {
		case len(p.Tasks) == 0:
			note = "done"
		case i < 0:
			note = "left out"
		case len(taken[i].Runs) < len(p.Experiment.Runs):
			note = fmt.Sprintf("%d runs left out", len(p.Experiment.Runs)-len(taken[i].Runs))
		}

		rows = append(rows, []string{
			p.Experiment.Name,
			count(len(p.Tasks), "run"),
			roughly(p.Total / time.Duration(workers)),
			note,
		})
		total += p.Total
	}

	printTable(w, rows)
	fmt.Fprintf(
		w,
		"all: %s with %s, if no run stops early and none speeds up when it runs alone\n",
		roughly(total/time.Duration(workers)),
		count(workers, "worker"),
	)
}
