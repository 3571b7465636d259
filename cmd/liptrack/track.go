package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/audit"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/external"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// trackFlags holds the flags of track.
type trackFlags struct {
	checkpoints external.Options
	slope       float64
	last        int
	data, test  string
	classes     []string
	scale       string
	dir         string
	overwrite   bool
	quiet       bool
}

func trackCommand() *cobra.Command {
	var f trackFlags
	cmd := &cobra.Command{
		Use:   "track PATH… --data FILE [key=value …]",
		Short: "Track training in another program by the checkpoints it saves",
		Long: `Track the checkpoints of a training run that liptrack did not do, from PyTorch, Lightning, Keras,
JAX or anything else, as if it were a run of liptrack: all metrics that need no updates, losses and
accuracies on the given points, and a report. PATH is a file or a folder, which is searched with its
subfolders. Formats are PyTorch (.pt, .pth, .ckpt with a state_dict), safetensors, npz, ONNX,
MATLAB, .nnet, and liptrack's own checkpoints.

The epoch of a checkpoint is the number after the word epoch in its name, or else the only number
that differs between the names, or else the epoch stored in the file, as in Lightning's. If the
names are ambiguous, give a pattern such as --epoch 'mlp_{epoch}.pt', in which * matches any text.
Files that cannot be read are skipped with a note.

The data are a CSV file with a header and a column of labels, an npz file, or a data set of
"liptrack list datasets". Jacobians and train_loss are computed on them; --test names points for
test_loss. key=value sets any key of the sections data and track, name, description, seed and
train.loss ("liptrack list keys").

The result is an ordinary run, DIR/<name>/<architecture>-<id>/, for report, show, watch, summary and
export; name defaults to the folder's name. The measurements of each checkpoint are saved before the
next is read, so Ctrl-C and crashes lose nothing. The same command then resumes and includes new
checkpoints. --follow waits for new checkpoints, and for files that are still being written.`,
		Example: `  liptrack track checkpoints --data train.csv --activation relu
  liptrack track checkpoints --data train.npz --activation relu --follow --last 200
  liptrack track lightning_logs/version_0/checkpoints --data train.csv \
      --test test.csv --activation tanh
  liptrack track mlp_1.pt mlp_10.pt mlp_100.pt --data mnist1d --activation relu \
      track.metrics='[default, upper_lipsdp]'`,
		Args: cobra.MinimumNArgs(1),
		RunE: f.track,
	}

	f.declare(cmd)

	return cmd
}

func (f *trackFlags) declare(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.data, "data", "", "points: a CSV or npz file, or the name of a data set")
	flags.StringVar(&f.test, "test", "", "CSV file with test points")
	flags.StringSliceVar(&f.classes, "classes", nil,
		"names of the classes in the network's order, if the labels do not determine it")
	flags.StringVar(
		&f.scale,
		"scale",
		"",
		"CSV file with the mean and std used to scale the network's inputs",
	)
	flags.BoolVar(
		&f.checkpoints.Follow,
		"follow",
		false,
		"wait for new checkpoints while training continues",
	)
	flags.StringVar(
		&f.checkpoints.Epoch,
		"epoch",
		"",
		"pattern of the file names, such as 'mlp_{epoch}.pt'",
	)
	flags.IntVar(
		&f.checkpoints.Every,
		"every",
		1,
		"track only epochs that are multiples of this",
	)
	flags.IntVar(&f.last, "last", 0, "last epoch to track; --follow ends there (default all)")
	declareModel(flags, &f.checkpoints.Model, &f.slope)
	flags.StringVar(&f.dir, "dir", "runs", "folder for all experiments")
	flags.BoolVar(
		&f.overwrite,
		"overwrite",
		false,
		"start over and discard what was tracked before",
	)
	flags.BoolVarP(
		&f.quiet,
		"quiet",
		"q",
		false,
		"print nothing but errors and the paths of reports",
	)

	cobra.CheckErr(cmd.MarkFlagRequired("data"))
}

func (f *trackFlags) track(cmd *cobra.Command, args []string) error {
	paths, settings := splitArguments(args, setting.MatchString)
	if len(paths) == 0 {
		return errors.New(
			"track: give the checkpoint files, or their folder, before key=value",
		)
	}

	x, err := f.external(cmd, paths, settings)
	if err != nil {
		return err
	}

	start := time.Now()
	out, err := experiments.TrackExternal(cmd.Context(), x, experiments.Local{Dir: f.dir})
	if out.Status.State == "" { // tracking did not begin
		return stoppedOr(cmd, err)
	}

	ctx, cancel := lingering(cmd.Context(), reporting)
	defer cancel()
	reports, reportErr := experiments.Reports(ctx, []experiments.Outcome{out}, true)
	printReports(cmd.OutOrStdout(), reports)
	if !f.quiet {
		cmd.PrintErrf("%s after epoch %d, in %s\n",
			out.Status.State, out.Status.Epochs, time.Since(start).Round(time.Second/10))
	}

	return errors.Join(stoppedOr(cmd, err), reportErr)
}

// stoppedOr returns err or, after a signal, an error with the command that continues.
func stoppedOr(cmd *cobra.Command, err error) error {
	if cmd.Context().Err() == nil {
		return err
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, stoppedAndSaved())
}

// setting matches arguments that set a key.
var setting = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*=`)

// splitArguments separates paths from settings. An existing file is a path even if it looks like a
// setting.
func splitArguments(args []string, isSetting func(string) bool) (paths, settings []string) {
	for _, arg := range args {
		_, err := os.Stat(arg)
		if err != nil && isSetting(arg) {
			settings = append(settings, arg)
			continue
		}
		paths = append(paths, arg)
	}
	return paths, settings
}

// external returns the checkpoints to track and their configuration.
func (f *trackFlags) external(
	cmd *cobra.Command,
	paths, settings []string,
) (experiments.External, error) {
	x := experiments.External{
		Classes:     f.classes,
		Overwrite:   f.overwrite,
		Checkpoints: f.checkpoints,
	}
	for _, s := range settings {
		key, _, _ := strings.Cut(s, "=")
		x.Seeded = x.Seeded || key == "seed"
		err := experiments.CheckExternalKey(key)
		if err != nil {
			return x, err
		}
	}

	text, err := f.configText(paths[0])
	if err != nil {
		return x, err
	}

	// The flags are turned into a configuration, so that a single reader checks everything.
	e, err := config.Load("liptrack track", config.Options{Text: text, Arguments: settings})
	if err != nil {
		return x, err
	}

	if len(e.Runs) > 1 {
		return x, fmt.Errorf(
			"the arguments describe %d runs, over %s: give each key a single value",
			len(e.Runs),
			sweptKeys(e),
		)
	}

	x.Config = e.Runs[0].Config
	x.Checkpoints.Paths = paths
	// Data files may lie in the folder of the checkpoints.
	x.Checkpoints.Except = []string{f.data, f.test, f.scale, x.Config.Track.Probes.File}
	if cmd.Flags().Changed("last") {
		x.Checkpoints.Last = &f.last
	}

	if cmd.Flags().Changed("slope") {
		x.Checkpoints.Model.Slope = &f.slope
	}

	if f.scale != "" {
		x.Scale = func(features []string, count int) (*dataset.Scale, error) {
			scale, err := audit.ReadScale(f.scale, features, count)
			if err != nil {
				return nil, err
			}
			return &dataset.Scale{Mean: scale.Mean, Std: scale.Std}, nil
		}
	}

	if !f.quiet {
		x.Observe = observeCheckpoints(cmd.ErrOrStderr(), f.checkpoints.Follow)
		x.Checkpoints.Note = func(text string) {
			cmd.PrintErrln("note: " + text)
		}
	}

	return x, nil
}

// observeCheckpoints returns an observer that prints a line for each checkpoint or, if each is
// false, every few seconds.
func observeCheckpoints(w io.Writer, each bool) func(experiments.Progress) {
	shown := time.Now()
	return func(p experiments.Progress) {
		if !each && time.Since(shown) < lineInterval {
			return
		}

		shown = time.Now()
		fmt.Fprintf(w, "epoch %d  %s\n", p.Epoch, measured(p))
	}
}

// configText returns a configuration equivalent to the flags.
func (f *trackFlags) configText(path string) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}

	if info, err := os.Stat(whole); err == nil && !info.IsDir() {
		whole = filepath.Dir(whole)
	}

	data, err := f.dataKeys()
	if err != nil {
		return "", err
	}

	// The required settings of training are present but have no effect.
	text, err := yaml.Marshal(map[string]any{
		"name": experimentName(filepath.Base(whole)), "data": data, "model": map[string]any{"hidden": []int{}},
		"train": map[string]any{"optimizer": map[string]any{"lr": 1}}, "stop": map[string]any{"epochs": 0},
	})

	return string(text), err
}

// dataKeys returns the keys of section data that are equivalent to the flags.
func (f *trackFlags) dataKeys() (map[string]any, error) {
	// A file takes precedence over a data set of the same name.
	_, err := os.Stat(f.data)
	if err != nil && isDataset(f.data) {
		if f.test != "" {
			return nil, fmt.Errorf(
				"--test %s: the data set %s has its own test points",
				f.test,
				f.data,
			)
		}
		return map[string]any{"name": f.data}, nil
	}

	if err != nil {
		return nil, fmt.Errorf("--data: neither one of the data sets %s nor a file: %w",
			strings.Join(datasetNames(), ", "), err)
	}

	keys := map[string]any{"name": "csv", "path": ".", "train": f.data}
	if filepath.Ext(f.data) == ".npz" {
		keys["name"] = "npz"
		if f.test != "" {
			return nil, fmt.Errorf(
				"--test %s: an npz file holds its test points as the arrays x_test and y_test",
				f.test,
			)
		}
	}

	if f.test != "" {
		keys["test"] = f.test
	}

	return keys, nil
}

// experimentName derives the name of an experiment from that of a folder.
func experimentName(folder string) string {
	name := regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(folder, "-")
	name = strings.TrimLeft(name, "._-")
	if name == "" {
		return "tracked"
	}
	return name[:min(len(name), 100)]
}
