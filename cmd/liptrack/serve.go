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
		Short: "Run sweeps on machines without a scheduler: serve their runs to \"liptrack work\"",
		Long: `Lend the runs of sweeps to workers, on this machine and others, until all have ended. DIR receives
what workers measure and save as the runs proceed, so that status, watch and show see all of them.
At the end, the reports are written here. Configurations, key=value and folders are as for "liptrack
sweep".

If a worker is silent for --hold, its runs are lent to others, which resume them from the last
checkpoint that reached this server. A machine with the same matrix library and kernels resumes a
run; if none asks within --same-kernels, another machine starts the run over, and the run's status
records that. A worker of another version is refused. The server may be killed and restarted at any
time: all acknowledged data are on disk, and workers wait for it.

Without --listen, only this machine can connect. With it, workers need the token and check the
certificate; whoever has the token is trusted. --nats uses an existing NATS server with JetStream
instead of one in this process.

Exit status: 0 if all runs have ended, 3 if some failed, 4 if this machine is at fault (its disk),
75 if a signal stopped the server and the same command resumes, 1 for anything else.`,
		Example: `  liptrack serve demo
  liptrack serve configs/paper/depth.yaml configs/paper/width.yaml --dir runs
  liptrack serve demo --listen 0.0.0.0:7422 --tls-cert cert.pem --tls-key key.pem --token-file token
  liptrack serve demo --nats nats://127.0.0.1:4222`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := f.readPlace()
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
	flags.StringVar(&dir, "dir", "runs", "folder for all experiments")
	flags.BoolVar(&quick, "quick", false, "use the quick forms that the files define")
	flags.IntVar(
		&maxRuns,
		"max-runs",
		config.DefaultMaxRuns,
		"largest number of runs that a sweep may have",
	)
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
		"how long a worker may be silent before it loses its runs",
	)
	flags.DurationVar(&o.SameKernels, "same-kernels", 10*time.Minute,
		"how long a run waits for a machine that can resume it before another starts it over")
	flags.StringVar(
		&f.place.URL,
		"nats",
		"",
		"URL of an existing NATS server, used instead of one in this process",
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
		return nil, errors.New("no configuration is given, only key=value settings")
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

	fmt.Fprintf(cmd.OutOrStdout(), "%s of %s left; to work on them: liptrack work %s\n",
		count(host.Left(), "run"), figure.FormatInt(len(runs)), host.URL())
	waited := host.Wait(cmd.Context())
	// Workers are dismissed only if all runs have ended; otherwise they wait for the next server.
	if waited == nil {
		host.Dismiss(cmd.Context())
	}

	if err := errors.Join(waited, host.Close()); err != nil {
		if cmd.Context().Err() != nil {
			return fmt.Errorf("%w; the same command resumes, and workers wait for it",
				errStopped)
		}

		return experiments.NewMachineError(fmt.Errorf("%w; no acknowledged data are lost: "+
			"the same command resumes", err))
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
