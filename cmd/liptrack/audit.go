package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/liptrack/liptrack/audit"
	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/audit/view"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/internal/decimal"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/tracker"
)

// auditFlags are the flags of audit that are not options of package audit themselves.
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

func auditCommand() *cobra.Command {
	var f auditFlags
	var o audit.Options
	cmd := &cobra.Command{
		Use:   "audit MODEL --data FILE",
		Short: "Examine a trained network: bounds, robustness to errors of measurement, a checklist",
		Long: `Examine a network that liptrack or somebody else trained, on data: between which bounds its
Lipschitz constant lies and which layers make it so, how much errors of the inputs within a
tolerance can change its outputs or decisions, which samples and features it is most sensitive
to. The result is printed, or given as JSON, and drawn on one offline HTML page; --csv has every
sample. The report says its date, version, command, seed and the SHA-256 of every file it was made
from. The exit status is 2 if a check fails (with --strict, if it needs attention), 1 if there is no
result.

MODEL is a safetensors, PyTorch (.pt, .pth, .ckpt of a state_dict), npz, ONNX, MATLAB or .nnet file,
or a checkpoint of liptrack's. The data are a CSV file with a header, an npz file with arrays x and,
if you like, y, or a data set of "liptrack list datasets", of which the test points are taken.

A tolerance is either one number, the 2-norm of the errors that the inputs of a sample may have,
or a ± for each feature. It is in the data's units; if the model takes scaled inputs, --scale
says how, with a CSV table of the columns mean and std (and feature).

--thresholds is a YAML file of limits, as in
  flips_found: {attention: 0.01, fail: 0.05}
  bound_gap: {attention: off}
"liptrack list checks" lists all checks and their default limits.`,
		Example: `  liptrack audit runs/quick/64-seed42-*/checkpoints/last.safetensors --data mnist1d --tolerance 0.1
  liptrack audit model.onnx --data sensors.csv --scale scale.csv --tolerance-each tolerance.csv
  liptrack audit model.safetensors --activation relu --data test.csv --tolerance-each 0.05 \
      --thresholds limits.yaml
  liptrack audit model.npz --activation tanh --data test.npz --rows 17,204 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runAudit(cmd, args[0], f, o)
		},
	}

	f.declare(cmd, &o)

	return cmd
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
		"±error of each feature: one number for all, one for each with commas between, or a CSV file with "+
			"a column tolerance",
	)
	flags.StringVar(&f.scale, "scale", "", "CSV file with the mean and std by which the model's inputs are scaled")
	flags.StringVar(
		&f.task,
		"task",
		string(audit.Auto),
		"classification, regression, or auto: by the number of outputs",
	)

	flags.StringVar(&f.thresholds, "thresholds", "", "YAML file of limits for the checks")
	flags.IntVar(&o.Samples, "samples", 1000,
		"audit at most so many samples, drawn at random; 0 for all. Fewer by default where they take long")
	flags.Uint64Var(&o.Seed, "seed", 0, "seed of that draw")
	flags.IntSliceVar(&o.Rows, "rows", nil, "rows of the data, from 1, to report on in any case")
	flags.StringVar(
		&f.local,
		"local",
		"",
		"radii, with commas between: bound Lipschitz constants within so much of the rows, or of the most "+
			"sensitive samples, in the model's units",
	)
	flags.StringVar(
		&o.Local.Shape,
		"local-shape",
		tracker.Ball,
		"what these are radii of: ball (2-norm) or box (each input)",
	)
	flags.StringSliceVar(&o.Local.Inputs, "local-inputs", nil, "names of the inputs that change there (default all)")
	flags.StringSliceVar(
		&o.Local.Outputs,
		"local-outputs",
		nil,
		"outputs to bound there, by name or number from 0, or differences of two such as 3-8 (default all together)",
	)
	flags.BoolVar(&o.Thorough, "thorough", false, "compute the bounds that take long, too")

	declareModel(flags, &f.model, &f.slope)
	flags.StringVar(&f.html, "html", "", "page to write (default <model>.audit.html here; none for no page)")
	flags.StringVar(
		&f.csv,
		"csv",
		"",
		"CSV file to write: certified size, size of the flip found and margin of every sample",
	)
	flags.BoolVar(&f.json, "json", false, "print JSON")
	flags.BoolVar(&f.strict, "strict", false, "fail where a check needs attention, too")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "do not say what is being done")

	cmd.MarkFlagsMutuallyExclusive("tolerance", "tolerance-each")
	if err := cmd.MarkFlagRequired("data"); err != nil {
		panic(err) // the flag is declared above
	}
}

// declareModel declares what a model file may leave open; the slope counts if its flag is given.
func declareModel(flags *pflag.FlagSet, o *modelfile.Options, slope *float64) {
	flags.StringVar(
		&o.Activation,
		"activation",
		"",
		"activation of the hidden layers, where the model file does not say it",
	)
	flags.Float64Var(
		slope,
		"slope",
		0,
		"slope of leaky_relu for negative inputs; it has no default, as frameworks differ",
	)
	flags.StringVar(
		&o.Output,
		"output",
		"",
		"activation of the outputs, where the model file does not say it (default none)",
	)

	flags.StringSliceVar(
		&o.Layers,
		"layers",
		nil,
		"names of the layers, first layer first, where the model file does not say their order",
	)
	flags.BoolVar(&o.Transposed, "transposed", false, "weights are in×out, as in Keras and JAX")
	flags.BoolVar(
		&o.Denormalize,
		"denormalize",
		false,
		"fold the normalisation of an .nnet file into the network",
	)
}

// failedChecks is the error of an audit that went well and found what must not be.
type failedChecks struct{ names []string }

func (e failedChecks) Error() string {
	return "audit: failed: " + strings.Join(e.names, ", ")
}

// ExitCode returns the exit status for a program that gates a release.
func (failedChecks) ExitCode() int { return 2 }

func runAudit(cmd *cobra.Command, path string, f auditFlags, o audit.Options) error {
	// A slope of 0 is ReLU, so whether the flag was given has to be told from its value.
	if cmd.Flags().Changed("slope") {
		f.model.Slope = &f.slope
	}

	net, info, err := experiments.LoadModel(path, f.model)
	if err != nil {
		return err
	}

	// The number of classes follows from the network, and decides how the labels are read.
	model := audit.Model{Net: net, File: path, Format: info.Format, Names: info.Names, Notes: notesOf(info)}
	if o.Task, err = audit.ParseTask(f.task); err != nil {
		return err
	}

	err = takeTargets(&o, &f.data, info.Data)
	if err != nil {
		return err
	}

	classes, err := o.Task.Classes(net)
	if err != nil {
		return err
	}

	err = f.data.knownFrom(info.Data, classes)
	if err != nil {
		return err
	}

	f.data.inputs = net.In()
	data, err := f.data.load(classes)
	if err != nil {
		return err
	}

	err = info.Data.CheckFeatures(data.Features)
	if err != nil {
		return err
	}

	if data.Classes != nil && f.data.classes == nil {
		model.Notes = append(model.Notes, fmt.Sprintf(
			"the model does not name its classes: they are taken in the order of the data's labels, %s; "+
				"--classes says another",
			strings.Join(data.Classes, ", "),
		))
	}

	if o.Targets != nil && o.Targets.Scale != nil {
		model.Notes = append(model.Notes, targetNote(net.Out()))
	}

	// What the user says of the scale goes before what the checkpoint holds.
	if f.scale == "" && info.Data.Mean != nil {
		o.Scale = &audit.Scale{Mean: info.Data.Mean, Std: info.Data.Std}
		model.Notes = append(
			model.Notes,
			"the inputs are standardised by the mean and standard deviation that the checkpoint holds",
		)
	}

	if err := f.options(&o, data, cmd.Flags().Changed("tolerance")); err != nil {
		return err
	}

	if !cmd.Flags().Changed("samples") && !o.Thorough {
		n, _ := data.X.Dims()
		var note string
		o.Samples, note = audit.DefaultSamples(net, n)
		if note != "" {
			model.Notes = append(model.Notes, note)
		}
	}

	if !f.quiet {
		o.Progress = func(stage string) { cmd.PrintErrln(stage + " …") }
	}

	// Checksums are taken before the audit, which may run long enough for somebody to replace a
	// file.
	origin, err := f.origin(cmd, path, o)
	if err != nil {
		return err
	}

	r, err := audit.Run(cmd.Context(), model, data, o)
	if err != nil {
		return err
	}

	r.Origin = origin
	if err := f.write(cmd, path, r); err != nil {
		return err
	}

	return verdictOf(r, f.strict)
}

// takeTargets takes what a checkpoint, or else the flags, say of the targets of a regression.
func takeTargets(o *audit.Options, f *dataFlags, known modelfile.Data) error {
	switch {
	case o.Task == audit.Classification && f.targets != nil:
		return errors.New("--targets: the task is classification, which has labels")
	case o.Task == audit.Classification && known.IsRegression():
		return errors.New("--task classification: the checkpoint is of a regression")
	case f.targets != nil && known.Targets != nil && !slices.Equal(f.targets, known.Targets):
		return fmt.Errorf("--targets %s: the model was trained to predict %s, in this order",
			strings.Join(f.targets, ","), input.QuoteNames(known.Targets))
	}

	// A column that is named as the label of a regression is what it predicts.
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

// targetNote says in which units the changes of a regression's outputs are.
func targetNote(outputs int) string {
	if outputs == 1 {
		return "changes of the output are in its target's own unit, by the standard deviation that the checkpoint holds"
	}
	return "changes of each output are in its target's own unit, by the standard deviations that the checkpoint " +
		"holds; those of all outputs are of standardised ones"
}

// notesOf returns the notes on a model file and, if there is one, on its normalisation.
func notesOf(info modelfile.Info) []string {
	if info.Normalization == nil {
		return info.Notes
	}
	return append(
		info.Notes,
		"inputs and outputs are normalised ones: --denormalize folds the normalisation into the network",
	)
}

// options reads the files that options come from.
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

// readEach reads the ± of each feature: from a file, unless s is a number for all or one for each.
func readEach(s string, features []string, count int) (*audit.Tolerance, error) {
	// A file may be named 0.05, and then the user means the file.
	if _, err := os.Stat(s); err == nil {
		return audit.ReadTolerance(s, features, count)
	}

	words := strings.Split(s, ",")
	t := &audit.Tolerance{Each: make([]float64, len(words))}
	for i, word := range words {
		v, err := decimal.Number(strings.TrimSpace(word))
		if err != nil {
			return nil, fmt.Errorf("--tolerance-each %.80q: neither a file nor a number nor numbers with "+
				"commas between", s)
		}

		t.Each[i] = v
	}

	// One number holds for every feature.
	for len(words) == 1 && len(t.Each) < count {
		t.Each = append(t.Each, t.Each[0])
	}

	return t, nil
}

// readRadii reads numbers with commas between.
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

// write writes the page, and prints the report or its JSON.
func (f auditFlags) write(cmd *cobra.Command, model string, r *report.Report) error {
	page := f.html
	if page == "" {
		page = auditPageOf(model)
	}

	// Page and table are written before anything is printed: a reader of the output can open them.
	if page != "none" {
		if err := wholefile.Write(page, func(w io.Writer) error { return view.Audit(w, r) }); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}

	if f.csv != "" {
		if err := wholefile.Write(f.csv, func(w io.Writer) error { return writeSamples(w, r) }); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}

	if f.json {
		return printJSON(cmd.OutOrStdout(), r)
	}

	printAudit(cmd.OutOrStdout(), r)
	if f.csv != "" {
		fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", f.csv)
	}

	if page != "none" {
		fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", page)
		cmd.PrintErrln("open", fileAddress(page))
	}

	return nil
}

func printJSON(w io.Writer, r *report.Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// auditPageOf names the page of a model after its path, as far as it is below the working folder,
// so that the checkpoints of two runs have two pages.
func auditPageOf(model string) string {
	// A page is written here, whatever folder the model is in.
	if !filepath.IsLocal(model) {
		model = filepath.Base(model)
	}
	name := strings.TrimSuffix(filepath.ToSlash(filepath.Clean(model)), filepath.Ext(model))
	return strings.ReplaceAll(name, "/", "-") + ".audit.html"
}

// verdictOf returns an error that names the checks that failed; if strict, also those that need
// attention.
func verdictOf(r *report.Report, strict bool) error {
	var failed []string
	for _, c := range r.Checks {
		if c.Status == report.Fail || strict && c.Status == report.Attention {
			failed = append(failed, c.Name)
		}
	}
	if failed == nil {
		return nil
	}
	return failedChecks{failed}
}
