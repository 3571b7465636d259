package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/cluster/queue"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/internal/processors"
)

func workCommand() *cobra.Command {
	var f queueFlags
	var o experiments.Options
	var w queue.WorkerOptions
	var quiet bool
	cmd := &cobra.Command{
		Use:   "work [URL]",
		Short: "Run what \"liptrack serve\" lends, several runs at a time",
		Long: `Take runs from the server at URL (default nats://` + queue.DefaultListen + `), train and track
them, and send back their measurements and checkpoints, until all runs have ended. Data files are
read from the folder data on this machine, as by "liptrack sweep". Nothing is kept on this machine.

Ctrl-C, SIGTERM and SIGUSR1 save the runs and return them, so that other workers resume them at
once. If the server is unreachable, the worker waits for it.

To connect to a server on another machine, the worker uses TLS, checks the server's certificate and
sends the token. The server refuses workers of another version.

Exit status: 0 if all runs have ended, 3 if some of this worker's runs failed, 4 if this machine is
at fault (its disk, a missing data file, --max-failures-in-row, a server that does not come back),
75 if a signal stopped the worker, 1 for anything else.`,
		Example: `  liptrack work
  liptrack work nats://10.0.0.7:7422 --token-file token --tls-ca cert.pem --workers 4`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := f.readPlace()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				place.URL = args[0]
			}
			w.Log = func(text string) { cmd.PrintErrln(text) }
			return work(cmd, place, w, o, quiet)
		},
	}

	flags := cmd.Flags()
	flags.StringVar(
		&f.place.URL,
		"nats",
		"nats://"+queue.DefaultListen,
		"URL of the server, if it is not "+
			"the argument",
	)
	registerWorkers(flags, &o.Workers)
	flags.IntVar(
		&o.MaxFailuresInRow,
		"max-failures-in-row",
		3,
		"leave after this many failed runs in a row; "+
			"0 for never",
	)
	flags.StringVar(
		&w.Scratch,
		"scratch",
		"",
		"folder for the runs in progress (default a temporary one)",
	)
	flags.DurationVar(
		&w.Patience,
		"patience",
		queue.DefaultPatience,
		"how long to wait for an unreachable server",
	)
	flags.BoolVarP(&quiet, "quiet", "q", false, "print nothing but errors")
	f.registerClient(flags)

	return cmd
}

// work does runs lent by a server until none are left.
func work(
	cmd *cobra.Command,
	at queue.Place,
	w queue.WorkerOptions,
	o experiments.Options,
	quiet bool,
) error {
	// The runs belong to the server, so no files stay on this machine.
	folder, err := os.MkdirTemp(cmp.Or(w.Scratch, os.TempDir()), "liptrack-work-*")
	if err != nil {
		return err
	}

	defer os.RemoveAll(folder)

	w.Scratch = folder
	if w.Data, err = filepath.Abs("."); err != nil {
		return err
	}

	visit, err := queue.Join(cmd.Context(), at, w)
	if err != nil {
		return err
	}

	defer visit.Close()

	o.Workers = cmp.Or(o.Workers, processors.Count())
	display := newDisplay(cmd.ErrOrStderr(), newCourse(visit.Left(), nil), quiet)
	o.Observe, o.Note = display, display.note
	outcomes, err := experiments.Run(cmd.Context(), visit, visit, o)
	display.close()
	if !quiet {
		cmd.PrintErrln(tally(outcomes))
	}

	if cmd.Context().Err() != nil {
		return errors.Join(err, fmt.Errorf("%w; its runs were returned", errStopped))
	}

	return err
}
