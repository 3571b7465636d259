package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"liptrack/experiments"
	"liptrack/experiments/config"
)

func trainCommand() *cobra.Command {
	o := experiments.Options{}
	var quiet bool
	cmd := &cobra.Command{
		Use:   "train CONFIG [key=value …]",
		Short: "Train, track and report what a configuration describes",
		Long: `Train the network of a configuration file, or the networks of its sweep, track them at the end of every epoch, and make the reports. Settings come from the
file, then from LIPTRACK_… environment variables (LIPTRACK_TRAIN_BATCH_SIZE for
train.batch_size), then from key=value arguments; "liptrack list keys" lists them all.

A run lives in DIR/<experiment>/<run>/: config.yaml, series.jsonl, checkpoints/ (safetensors),
report.html. A run that has ended is not repeated. Ctrl-C stops after the batch under way and
saves; --resume then goes on, to the same series as if nothing had happened, and so it does
after a crash.`,
		Example: `  liptrack train configs/quick.yaml
  liptrack train configs/demo.yaml --workers 2
  liptrack train configs/quick.yaml name=wide model.hidden='[1024]' stop.epochs=500
  liptrack train configs/paper/official.yaml model.name=FF_ReLU_64_64 train.schedule=Cont100 seed=43
  liptrack train configs/paper/evolution.yaml --resume`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := config.Load(args[0], config.Options{Environment: os.Environ(), Arguments: args[1:], Allowed: experiments.Allowed()})
			if err != nil {
				return err
			}
			return train(cmd, e, o, quiet)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Dir, "dir", "runs", "folder of all experiments")
	flags.BoolVar(&o.Resume, "resume", false, "continue runs that were interrupted")
	flags.BoolVar(&o.Overwrite, "overwrite", false, "begin anew, discarding what earlier runs of this experiment left")
	flags.IntVar(&o.Workers, "workers", 0, "runs at a time (default one per processor); changes no result")
	flags.BoolVarP(&quiet, "quiet", "q", false, "print nothing but errors and the paths of reports")
	cmd.MarkFlagsMutuallyExclusive("resume", "overwrite")
	return cmd
}

func train(cmd *cobra.Command, e *config.Experiment, o experiments.Options, quiet bool) error {
	display := newDisplay(cmd.ErrOrStderr(), len(e.Runs), quiet)
	o.Observe = display
	start := time.Now()
	outcomes, runErr := experiments.Run(cmd.Context(), e, o)
	display.close()
	paths, reportErr := experiments.Reports(outcomes)
	printReports(cmd.OutOrStdout(), paths)
	if err := errors.Join(runErr, reportErr); err != nil {
		return err
	}
	if cmd.Context().Err() != nil {
		return fmt.Errorf("interrupted and saved; go on with: %s", resumeCommand(os.Args))
	}
	if !quiet {
		cmd.PrintErrf("%s in %s\n", count(len(outcomes), "run"), time.Since(start).Round(time.Second))
	}
	return nil
}

// printReports prints the paths of reports; of a set those of its runs as one pattern.
func printReports(w io.Writer, paths []string) {
	if n := len(paths); n > 2 {
		set := paths[n-1]
		paths = []string{filepath.Join(filepath.Dir(set), "*", filepath.Base(set)), set}
	}
	for _, p := range paths {
		fmt.Fprintln(w, p)
	}
}

// resumeCommand is a command line that continues what args began.
func resumeCommand(args []string) string {
	var words []string
	for _, arg := range args {
		switch {
		case arg == "--overwrite" || arg == "--resume":
			continue
		case strings.ContainsAny(arg, " \t'\"*?[]{}$&;|<>()#~\\"):
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(append(words, "--resume"), " ")
}
