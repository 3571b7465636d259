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
		Short:             "Write the HTML report of a run, or a page that compares several",
		Long: `Write one offline HTML page from the series that runs recorded. A PATH is a series file, the folder
of a run, or a folder whose runs are all included: of one experiment or of several. One run gives
its own report; several runs give a page that compares them. A run that cannot be read is skipped
with a warning.

--svg and --png write every chart as a picture into the given folder, and no page (unless -o asks
for it). No browser is needed. The picture named paper has the panels of Khromov & Singh (ICLR 2024)
side by side: for one run, its bounds and losses over epochs; for several, their final values
against width.

--sweep METRIC,KEY[,BY[,FORM]] draws any metric against any key in which the runs differ: the mean
over seeds, a band of one standard deviation, dotted lines for single seeds, and a power law fitted
to the mean. METRIC is the name of a series, name[label], or certified_bound; append @EPOCH to read
it at an epoch other than the last. A label with * gives one curve for each match. KEY is a full key
or its last part, parameters, epoch or updates. BY is a second key. FORM decides what each of its
values gets: curves (the default) draws a curve, panels a small chart (all on the same axes), map a
row of a heat map.`,
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
			if err := p.writePictures(cmd.OutOrStdout(), records); err != nil {
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
		"page to write (default report.html next to the series of one run, in the folder given, or here)",
	)
	flags.StringArrayVar(
		&asked,
		"sweep",
		nil,
		"METRIC,KEY[,BY[,FORM]]: a chart to add; may be repeated",
	)
	flags.StringVar(&p.svg, "svg", "", "folder for SVG pictures")
	flags.StringVar(&p.png, "png", "", "folder for PNG pictures, at 300 dpi")
	flags.Float64Var(
		&p.options.Width,
		"width",
		0,
		"width of a picture's panel in cm (default 8.5)",
	)
	flags.Float64Var(&p.options.Height, "height", 0, "height of a picture in cm (default 6.5)")
	flags.Float64Var(
		&p.options.FontSize,
		"font-size",
		0,
		"font size of pictures in pt (default 8)",
	)

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
		fmt.Fprintf(warn, "skipped: %v\n", why)
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
			"skipped because they contain no runs: %s\n",
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
