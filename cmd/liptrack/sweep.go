package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/processors"
)

// sweepFlags are the flags of sweep.
type sweepFlags struct {
	options               experiments.Options
	dir                   string
	maxRuns               int
	quick, dryRun, silent bool
}

func sweepCommand() *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:   "sweep CONFIG [key=value | key=a,b | key=range(start,stop,step) …]",
		Short: "Train, track and report every run of a configuration's sweep",
		Long: `Train, track and report a run for every combination of the values that are swept, several runs
at a time. What is swept says the section sweep of CONFIG, and the arguments:

  key=a,b                 takes each value in turn
  key='range(1,10,2)'     takes 1, 3, 5, 7, 9; the quotes are for the shell
  key=value               sets the key for all runs, as of "liptrack train"

An argument takes the place of what the file says of its key. "liptrack list keys" lists the keys,
--dry-run the runs; otherwise it begins by saying how many there are and about how long they take.

A run lives in DIR/<experiment>/<architecture>-seed<seed>-<id>/. Runs that have ended are
skipped and interrupted ones go on, so the same command continues after Ctrl-C, a crash or a
kill, and several processes may share a sweep. A run that fails or diverges is recorded and
leaves the others alone. The exit status tells whether a run failed; a diverged run is a result.`,
		Example: `  liptrack sweep configs/demo.yaml
  liptrack sweep configs/demo.yaml --dry-run
  liptrack sweep configs/paper/depth.yaml --quick
  liptrack sweep configs/demo.yaml model.hidden='8,16,[16,16]' seed='range(3)' name=mine
  liptrack sweep configs/quick.yaml train.optimizer.lr=0.001,0.003,0.01 --workers 2`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := config.Load(args[0], config.Options{
				Environment: os.Environ(), Arguments: args[1:], Quick: f.quick, MaxRuns: f.maxRuns, Allowed: experiments.Allowed(),
			})
			if err != nil {
				return err
			}
			return f.sweep(cmd, e)
		},
	}
	flags := cmd.Flags()
	runFlags(cmd, &f.options, &f.dir, &f.quick, &f.silent)
	flags.IntVar(&f.options.Workers, "workers", 0, "runs at a time (default one per processor); changes no result")
	flags.BoolVar(&f.options.FailFast, "fail-fast", false, "stop, saved, after the first run that fails or diverges")
	flags.IntVar(&f.maxRuns, "max-runs", config.DefaultMaxRuns, "most runs that a sweep may have")
	flags.BoolVar(&f.dryRun, "dry-run", false, "list the runs and their states, and do nothing")
	return cmd
}

func (f sweepFlags) sweep(cmd *cobra.Command, e *config.Experiment) error {
	plan, err := newPlan(e, experiments.Local{Dir: f.dir}, f.options)
	if err != nil {
		return err
	}
	if f.dryRun {
		return plan.list(cmd.OutOrStdout())
	}
	if f.options.Workers == 0 {
		f.options.Workers = processors.Count()
	}
	f.options.Workers = max(1, min(f.options.Workers, len(plan.tasks)))
	weights := map[string]float64{}
	if !f.silent {
		plan.summary(cmd.ErrOrStderr())
		weights = plan.estimate(cmd.Context(), cmd.ErrOrStderr(), f.options.Workers)
	}
	return perform(cmd, e, f.dir, f.options, newCourse(len(e.Runs), weights), f.silent)
}

// perform does the runs of an experiment, shows how they go, makes the reports and says what
// came of it.
func perform(cmd *cobra.Command, e *config.Experiment, dir string, o experiments.Options, c *course, quiet bool) error {
	display := newDisplay(cmd.ErrOrStderr(), c, quiet)
	o.Observe = display
	start := time.Now()
	outcomes, runErr := experiments.Run(cmd.Context(), experiments.List(e.Runs), experiments.Local{Dir: dir}, o)
	display.close()
	paths, reportErr := experiments.Reports(outcomes)
	printReports(cmd.OutOrStdout(), paths)
	if !quiet {
		cmd.PrintErrf("%s in %s\n", tally(outcomes), time.Since(start).Round(time.Second))
	}
	if err := errors.Join(runErr, reportErr); err != nil {
		return err
	}
	if cmd.Context().Err() != nil {
		return fmt.Errorf("interrupted and saved; the same command goes on: %s", commandLine(os.Args))
	}
	return nil
}

// tally counts outcomes, as "3 runs: 2 completed, 1 diverged".
func tally(outcomes []experiments.Outcome) string {
	counts := map[string]int{}
	var states []string
	for _, o := range outcomes {
		state := string(o.Status.State)
		switch {
		case o.Busy:
			state = "with another process"
		case o.Err != nil:
			state = "failed"
		}
		if counts[state]++; counts[state] == 1 {
			states = append(states, state)
		}
	}
	var parts []string
	for _, s := range states {
		parts = append(parts, fmt.Sprintf("%d %s", counts[s], strings.ReplaceAll(s, "_", " ")))
	}
	text := count(len(outcomes), "run")
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}
