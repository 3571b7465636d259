package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/cluster"
	"github.com/liptrack/liptrack/cluster/queue"
)

func statusCommand() *cobra.Command {
	var f queueFlags
	var asJSON, retry bool
	cmd := &cobra.Command{
		Use:               "status [DIR | URL]",
		ValidArgsFunction: completeRuns,
		Short:             "Print the progress of the runs in a folder or of a server",
		Long: `Count the runs in DIR (default runs) by state, and print which runs are in progress, where and since
when, how far each shard is, which runs failed, with the last lines of their output, and about how
much time is left. DIR is the folder of one experiment or of all experiments, on this machine or
shared by several. URL is the address of "liptrack serve", which also lists its workers. A run whose
process was killed, or whose worker has fallen silent, is "abandoned"; it resumes when a process or
worker takes it over.

--retry-failed resets the runs that failed or diverged. The workers of the server at URL redo them
at once; runs in DIR are redone by the process that next starts the sweep: the same command, the
same shard, or the same job.

--json prints one object, whose field names never change.`,
		Example: `  liptrack status
  liptrack status runs/demo --json | jq .states
  liptrack status runs/demo --retry-failed
  liptrack status nats://127.0.0.1:7422`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "runs"
			if len(args) == 1 {
				dir = args[0]
			}
			from, err := standingOf(cmd.Context(), f, dir)
			if err != nil {
				return err
			}
			if retry {
				again, err := from.retryFailed()
				cmd.PrintErrf("%s will be redone %s\n", count(again, "run"), from.when)
				if err != nil {
					return err
				}
			}
			status, err := from.read()
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(status)
			}
			return status.Text(cmd.OutOrStdout())
		},
	}

	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().
		BoolVar(&retry, "retry-failed", false, "have runs that failed or diverged redone")
	f.registerClient(cmd.Flags())

	return cmd
}

// standing is a source of the status of runs.
type standing struct {
	read func() (cluster.Status, error)
	// retryFailed resets failed runs and returns their number; when describes when they will be
	// repeated.
	retryFailed func() (int, error)
	when        string
}

// standingOf returns the source for a folder, or for a server if dir is a URL.
func standingOf(ctx context.Context, f queueFlags, dir string) (standing, error) {
	if !strings.Contains(dir, "://") {
		return standing{
			read:        func() (cluster.Status, error) { return cluster.Read(dir) },
			retryFailed: func() (int, error) { return cluster.RetryFailed(dir) },
			when:        "when the sweep is started",
		}, nil
	}

	place, err := f.readPlace()
	place.URL = dir

	return standing{
		read:        func() (cluster.Status, error) { return queue.Status(ctx, place) },
		retryFailed: func() (int, error) { return queue.RetryFailed(ctx, place) },
		when:        "by the server's workers",
	}, err
}
