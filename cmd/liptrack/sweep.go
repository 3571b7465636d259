package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/processors"
)

// sweepFlags holds the flags of sweep, some of which train shares.
type sweepFlags struct {
	options              experiments.Options
	dir                  string
	maxRuns              int
	quick, dryRun, quiet bool
	shard                string // empty for the whole sweep
	list                 string // expected hash of the runs; empty for any
	beside               string // folder of the data; empty for that of the configuration
}

func sweepCommand() *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:               "sweep CONFIG [key=value | key=a,b | key=range(start,stop,step) …]",
		ValidArgsFunction: completeConfig,
		Short:             "Train, track and report every run of a sweep",
		Long: `Train, track and report a run for every combination of the swept values, several runs at a time.
CONFIG is a YAML file or the name of a built-in configuration. The section sweep of CONFIG says
which keys are swept; arguments can replace it:

  key=a,b                 takes each value in turn
  key='range(1,10,2)'     takes 1, 3, 5, 7, 9; the quotes are for the shell
  key=value               sets the key for all runs, as in "liptrack train"

An argument overrides what the file says about its key. "liptrack list keys" lists the keys;
--dry-run lists the runs. Before it starts, the command estimates how long the sweep takes and lists
the runs that cannot begin because their layers do not fit each other or the data, or because they
need too much memory.

A run is stored in DIR/<experiment>/<architecture>-seed<seed>-<id>/. Runs that have ended are
skipped and interrupted runs are resumed, so the same command continues the sweep after Ctrl-C, a
crash or a kill. Several processes may share a sweep. A run that fails or diverges is recorded and
does not affect the others.

--shard i/n runs the i-th of n parts, i from 0 to n-1. It is meant for schedulers that start a
numbered command on each of many machines. The parts depend only on the sweep, need no locks, and
may share a folder; the last part to end writes the reports of the whole sweep.

Exit status: 0 if all runs have ended, even if some diverged; 3 if a run failed; 4 if this machine
is at fault (its disk, or --max-failures-in-row) and another machine may continue; 75 if a signal
(Ctrl-C, SIGTERM, SIGUSR1, SIGHUP) stopped the sweep after saving it and the same command continues
it; 1 for anything else.`,
		Example: `  liptrack sweep demo
  liptrack sweep demo --dry-run
  liptrack sweep paper/depth --quick
  liptrack sweep demo model.hidden='8,16,[16,16]' seed='range(3)' name=mine
  liptrack sweep quick train.optimizer.lr=0.001,0.003,0.01 --workers 2
  liptrack sweep demo --shard 3/16`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := loadConfig(args[0], config.Options{
				Arguments: args[1:],
				Quick:     f.quick,
				MaxRuns:   f.maxRuns,
				Beside:    f.beside,
			})
			if err != nil {
				return err
			}
			return f.runSweep(cmd, e)
		},
	}

	flags := cmd.Flags()
	f.registerShared(cmd)
	registerWorkers(flags, &f.options.Workers)
	flags.BoolVar(
		&f.options.FailFast,
		"fail-fast",
		false,
		"save and stop after the first run that fails or diverges",
	)
	flags.IntVar(
		&f.options.MaxFailuresInRow,
		"max-failures-in-row",
		0,
		"save and stop after this many failed runs in a row (default never)",
	)
	flags.StringVar(
		&f.shard,
		"shard",
		"",
		"i/n: run the i-th of n parts of the sweep, counted from 0",
	)
	flags.StringVar(
		&f.list,
		"list",
		"",
		"refuse the sweep unless its list of runs has this hash (\"liptrack submit\" sets it)",
	)
	flags.StringVar(&f.beside, "beside", "", "folder of the user's data, if it is not the folder of CONFIG "+
		"(\"liptrack submit\" sets it)")
	flags.IntVar(
		&f.maxRuns,
		"max-runs",
		config.DefaultMaxRuns,
		"largest number of runs that a sweep may have",
	)
	flags.BoolVar(
		&f.dryRun,
		"dry-run",
		false,
		"list the runs and their states, check them and estimate their time, but run nothing",
	)

	return cmd
}

func (f sweepFlags) runSweep(cmd *cobra.Command, e *config.Experiment) error {
	is := experiments.ListHash(e.Runs)
	// A shard must not do another sweep than the one that was submitted.
	if f.list != "" && f.list != is {
		return fmt.Errorf(
			"the runs of the sweep have changed since it was submitted (hash %s, not %s): submit it again",
			is,
			f.list,
		)
	}

	// The plan covers only this shard; the list of all runs is kept for the reports.
	part := *e
	var shard experiments.Shard
	if f.shard != "" {
		var err error
		shard, err = experiments.ParseShard(f.shard)
		if err != nil {
			return fmt.Errorf("--shard: %w", err)
		}

		part.Runs = shard.Of(e.Runs)
	}

	todo := experiments.NewPlan(part.Runs, experiments.Local{Dir: f.dir}, f.options)
	p := plan{todo, &part}
	if f.options.Workers == 0 {
		f.options.Workers = processors.Count()
	}

	// With more workers than runs, measurements could not use the idle processors.
	f.options.Workers = max(1, min(f.options.Workers, len(p.Tasks)))
	if f.dryRun {
		return f.rehearse(cmd, p)
	}

	weights := map[string]float64{}
	if !f.quiet {
		p.summary(cmd.ErrOrStderr())
		p.warn(cmd.ErrOrStderr())
		weights = p.estimate(cmd.Context(), cmd.ErrOrStderr(), f.options.Workers)
	}

	c := newCourse(len(part.Runs), weights)
	if f.shard == "" {
		return f.perform(cmd, c, experiments.List(e.Runs), nil)
	}

	source, err := experiments.NewShardSource(f.dir, shard, e.Runs)
	if err != nil {
		return err
	}
	return errors.Join(f.perform(cmd, c, source, e.Runs), source.Close())
}

// rehearse lists the runs and estimates their time. It fails if some of them cannot begin.
func (f sweepFlags) rehearse(cmd *cobra.Command, p plan) error {
	err := p.list(cmd.OutOrStdout())
	if err != nil {
		return err
	}

	misfits := experiments.Misfits(p.Tasks)
	if len(misfits) > 0 {
		return errors.Join(misfits...)
	}

	if !f.quiet {
		p.summary(cmd.ErrOrStderr())
		p.estimate(cmd.Context(), cmd.ErrOrStderr(), f.options.Workers)
	}

	return nil
}

// perform does the runs of a source, shows their progress, writes the reports and prints the
// outcome. If the runs are part of a whole sweep, it also writes the reports of the whole once all
// its runs have ended.
func (f sweepFlags) perform(
	cmd *cobra.Command,
	c *course,
	source experiments.Source,
	whole []config.Run,
) error {
	display := newDisplay(cmd.ErrOrStderr(), c, f.quiet)
	f.options.Observe = display
	f.options.Note = display.note
	start := time.Now()
	store := experiments.Local{Dir: f.dir}
	outcomes, runErr := experiments.Run(cmd.Context(), source, store, f.options)
	display.close()

	// After a signal, the reports of the saved runs still get a moment.
	ctx, cancel := lingering(cmd.Context(), reporting)
	defer cancel()
	paths, reportErr := reports(ctx, store, outcomes, whole)
	printReports(cmd.OutOrStdout(), paths)
	if !f.quiet {
		cmd.PrintErrf("%s in %s\n", tally(outcomes), time.Since(start).Round(time.Second))
		if cmd.Context().Err() == nil && runErr == nil && reportErr == nil {
			conclude(cmd.ErrOrStderr(), paths)
		}
	}

	if cmd.Context().Err() != nil {
		return errors.Join(runErr, stoppedAndSaved())
	}

	return errors.Join(runErr, reportErr)
}

// reports writes the reports of outcomes. whole lists all runs of the sweep, or is nil if outcomes
// has them all.
func reports(
	ctx context.Context,
	store experiments.Local,
	outcomes []experiments.Outcome,
	whole []config.Run,
) ([]string, error) {
	if whole == nil {
		return experiments.Reports(ctx, outcomes, true)
	}

	// The shard that ends last finds that all runs have ended.
	all, ended, err := experiments.Gather(store, whole)
	if err != nil {
		return nil, err
	}

	if ended {
		return experiments.Reports(ctx, all, true)
	}

	return experiments.Reports(ctx, outcomes, false)
}

// tally counts the outcomes by state, as "3 runs: 2 completed, 1 diverged".
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

		// States are listed in order of their first appearance.
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
