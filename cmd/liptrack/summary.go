package main

import (
	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/export"
)

func summaryCommand() *cobra.Command {
	var out tableOutput
	var keys, metrics, at, best string
	var overSeeds bool
	cmd := &cobra.Command{
		Use:               "summary PATH…",
		ValidArgsFunction: completeRuns,
		Short:             "Tabulate what runs came to, or statistics over their seeds",
		Long: `Make a table with a row for each run: experiment, run, id (the hash of its configuration),
status, seed, the keys of the configuration in which the runs differ, and metrics at chosen
epochs, in columns metric[label]@epoch. A PATH is a series file, the folder of a run, or a folder
that stands for all runs in it, whatever became of them: an experiment's, or one of experiments.
If any run failed, a column error says why.

--metrics is a list of names, which may have * and ?; labels stand in brackets. lower_bound is
that of the whole network, lower_bound[*] all that are called so, spectral_norm (which is of
layers only) every layer's. The default is everything that is measured of the whole network, and of
each target of a regression its mean square errors and R².

--at is a list of epochs to look at: last (each metric's last value), best (the epoch at which
--best-by is least), stop (the epoch at which the run stopped), or numbers. Where a metric was
not measured at the epoch of best or stop, its latest value before counts, and a column
….epoch says of when it is. A numbered epoch at which a run measured nothing is an empty cell.

--over-seeds gives a row for each setting, which is all of the configuration but the seed, with
the mean, the sample standard deviation (n-1; empty for one run), the least and the greatest
value, and the number of runs that have one. A run with NaN makes them NaN.`,
		Example: `  liptrack summary runs/demo --metrics lower_bound,upper_best,test_loss
  liptrack summary runs/demo --over-seeds --at best,last -o demo.csv
  liptrack summary runs/demo --metrics 'upper_*,spectral_norm' --at 0,100,stop --keys 'model.*' \
      --format jsonl`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.resolve(); err != nil {
				return err
			}
			o, err := summaryOptions(keys, metrics, at, best)
			if err != nil {
				return err
			}
			runs := export.NewRuns(o)
			err = readRuns(cmd, args, func(r rundir.Record) error {
				runs.Add(r)
				return nil
			})
			if err != nil {
				return err
			}
			tabulate := runs.Table
			if overSeeds {
				tabulate = runs.OverSeeds
			}
			table, err := tabulate()
			if err != nil {
				return err
			}
			return out.write(cmd.OutOrStdout(), table.Columns, table.WriteRows)
		},
	}

	flags := cmd.Flags()
	flags.StringVar(
		&keys,
		"keys",
		"varying",
		"keys of the configuration to show: varying, all, or a list, which may have * and ?",
	)
	flags.StringVar(
		&metrics,
		"metrics",
		"",
		"metrics to show (default all of the whole network and of a regression's targets)",
	)
	flags.StringVar(&at, "at", "last", "epochs to look at: last, best, stop, numbers")
	flags.StringVar(
		&best,
		"best-by",
		"test_loss",
		"metric that is least at the best epoch; max:NAME for the greatest",
	)
	flags.BoolVar(&overSeeds, "over-seeds", false, "statistics over the seeds of each setting")
	flags.StringVar(
		&out.format,
		"format",
		"",
		"csv, jsonl or parquet (default as the file is called, or csv)",
	)
	flags.StringVarP(&out.path, "output", "o", "", "file to write (default the standard output)")

	return cmd
}

func summaryOptions(keys, metrics, at, best string) (o export.Options, err error) {
	o.Best = export.ParseCriterion(best)
	if o.Keys, err = export.ParseKeys(keys); err != nil {
		return o, err
	}
	if o.At, err = export.ParseSelectors(at); err != nil {
		return o, err
	}
	o.Metrics = export.Default
	if metrics != "" {
		o.Metrics, err = export.ParsePatterns(metrics)
	}
	return o, err
}
