package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/cluster"
)

func statusCommand() *cobra.Command {
	var asJSON, retry bool
	cmd := &cobra.Command{
		Use:   "status [DIR]",
		Short: "Say how far the runs in a folder came, whoever does them",
		Long: `Count the runs in DIR (default runs) by their states, and say what is running where and since when,
how far each shard came, which runs failed and why, and about how long it still goes on. DIR is the
folder of an experiment or of all experiments, on this machine or shared by several. A run that is
"running" though its process is no more goes on when the sweep is started again.

--retry-failed has the runs that failed or diverged done again by whoever starts the sweep next: the
same command, the same shard, the same job.

With --json it prints one object, whose names do not change.`,
		Example: `  liptrack status
  liptrack status runs/demo --json | jq .states
  liptrack status runs/demo --retry-failed`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "runs"
			if len(args) == 1 {
				dir = args[0]
			}
			if retry {
				again, err := cluster.RetryFailed(dir)
				cmd.PrintErrf("%s will be done again when the sweep is started\n", count(again, "run"))
				if err != nil {
					return err
				}
			}

			status, err := cluster.Read(dir)
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
	cmd.Flags().BoolVar(&retry, "retry-failed", false, "have runs that failed or diverged done again")

	return cmd
}
