package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/export"
	"github.com/liptrack/liptrack/internal/wholefile"
)

// tensorboard is the export format that writes a folder.
const tensorboard = "tensorboard"

func exportCommand() *cobra.Command {
	var out tableOutput
	var names string
	var updates bool
	cmd := &cobra.Command{
		Use:               "export PATH…",
		ValidArgsFunction: completeRuns,
		Short:             "Write all time series as one table or for TensorBoard",
		Long: `Write every value that runs recorded: either as one long table with the columns experiment, run, id,
epoch, step, metric, label, value, kind and warning, or as event files for TensorBoard, in a folder
EXPERIMENT/RUN for each run. A PATH is a series file, the folder of a run, or a folder whose runs
are all included: of one experiment or of several.

--names paper names metrics as in the official code of Khromov & Singh (ICLR 2024):
norm_grad_of_params, loss/test, L_lower/layer_4, … Metrics that their code does not log are named
liptrack/… The L_… are the paper_… metrics or, in runs without these, lower_bound, jacobian_mean,
jacobian_rms and upper_product.

TensorBoard's step is the epoch, as in the paper's code, or with --updates the number of updates.
Its wall time counts seconds from the start of the run.`,
		Example: `  liptrack export runs/demo -o demo.parquet
  liptrack export runs/demo --format csv
  liptrack export runs/demo --format tensorboard --names paper -o events`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := out.resolve(tensorboard)
			if err != nil {
				return err
			}
			if updates && out.format != tensorboard {
				return fmt.Errorf(
					"--updates needs --format tensorboard: a table has both epochs and updates",
				)
			}
			naming, known := map[string]export.Naming{
				"own":   export.OwnNames,
				"paper": export.PaperNames,
			}[names]
			if !known {
				return fmt.Errorf("--names %s: want own or paper", names)
			}
			if out.format == tensorboard {
				return exportEvents(cmd, args, out.path, naming, updates)
			}
			return out.writeTable(
				cmd.OutOrStdout(),
				export.SeriesColumns,
				func(w export.RowWriter) error {
					return readRuns(cmd, args, func(r rundir.Record) error {
						return export.WriteSeries(w, r, naming)
					})
				},
			)
		},
	}

	flags := cmd.Flags()
	flags.StringVar(
		&out.format,
		"format",
		"",
		"csv, jsonl, parquet or tensorboard (default: by the file's extension, else csv)",
	)
	flags.StringVar(&names, "names", "own", "names of the metrics: own or paper")
	flags.BoolVar(&updates, "updates", false, "use the number of updates as TensorBoard's step")
	flags.StringVarP(
		&out.path,
		"output",
		"o",
		"",
		"file to write, or folder for TensorBoard (default standard output)",
	)

	return cmd
}

// exportEvents writes an event file for each run and prints the folder.
func exportEvents(
	cmd *cobra.Command,
	args []string,
	folder string,
	naming export.Naming,
	updates bool,
) error {
	written := map[string]bool{}
	err := readRuns(cmd, args, func(r rundir.Record) error {
		h := r.Table.Header
		below, err := h.Folder()
		if err != nil {
			return err
		}

		run := filepath.Join(folder, below)
		// Runs in different folders may have the same name, and the second would overwrite the
		// events of the first.
		if written[run] {
			return fmt.Errorf(
				"two runs are named %s in experiment %s: export them to different folders",
				h.Run,
				h.Experiment,
			)
		}

		written[run] = true

		if err := os.MkdirAll(run, 0o755); err != nil {
			return err
		}

		return wholefile.Write(filepath.Join(run, export.EventsFile), func(w io.Writer) error {
			return export.WriteEvents(w, r, naming, updates)
		})
	})

	if err != nil {
		return err
	}

	_, err = fmt.Fprintln(cmd.OutOrStdout(), folder)

	return err
}
