package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/liptrack/liptrack/audit"
	"github.com/liptrack/liptrack/internal/decimal"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/tracker"
)

// auditFlags hold the flags of the command that are not options of package audit.
type auditFlags struct {
	model      modelfile.Options
	slope      float64
	data       dataFlags
	scale      string
	tolerance  float64
	local      string
	each       string
	task       string
	thresholds string
	html       string
	csv        string
	json       bool
	strict     bool
	quiet      bool
}

func (f *auditFlags) declare(cmd *cobra.Command, o *audit.Options) {
	flags := cmd.Flags()
	flags.SortFlags = false
	f.data.declare(cmd)
	flags.Float64Var(
		&f.tolerance,
		"tolerance",
		0,
		"largest 2-norm of the errors of a sample's inputs, in the data's units",
	)
	flags.StringVar(
		&f.each,
		"tolerance-each",
		"",
		"±error of each feature: one number for all, comma-separated numbers, one for each, or a CSV file with "+
			"a column tolerance",
	)
	flags.StringVar(
		&f.scale,
		"scale",
		"",
		"CSV file with the mean and std used to scale the model's inputs",
	)
	flags.StringVar(
		&f.task,
		"task",
		string(audit.Auto),
		"classification, regression, or auto: by the number of outputs or, if there is only one, by the labels",
	)

	flags.StringVar(&f.thresholds, "thresholds", "", "YAML file with limits for the checks")
	flags.IntVar(&o.Samples, "samples", 1000,
		"audit at most this many samples, drawn at random; 0 for all. The default is lower if samples take long")
	flags.Uint64Var(&o.Seed, "seed", 0, "seed of that draw")
	flags.IntSliceVar(
		&o.Rows,
		"rows",
		nil,
		"rows of the data, counted from 1, that the report always includes",
	)
	flags.StringVar(
		&f.local,
		"local",
		"",
		"comma-separated radii in the model's units: bound Lipschitz constants within these of the rows or, "+
			"without --rows, of the most sensitive samples",
	)
	flags.StringVar(
		&o.Local.Shape,
		"local-shape",
		tracker.Ball,
		"shape of the neighbourhoods: ball (2-norm) or box (each input)",
	)
	flags.StringSliceVar(
		&o.Local.Inputs,
		"local-inputs",
		nil,
		"names of the inputs that vary there (default all)",
	)
	flags.StringSliceVar(
		&o.Local.Outputs,
		"local-outputs",
		nil,
		"outputs to bound there, by name or number from 0, or differences such as 3-8 (default all together)",
	)
	flags.BoolVar(&o.Thorough, "thorough", false, "also compute the bounds that take long")

	declareModel(flags, &f.model, &f.slope)
	flags.StringVar(
		&f.html,
		"html",
		"",
		"page to write (default <model>.audit.html here; none for no page)",
	)
	flags.StringVar(
		&f.csv,
		"csv",
		"",
		"CSV file to write: certified size, size of the flip found, and margin of every sample",
	)
	flags.BoolVar(&f.json, "json", false, "print JSON")
	flags.BoolVar(&f.strict, "strict", false, "also fail if a check needs attention")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "show no progress")

	cmd.MarkFlagsMutuallyExclusive("tolerance", "tolerance-each")
	cobra.CheckErr(cmd.MarkFlagRequired("data"))
}

// declareModel declares flags for what a model file may leave open. slope counts only if its flag
// is given.
func declareModel(flags *pflag.FlagSet, o *modelfile.Options, slope *float64) {
	flags.StringVar(
		&o.Activation,
		"activation",
		"",
		"activation of the hidden layers, if the model file does not specify it",
	)
	flags.Float64Var(
		slope,
		"slope",
		0,
		"slope of leaky_relu for negative inputs; no default, because frameworks differ",
	)
	flags.StringVar(
		&o.Output,
		"output",
		"",
		"activation of the outputs, if the model file does not specify it (default none)",
	)

	flags.StringSliceVar(
		&o.Layers,
		"layers",
		nil,
		"names of the layers from first to last, if the model file does not specify their order",
	)
	flags.BoolVar(&o.Transposed, "transposed", false, "weights are in×out, as in Keras and JAX")
	flags.BoolVar(
		&o.Denormalize,
		"denormalize",
		false,
		"fold the normalisation of an .nnet file into the network",
	)
}

// takeTargets sets the targets of a regression from the checkpoint or else from the flags. It fails
// if the two contradict each other.
func takeTargets(o *audit.Options, f *dataFlags, known modelfile.Data) error {
	switch {
	case o.Task == audit.Classification && f.targets != nil:
		return errors.New("--targets: the task is classification, which predicts labels")
	case o.Task == audit.Classification && known.IsRegression():
		return errors.New("--task classification: the checkpoint belongs to a regression")
	case f.targets != nil && known.Targets != nil && !slices.Equal(f.targets, known.Targets):
		return fmt.Errorf("--targets %s: the model was trained to predict %s, in this order",
			strings.Join(f.targets, ","), input.QuoteNames(known.Targets))
	}

	// If a regression has a label column, that column is its target.
	f.regression = o.Task == audit.Regression || f.targets != nil || known.IsRegression()
	if f.regression && f.targets == nil && f.label != "" {
		f.targets = []string{f.label}
	}
	f.needed = f.targets != nil

	if !known.IsRegression() {
		if f.targets != nil {
			o.Task, o.Targets = audit.Regression, &audit.Targets{Names: f.targets}
		}
		return nil
	}

	o.Task = audit.Regression
	if known.Targets != nil {
		f.targets = known.Targets
	}
	scale := &audit.Scale{Mean: known.TargetMean, Std: known.TargetStd}
	o.Targets = &audit.Targets{Names: known.Targets, Scale: scale}

	return nil
}

// options reads the options that come from files or need parsing. radius reports whether
// --tolerance was given.
func (f auditFlags) options(o *audit.Options, data audit.Data, radius bool) (err error) {
	_, features := data.X.Dims()
	if f.scale != "" {
		if o.Scale, err = audit.ReadScale(f.scale, data.Features, features); err != nil {
			return err
		}
	}

	if f.local != "" {
		o.Local.Radii, err = readRadii(f.local)
		if err != nil {
			return err
		}
	}

	switch {
	case radius:
		o.Tolerance = &audit.Tolerance{Radius: f.tolerance}
	case f.each != "":
		if o.Tolerance, err = readEach(f.each, data.Features, features); err != nil {
			return err
		}
	}

	if f.thresholds != "" {
		o.Thresholds, err = audit.ReadThresholds(f.thresholds)
	}

	return err
}

// readEach reads the ± of each feature from a file or from s itself, which holds one number for all
// features or one for each.
func readEach(s string, features []string, count int) (*audit.Tolerance, error) {
	// An existing file wins, even if it is called 0.05.
	if _, err := os.Stat(s); err == nil {
		return audit.ReadTolerance(s, features, count)
	}

	words := strings.Split(s, ",")
	t := &audit.Tolerance{Each: make([]float64, len(words))}
	for i, word := range words {
		v, err := decimal.Number(strings.TrimSpace(word))
		if err != nil {
			return nil, fmt.Errorf("--tolerance-each %.80q: want a file, a number, or comma-separated "+
				"numbers", s)
		}

		t.Each[i] = v
	}

	// A single number applies to every feature.
	for len(words) == 1 && len(t.Each) < count {
		t.Each = append(t.Each, t.Each[0])
	}

	return t, nil
}

// readRadii parses comma-separated positive numbers.
func readRadii(text string) (radii []float64, err error) {
	for _, word := range strings.Split(text, ",") {
		v, err := decimal.Number(strings.TrimSpace(word))
		if err != nil || !(v > 0) {
			return nil, fmt.Errorf("--local %.80q: %.40q is not a number > 0", text, word)
		}
		radii = append(radii, v)
	}
	return radii, nil
}
