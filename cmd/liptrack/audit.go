package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/audit"
	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/audit/view"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/internal/wholefile"
)

func auditCommand() *cobra.Command {
	var f auditFlags
	var o audit.Options
	cmd := &cobra.Command{
		Use:   "audit MODEL --data FILE",
		Short: "Audit a trained network: bounds, robustness to measurement errors, a checklist",
		Long: `Audit a network, trained by liptrack or elsewhere, on data. The audit encloses the network's
Lipschitz constant between bounds. It shows which layers make the constant large, how much input
errors within a tolerance can change the outputs or decisions, and to which samples and features the
network is most sensitive.
The result is printed as text or JSON and drawn on one offline HTML page; --csv writes a row for
every sample. The report records its date, version, command, seed and the SHA-256 of every input
file. The exit status is 2 if a check fails (with --strict, also if one needs attention), and 1 if
there is no result.

MODEL is a safetensors, PyTorch (.pt, .pth, .ckpt with a state_dict), npz, ONNX, MATLAB or .nnet
file, or a checkpoint of liptrack. The data are a CSV file with a header, an npz file with arrays x
and, optionally, y, or the test points of a data set of "liptrack list datasets".

A tolerance is either one number, the largest 2-norm of the errors of a sample's inputs, or a ± for
each feature. It is in the data's units. If the model takes scaled inputs, --scale names a CSV table
of the scales, with the columns mean and std (and feature).

--thresholds names a YAML file of limits, such as
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

// failedChecks is the error of an audit that was completed and whose checks failed.
type failedChecks struct{ names []string }

func (e failedChecks) Error() string {
	return "audit: failed: " + strings.Join(e.names, ", ")
}

// ExitCode returns an exit status of its own, so that a script can gate a release by it.
func (failedChecks) ExitCode() int { return 2 }

func runAudit(cmd *cobra.Command, path string, f auditFlags, o audit.Options) error {
	// A slope of 0 means ReLU, so the value does not show whether the flag was given.
	if cmd.Flags().Changed("slope") {
		f.model.Slope = &f.slope
	}

	net, info, err := experiments.LoadModel(path, f.model)
	if err != nil {
		return err
	}

	// The number of classes follows from the network and determines how labels are read.
	model := audit.Model{
		Net:    net,
		File:   path,
		Format: info.Format,
		Names:  info.Names,
		Notes:  info.Notes,
	}
	note := func(text string) {
		if text != "" {
			model.Notes = append(model.Notes, text)
		}
	}

	if info.Normalization != nil {
		note("inputs and outputs are normalised; --denormalize folds the normalisation into the network")
	}

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

	f.data.inputs = net.In()
	if o.Task == audit.Auto && classes == 0 && net.Out() == 1 {
		task, assumed := f.data.taskOfLabels()
		note(assumed)
		o.Task = task
		classes, err = o.Task.Classes(net)
		if err != nil {
			return err
		}
	}

	err = f.data.knownFrom(info.Data, classes)
	if err != nil {
		return err
	}

	data, err := f.data.loadSamples(classes, note)
	if err != nil {
		return err
	}

	err = info.Data.CheckFeatures(data.Features)
	if err != nil {
		return err
	}

	if data.Classes != nil && f.data.classes == nil {
		note(fmt.Sprintf(
			"the model does not name its classes: they are assumed to be in the order of the data's labels, %s; "+
				"--classes sets another order",
			strings.Join(data.Classes, ", "),
		))
	}

	if o.Targets != nil && o.Targets.Scale != nil {
		note(targetNote(net.Out()))
	}

	// The user's scale takes precedence over the checkpoint's.
	if f.scale == "" && info.Data.Mean != nil {
		o.Scale = &audit.Scale{Mean: info.Data.Mean, Std: info.Data.Std}
		note("the inputs are standardised by the mean and standard deviation stored in the checkpoint")
	}

	if err := f.options(&o, data, cmd.Flags().Changed("tolerance")); err != nil {
		return err
	}

	if !cmd.Flags().Changed("samples") && !o.Thorough {
		n, _ := data.X.Dims()
		var fewer string
		o.Samples, fewer = audit.DefaultSamples(net, n)
		note(fewer)
	}

	if page := f.page(path); page != noPage {
		if err := wholefile.Check(page); err != nil {
			return fmt.Errorf(
				"%w; use --html to name another file, or --html none for no page",
				err,
			)
		}
	}

	if !f.quiet {
		o.Progress = func(stage string) { cmd.PrintErrln(stage + " …") }
	}

	// Checksums are computed before the audit, which may run so long that a file is replaced
	// meanwhile.
	origin, err := f.origin(cmd, path, o)
	if err != nil {
		return err
	}

	r, err := audit.Run(cmd.Context(), model, data, o)
	if err != nil {
		return err
	}

	r.Origin = origin
	return errors.Join(f.writeReport(cmd, path, r), verdictOf(r, f.strict))
}

// targetNote describes the units in which changes of a regression's outputs are reported.
func targetNote(outputs int) string {
	if outputs == 1 {
		return "changes of the output are in the unit of its target, converted by the standard deviation " +
			"stored in the checkpoint"
	}
	return "changes of each output are in the unit of its target, converted by the standard deviations stored in " +
		"the checkpoint; changes of all outputs together are of the standardised outputs"
}

// noPage is the value of --html that suppresses the page.
const noPage = "none"

// page returns the file of the page, or noPage.
func (f auditFlags) page(model string) string {
	return cmp.Or(f.html, auditPageOf(model))
}

// writeReport writes the page and the table, and prints the report as text or JSON. It prints the
// report even if a file cannot be written, because the audit may have taken long.
func (f auditFlags) writeReport(cmd *cobra.Command, model string, r *report.Report) error {
	page := f.page(model)

	// The files are written before anything is printed, so that a reader of the output can open
	// them.
	var unwritten, withoutTable error
	if page != noPage {
		unwritten = wholefile.Write(page, func(w io.Writer) error {
			return view.Audit(w, r)
		})
	}

	if f.csv != "" {
		withoutTable = wholefile.Write(f.csv, func(w io.Writer) error {
			return writeSamples(w, r)
		})
	}

	failed := errors.Join(unwritten, withoutTable)
	if failed != nil {
		failed = fmt.Errorf("audit: %w", failed)
	}

	if f.json {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return errors.Join(failed, e.Encode(r))
	}

	printAudit(cmd.OutOrStdout(), r)
	if f.csv != "" && withoutTable == nil {
		fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", f.csv)
	}

	if page != noPage && unwritten == nil {
		fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", page)
		cmd.PrintErrln("open", fileAddress(page))
	}

	return failed
}

// auditPageOf derives the name of the page from the path of a model below the working folder, so
// that checkpoints of different runs get different pages.
func auditPageOf(model string) string {
	// The page is written to the working folder, even if the model is elsewhere.
	if !filepath.IsLocal(model) {
		model = filepath.Base(model)
	}
	name := strings.TrimSuffix(filepath.ToSlash(filepath.Clean(model)), filepath.Ext(model))
	return strings.ReplaceAll(name, "/", "-") + ".audit.html"
}

// verdictOf returns an error with the names of the failed checks and, if strict, of those that need
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
