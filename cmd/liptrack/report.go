package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"liptrack/experiments"
	"liptrack/tracker/series"
)

func reportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "report PATH…",
		Short: "Make the HTML report of a run, or one that compares several",
		Long: `Make one offline HTML page from series that runs recorded. A PATH is a series file, the
folder of a run, or the folder of an experiment, which stands for all its runs. One run gives
the report of that run, several the page that compares them.`,
		Example: `  liptrack report runs/demo/64-seed42
  liptrack report runs/demo
  liptrack report runs/a/* runs/b/* -o compare.html`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := seriesFiles(args)
			if err != nil {
				return err
			}
			tables := make([]*series.Table, len(files))
			for i, f := range files {
				if tables[i], err = series.ReadFile(f); err != nil {
					return err
				}
			}
			path := out
			if path == "" {
				path = defaultReport(args, files)
			}
			if err := experiments.WriteReport(path, tables); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), path)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "file to write (default report.html beside the series of one run, in the folder given, or here)")
	return cmd
}

// seriesFiles finds the series that the arguments stand for.
func seriesFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		found, err := seriesBelow(arg)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
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
		return nil, fmt.Errorf("report: %w", err)
	}
	var found []string
	for _, e := range entries {
		file := filepath.Join(folder, e.Name(), experiments.SeriesFile)
		if _, err := os.Stat(file); err == nil {
			found = append(found, file)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("report: %s holds no %s, neither itself nor in its folders", folder, experiments.SeriesFile)
	}
	return found, nil
}

// defaultReport is beside the series of one run, in the one folder given, or here.
func defaultReport(args, files []string) string {
	switch {
	case len(files) == 1:
		return filepath.Join(filepath.Dir(files[0]), experiments.ReportFile)
	case len(args) == 1:
		return filepath.Join(args[0], experiments.ReportFile)
	default:
		return experiments.ReportFile
	}
}
