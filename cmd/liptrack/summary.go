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
		Short:             "Tabulate the results of runs, or statistics over their seeds",
		Long: `Make a table with one row per run: experiment, run, id (the hash of its configuration), status,
seed, the configuration keys in which the runs differ, and metrics at chosen epochs, in columns
metric[label]@epoch. A PATH is a series file, the folder of a run, or a folder whose runs are all
included, whatever their status: of one experiment or of several. If any run failed, the column
error gives the reason.

--metrics is a list of names, in which * and ? match any text; labels are in brackets. lower_bound
is the bound of the whole network, lower_bound[*] gives all metrics of this name, and spectral_norm,
which only layers have, gives every layer. By default the table has all metrics of the whole network
and, for each target of a regression, its mean squared errors and R².

--at is a list of epochs: last (the last value of each metric), best (the epoch at which --best-by
is least), stop (the epoch at which the run stopped), or numbers. If a metric was not measured at
the epoch of best or stop, its latest earlier value is used, and the column ….epoch holds the epoch
at which it was measured. At a numbered epoch without a measurement the cell is empty.

--over-seeds gives one row per setting (the configuration without the seed): the mean, the sample
standard deviation (n-1; empty for one run), the minimum, the maximum, and the number of runs that
have a value. If one run has NaN, the statistics are NaN.`,
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
			return out.writeTable(cmd.OutOrStdout(), table.Columns, table.WriteRows)
		},
	}

	flags := cmd.Flags()
	flags.StringVar(
		&keys,
		"keys",
		"varying",
		"configuration keys to show: varying, all, or a list, in which * and ? match any text",
	)
	flags.StringVar(
		&metrics,
		"metrics",
		"",
		"metrics to show (default all metrics of the whole network and of a regression's targets)",
	)
	flags.StringVar(&at, "at", "last", "epochs to show: last, best, stop, numbers")
	flags.StringVar(
		&best,
		"best-by",
		"test_loss",
		"metric that is smallest at the best epoch; max:NAME for the largest",
	)
	flags.BoolVar(&overSeeds, "over-seeds", false, "statistics over the seeds of each setting")
	flags.StringVar(
		&out.format,
		"format",
		"",
		"csv, jsonl or parquet (default: by the file's extension, else csv)",
	)
	flags.StringVarP(&out.path, "output", "o", "", "file to write (default standard output)")

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
