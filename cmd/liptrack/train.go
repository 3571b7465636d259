package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
)

func trainCommand() *cobra.Command {
	f := sweepFlags{options: experiments.Options{Workers: 1}}
	cmd := &cobra.Command{
		Use:               "train CONFIG [key=value …]",
		ValidArgsFunction: completeConfig,
		Short:             "Train, track and report one run",
		Long: `Train the network of a configuration, track it at the end of every epoch, and write the report.
CONFIG is a YAML file or the name of a built-in configuration ("liptrack list configs"). Settings
come from the file; LIPTRACK_… environment variables (LIPTRACK_TRAIN_BATCH_SIZE for
train.batch_size) override it, and key=value arguments override both. "liptrack list keys" lists all
keys. A file with a sweep describes several runs, which "liptrack sweep" runs.

A run is stored in DIR/<experiment>/<architecture>-seed<seed>-<id>/: config.yaml, series.jsonl,
checkpoints/ (safetensors), report.html. A run that has ended is not repeated. Ctrl-C, SIGTERM and
SIGUSR1 stop the run after the current batch and save it. If that takes longer than two seconds, the
command exits without saving, and the run resumes from its last checkpoint. The same command resumes
a stopped or crashed run, which then records the same series as an undisturbed run. "liptrack sweep
--help" lists the exit statuses.`,
		Example: `  liptrack train quick
  liptrack train quick name=wide model.hidden='[1024]' stop.epochs=500
  liptrack train demo model.hidden=16 seed=42
  liptrack train paper/official model.name=FF_ReLU_64_64 train.schedule=Cont100 seed=43
  liptrack train paper/evolution`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := loadConfig(args[0], config.Options{Arguments: args[1:], Quick: f.quick})
			if err != nil {
				return err
			}
			if n := len(e.Runs); n > 1 {
				return fmt.Errorf(
					"%s describes %d runs, over %s: use liptrack sweep, or give each key a single value",
					args[0],
					n,
					sweptKeys(e),
				)
			}
			return f.perform(cmd, newCourse(1, nil), experiments.List(e.Runs), nil)
		},
	}

	f.registerShared(cmd)

	return cmd
}

// registerShared adds the flags common to train and sweep.
func (f *sweepFlags) registerShared(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "dir", "runs", "folder for all experiments")
	flags.BoolVar(
		&f.quick,
		"quick",
		false,
		"use the quick form that the file defines, as a separate experiment",
	)

	flags.BoolVar(
		&f.options.Overwrite,
		"overwrite",
		false,
		"start over and discard what earlier processes saved of these runs",
	)
	flags.BoolVar(
		&f.options.RetryFailed,
		"retry-failed",
		false,
		"redo runs that diverged, or that failed after they had begun",
	)
	flags.BoolVarP(
		&f.quiet,
		"quiet",
		"q",
		false,
		"print nothing but errors and the paths of reports",
	)
}

// sweptKeys returns the keys of the axes of a sweep.
func sweptKeys(e *config.Experiment) string {
	var keys []string
	for _, a := range e.Axes {
		keys = append(keys, a.Keys...)
	}
	return strings.Join(keys, ", ")
}

// printReports prints the paths of reports. Those of the runs in a set are printed as one pattern.
func printReports(w io.Writer, paths []string) {
	// A set may have too many reports to list each of them.
	if n := len(paths); n > 2 {
		set := paths[n-1]
		paths = []string{filepath.Join(filepath.Dir(set), "*", filepath.Base(set)), set}
	}
	for _, p := range paths {
		fmt.Fprintln(w, p)
	}
}

// commandLine returns a command line quoted for a shell, without --overwrite.
func commandLine(args []string) string {
	var words []string
	for _, arg := range args {
		switch {
		// The command is to continue a run, which --overwrite would discard.
		case arg == "--overwrite":
			continue
		case strings.ContainsAny(arg, " \t'\"*?[]{}$&;|<>()#~\\"):
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}
