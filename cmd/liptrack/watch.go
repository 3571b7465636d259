package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/watch"
)

// watchPort is the default port.
const watchPort = 8790

func watchCommand() *cobra.Command {
	var port int
	cmd := &cobra.Command{
		Use:               "watch [DIR]",
		ValidArgsFunction: completeRuns,
		Short:             "Serve live reports of the runs in a folder to this machine",
		Long: `Serve the reports of the runs in DIR (default runs) at a local address; pages are updated as the
runs record new epochs. DIR is the folder of a run, of an experiment, or of all experiments. Only
new data are sent, so a slow link is enough, and a page reconnects by itself when the connection or
the server comes back. A link leads to the status of the runs, as in "liptrack status". Ctrl-C
stops.

Only this machine can connect. To watch runs on another machine, open a tunnel to it, for example
ssh -L 8790:127.0.0.1:8790 HOST.`,
		Example: `  liptrack watch
  liptrack watch runs/demo --port 0`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "runs"
			if len(args) == 1 {
				dir = args[0]
			}
			server, err := watch.New(dir)
			if err != nil {
				return err
			}
			l, err := watch.Listen(port)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "http://%s/\n", l.Addr())
			return server.Serve(cmd.Context(), l)
		},
	}

	cmd.Flags().IntVar(&port, "port", watchPort, "port to listen on; 0 for any free port")

	return cmd
}
