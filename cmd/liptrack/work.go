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
		Short: "Do runs that \"liptrack serve\" lends, several at a time",
		Long: `Take runs from the server at URL (default nats://` + queue.DefaultListen + `), do them, and
send back what they measure and save, until all runs have ended. Data files of the configurations
are looked for here as "liptrack sweep" does, in the folder data. Nothing is kept on this machine.

Ctrl-C, SIGTERM and SIGUSR1 save and give the runs back, so that others go on with them at once. A
server that is gone is waited for.

To a server on another machine the worker speaks TLS, whose certificate it checks, and shows the
token. A worker of another version than the server's is refused.

Exit status: 0 if all runs have ended, 3 if some of this worker's failed, 4 if this machine is at
fault (its disk, a file of data that is not here, --max-failures-in-row, a server that does not come
back), 75 if a signal stopped it, 1 for anything else.`,
		Example: `  liptrack work
  liptrack work nats://10.0.0.7:7422 --token-file token --tls-ca cert.pem --workers 4`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := f.read()
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
		"URL of the server, if not given "+
			"as the argument",
	)
	registerWorkers(flags, &o.Workers)
	flags.IntVar(
		&o.MaxFailuresInRow,
		"max-failures-in-row",
		3,
		"leave after so many runs in a row have "+
			"failed; 0 never",
	)
	flags.StringVar(
		&w.Scratch,
		"scratch",
		"",
		"folder for the runs under way (default a new one for temporary files)",
	)
	flags.DurationVar(
		&w.Patience,
		"patience",
		queue.DefaultPatience,
		"how long to wait for a server that is gone",
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
		return errors.Join(err, fmt.Errorf("%w; its runs are given back", errStopped))
	}

	return err
}
