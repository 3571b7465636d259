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
		Short:             "Say how far the runs in a folder or of a server came, whoever does them",
		Long: `Count the runs in DIR (default runs) by their states, and say what is running where and since when,
how far each shard came, which runs failed and their last lines, and about how long it still goes
on. DIR is the folder of an experiment or of all experiments, on this machine or shared by several.
URL is that of "liptrack serve", which tells besides who works for it. A run whose process was
killed, or whose worker has fallen silent, is "abandoned" and goes on when somebody takes it up.

--retry-failed has the runs that failed or diverged done again: by the workers of the server at URL
at once, in DIR by whoever starts the sweep next: the same command, the same shard, the same job.

With --json it prints one object, whose names do not change.`,
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
				cmd.PrintErrf("%s will be done again %s\n", count(again, "run"), from.when)
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

	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object of JSON")
	cmd.Flags().
		BoolVar(&retry, "retry-failed", false, "have runs that failed or diverged done again")
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

	place, err := f.read()
	place.URL = dir

	return standing{
		read:        func() (cluster.Status, error) { return queue.Status(ctx, place) },
		retryFailed: func() (int, error) { return queue.RetryFailed(ctx, place) },
		when:        "by the server's workers",
	}, err
}
