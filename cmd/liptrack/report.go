package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/plots/free"
	"github.com/spf13/cobra"
)

func reportCommand() *cobra.Command {
	var out string
	var asked []string
	var p pictures
	cmd := &cobra.Command{
		Use:               "report PATH…",
		ValidArgsFunction: completeRuns,
		Short:             "Make the HTML report of a run, or one that compares several",
		Long: `Make one offline HTML page from series that runs recorded. A PATH is a series file, the
folder of a run, or a folder that stands for all runs in it: an experiment's, or one of
experiments. A run that cannot be read is left out with a warning. One run gives
the report of that run, several the page that compares them.

With --svg or --png every chart becomes a picture in that folder instead, for a paper: no
browser is needed, and no page is made unless -o asks for it. The picture named paper has the
panels of Khromov & Singh (ICLR 2024) side by side: of a run its bounds and losses over epochs,
of several those that they ended with, against width.

With --sweep METRIC,KEY[,BY[,FORM]] any metric is drawn against any key in which the runs differ:
the mean over seeds, a band of one standard deviation, single seeds dotted, and the power law
that the mean follows. METRIC is a name of the series, name[label], or certified_bound, with
@EPOCH behind for another epoch than the last; a label with * gives a curve for each that fits.
KEY is a key in full or its last part, parameters, epoch or updates. BY is a second key: of FORM
curves (the default) it gives one curve for each of its values, of panels a small picture for
each, all on the same axes, of map a row of a heat map.`,
		Example: `  liptrack report runs/demo/64-seed42-*
  liptrack report runs/demo
  liptrack report runs/a/* runs/b/* -o compare.html
  liptrack report runs/demo --svg figures --width 8.5 --height 6 --font-size 8
  liptrack report runs/noise --sweep lower_bound,hidden,label_noise,panels --svg figures
  liptrack report runs/depth --sweep lower_bound,epoch,hidden --sweep test_loss@500,lr,hidden,map
  liptrack report runs/drift --sweep 'singular_drift[layer=*],epoch,batch_size,panels'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if p.sweeps, err = parseSweeps(asked); err != nil {
				return err
			}
			var records []rundir.Record
			err = readRuns(cmd, args, func(r rundir.Record) error {
				records = append(records, r)
				return nil
			})
			if err != nil {
				return err
			}
			if err := p.write(cmd.OutOrStdout(), records); err != nil {
				return err
			}
			// Pictures replace the page unless -o names one.
			if p.asked() && out == "" {
				return nil
			}
			path := cmp.Or(out, defaultReport(args, records))
			if err := experiments.WriteReport(path, records, p.sweeps...); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), path)
			return nil
		},
	}

	flags := cmd.Flags()
	flags.StringVarP(
		&out,
		"output",
		"o",
		"",
		"page to write (default report.html beside the series of one run, in the folder given, or here)",
	)
	flags.StringArrayVar(
		&asked,
		"sweep",
		nil,
		"METRIC,KEY[,BY[,FORM]] to draw besides; may be repeated",
	)
	flags.StringVar(&p.svg, "svg", "", "folder to fill with SVG pictures")
	flags.StringVar(&p.png, "png", "", "folder to fill with PNG pictures, at 300 dots an inch")
	flags.Float64Var(&p.options.Width, "width", 0, "of a picture's panel in cm (default 8.5)")
	flags.Float64Var(&p.options.Height, "height", 0, "of a picture in cm (default 6.5)")
	flags.Float64Var(&p.options.FontSize, "font-size", 0, "of pictures in pt (default 8)")

	return cmd
}

func parseSweeps(texts []string) (sweeps []free.Sweep, err error) {
	for _, text := range texts {
		s, err := free.Parse(text)
		if err != nil {
			return nil, err
		}
		sweeps = append(sweeps, s)
	}
	return sweeps, nil
}

// readRuns visits the runs that the arguments stand for, one at a time to save memory. Runs that
// cannot be read are skipped with a warning.
func readRuns(cmd *cobra.Command, args []string, visit func(rundir.Record) error) error {
	warn := cmd.ErrOrStderr()
	files, err := findRuns(warn, args)
	if err != nil {
		return err
	}

	left, err := rundir.ReadEach(files, func(r rundir.Record) error {
		err := cmd.Context().Err()
		// Reading a thousand runs takes seconds, so it can be interrupted.
		if err != nil {
			return err
		}
		return visit(r)
	})
	for _, why := range left {
		fmt.Fprintf(warn, "left out: %v\n", why)
	}
	return err
}

// findRuns returns the series that the arguments stand for. If there are several arguments, as from
// a shell pattern, those without runs are skipped with a warning.
func findRuns(warn io.Writer, args []string) ([]string, error) {
	// A single path without runs is a mistake, and Find explains it.
	if len(args) == 1 {
		return rundir.Find(args...)
	}

	var holding, skipped []string
	for _, arg := range args {
		// A pattern such as runs/demo/* also matches the report next to the runs.
		if holdsRuns(arg) {
			holding = append(holding, arg)
		} else {
			skipped = append(skipped, filepath.Base(arg))
		}
	}

	if len(holding) == 0 {
		return rundir.Find(args...) // which returns the reason
	}

	if len(skipped) > 0 {
		fmt.Fprintf(
			warn,
			"skipped, for they hold no runs: %s\n",
			input.Printable(strings.Join(skipped, ", ")),
		)
	}

	return rundir.Find(holding...)
}

// holdsRuns reports whether a path is a series or a folder of runs, and not, for example, a page.
// It returns true for a path that does not exist, so that Find reports it.
func holdsRuns(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return true
	}
	if !info.IsDir() {
		return filepath.Ext(path) == filepath.Ext(rundir.SeriesFile)
	}
	_, err = rundir.Find(path)
	return err == nil
}

// defaultReport returns the default path of a page: next to the series of a single run, in the only
// folder given, or in the current folder.
func defaultReport(args []string, records []rundir.Record) string {
	switch {
	case len(records) == 1:
		return records[0].Folder().Report()
	case len(args) == 1:
		return filepath.Join(args[0], rundir.ReportFile)
	default:
		return rundir.ReportFile
	}
}
