package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/tracker/series"
)

func reportCommand() *cobra.Command {
	var out string
	var asked []string
	var p pictures
	cmd := &cobra.Command{
		Use:   "report PATH…",
		Short: "Make the HTML report of a run, or one that compares several",
		Long: `Make one offline HTML page from series that runs recorded. A PATH is a series file, the
folder of a run, or the folder of an experiment, which stands for all its runs. One run gives
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
			records, err := readRecords(cmd.ErrOrStderr(), args)
			if err != nil {
				return err
			}
			if err := p.write(cmd.OutOrStdout(), records); err != nil {
				return err
			}
			if p.asked() && out == "" {
				return nil
			}
			path := out
			if path == "" {
				path = defaultReport(args, records)
			}
			if err := experiments.WriteReport(path, records, p.sweeps...); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), path)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&out, "output", "o", "", "page to write (default report.html beside the series of one run, in the folder given, or here)")
	flags.StringArrayVar(&asked, "sweep", nil, "METRIC,KEY[,BY[,FORM]] to draw besides; may be repeated")
	flags.StringVar(&p.svg, "svg", "", "folder to fill with SVG pictures")
	flags.StringVar(&p.png, "png", "", "folder to fill with PNG pictures, at 300 dots an inch")
	flags.Float64Var(&p.options.Width, "width", 0, "of a picture's panel in cm (default 8.5)")
	flags.Float64Var(&p.options.Height, "height", 0, "of a picture in cm (default 6.5)")
	flags.Float64Var(&p.options.FontSize, "font-size", 0, "of pictures in pt (default 8)")
	return cmd
}

func parseSweeps(texts []string) (sweeps []plots.Sweep, err error) {
	for _, text := range texts {
		s, err := plots.ParseSweep(text)
		if err != nil {
			return nil, err
		}
		sweeps = append(sweeps, s)
	}
	return sweeps, nil
}

// readRecords reads the series that the arguments stand for.
func readRecords(warn io.Writer, args []string) ([]experiments.Record, error) {
	files, err := seriesFiles(args)
	if err != nil {
		return nil, err
	}
	var records []experiments.Record
	return records, eachSeries(warn, files, func(path string) error {
		r, err := experiments.ReadRecord(path)
		if err == nil {
			records = append(records, r)
		}
		return err
	})
}

// eachSeries reads series one after another. One without a whole header, as a run that is just
// beginning has, is left out with a word to warn, unless there is no other.
func eachSeries(warn io.Writer, files []string, read func(path string) error) error {
	var left []error
	for _, f := range files {
		err := read(f)
		if errors.Is(err, series.ErrNoHeader) {
			left = append(left, err)
		} else if err != nil {
			return err
		}
	}
	if len(left) == len(files) {
		return errors.Join(left...)
	}
	for _, err := range left {
		fmt.Fprintf(warn, "left out: %v\n", err)
	}
	return nil
}

// seriesFiles finds the series that the arguments stand for, each once.
func seriesFiles(args []string) ([]string, error) {
	var files []string
	add := func(found ...string) {
		for _, f := range found {
			if f = filepath.Clean(f); !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
	}
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			add(arg)
			continue
		}
		found, err := seriesBelow(arg)
		if err != nil {
			return nil, err
		}
		add(found...)
	}
	return files, nil
}

// seriesBelow finds the series of a run's folder or, in order, of an experiment's runs.
func seriesBelow(folder string) ([]string, error) {
	here := filepath.Join(folder, experiments.SeriesFile)
	if _, err := os.Stat(here); err == nil {
		return []string{here}, nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		file := filepath.Join(folder, e.Name(), experiments.SeriesFile)
		if _, err := os.Stat(file); err == nil {
			found = append(found, file)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s holds no %s, neither itself nor in its folders", folder, experiments.SeriesFile)
	}
	return found, nil
}

// defaultReport is beside the series of one run, in the one folder given, or here.
func defaultReport(args []string, records []experiments.Record) string {
	switch {
	case len(records) == 1:
		return filepath.Join(filepath.Dir(records[0].Path), experiments.ReportFile)
	case len(args) == 1:
		return filepath.Join(args[0], experiments.ReportFile)
	default:
		return experiments.ReportFile
	}
}
