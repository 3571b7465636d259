package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/cluster/queue"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/plots/figure"
)

func serveCommand() *cobra.Command {
	var f queueFlags
	var quick, quiet bool
	var dir string
	var maxRuns int
	var o queue.Options
	cmd := &cobra.Command{
		Use:   "serve CONFIG… [key=value …]",
		Short: "Have machines without a scheduler do sweeps: serve their runs to \"liptrack work\"",
		Long: `Lend the runs of sweeps to workers, on this machine and others, until all have ended. What workers
measure and save comes into DIR as it grows, so that status, watch and show see all of them; at the
end the reports are made here. Configurations, key=value and folders are as for "liptrack sweep".

A worker that is silent for --hold loses its runs to others, which go on from the last checkpoint
that came here: on a machine with the same matrix library and kernels if one asks within
--same-kernels, else from the beginning, as the run's status then says. A worker of another version
is refused. The server may be killed and started again at any time: what was acknowledged is on
disk, and workers wait for it.

Without --listen only this machine can connect. With it, workers need the token, and check the
certificate; whoever has the token is trusted. --nats uses a NATS server with JetStream that is
there, instead of one in this process.

Exit status: 0 if all runs have ended, 3 if some failed, 4 if this machine is at fault (its disk),
75 if a signal stopped it and the same command goes on, 1 for anything else.`,
		Example: `  liptrack serve demo
  liptrack serve configs/paper/depth.yaml configs/paper/width.yaml --dir runs
  liptrack serve demo --listen 0.0.0.0:7422 --tls-cert cert.pem --tls-key key.pem --token-file token
  liptrack serve demo --nats nats://127.0.0.1:4222`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := f.read()
			if err != nil {
				return err
			}
			sweeps, err := loadSweeps(args, config.Options{Quick: quick, MaxRuns: maxRuns})
			if err != nil {
				return err
			}
			if !quiet {
				o.Log = func(text string) { cmd.PrintErrln(text) }
			}
			return serve(cmd, dir, sweeps, place, o)
		},
	}

	flags := cmd.Flags()
	flags.StringVar(&dir, "dir", "runs", "folder of all experiments")
	flags.BoolVar(&quick, "quick", false, "the quick forms that the files give")
	flags.IntVar(&maxRuns, "max-runs", config.DefaultMaxRuns, "most runs that a sweep may have")
	flags.BoolVarP(
		&quiet,
		"quiet",
		"q",
		false,
		"print nothing but errors, the address and the paths of reports",
	)
	flags.DurationVar(
		&o.Hold,
		"hold",
		queue.DefaultHold,
		"silence after which a worker loses its runs",
	)
	flags.DurationVar(&o.SameKernels, "same-kernels", 10*time.Minute,
		"how long a run waits for a machine that can go on with it, before another begins it anew")
	flags.StringVar(
		&f.place.URL,
		"nats",
		"",
		"URL of a NATS server that is there, instead of one in this process",
	)
	f.registerServer(flags)

	return cmd
}

// loadSweeps loads the configurations among the arguments. All key=value arguments apply to each of
// them.
func loadSweeps(args []string, o config.Options) ([]*config.Experiment, error) {
	files, settings := splitArguments(args, func(arg string) bool {
		return strings.Contains(arg, "=")
	})
	o.Arguments = settings

	var sweeps []*config.Experiment
	for _, file := range files {
		e, err := loadConfig(file, o)
		if err != nil {
			return nil, err
		}

		sweeps = append(sweeps, e)
	}

	if len(sweeps) == 0 {
		return nil, errors.New("no configuration is given, only settings")
	}

	return sweeps, nil
}

// serve lends the runs of sweeps until all have ended, and then writes their reports.
func serve(
	cmd *cobra.Command,
	dir string,
	sweeps []*config.Experiment,
	at queue.Place,
	o queue.Options,
) error {
	var runs []config.Run
	for _, e := range sweeps {
		runs = append(runs, e.Runs...)
	}

	host, err := queue.Open(cmd.Context(), dir, runs, at, o)
	if err != nil {
		return err
	}

	fmt.Fprintf(cmd.OutOrStdout(), "%s of %s left; liptrack work %s\n",
		count(host.Left(), "run"), figure.FormatInt(len(runs)), host.URL())
	waited := host.Wait(cmd.Context())
	// Workers are dismissed only if all runs have ended; otherwise they wait for the next server.
	if waited == nil {
		host.Dismiss(cmd.Context())
	}

	if err := errors.Join(waited, host.Close()); err != nil {
		if cmd.Context().Err() != nil {
			return fmt.Errorf("%w; the same command goes on, and workers wait for it",
				errStopped)
		}

		return experiments.NewMachineError(fmt.Errorf("%w; nothing that was acknowledged is lost: "+
			"the same command goes on", err))
	}

	store := experiments.Local{Dir: dir}
	var errs []error
	for _, e := range sweeps {
		errs = append(errs, reportSweep(cmd, store, e))
	}

	return errors.Join(errs...)
}

// reportSweep writes the reports of a finished sweep, and returns the errors of its failed runs.
func reportSweep(cmd *cobra.Command, store experiments.Local, e *config.Experiment) error {
	outcomes, _, err := experiments.Gather(store, e.Runs)
	if err != nil {
		return err
	}

	paths, err := experiments.Reports(cmd.Context(), outcomes, true)
	printReports(cmd.OutOrStdout(), paths)
	cmd.PrintErrf("%s: %s\n", e.Name, tally(outcomes))
	errs := []error{err}
	for _, out := range outcomes {
		if out.Status.Error != "" {
			errs = append(
				errs,
				&experiments.RunError{Run: out.Run.Name, Err: errors.New(out.Status.Error)},
			)
		}
	}

	return errors.Join(errs...)
}
