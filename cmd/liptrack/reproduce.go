package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/configs"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/claims"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/tracker/series"
)

// reproduction is the flags of reproduce and what it is to do.
type reproduction struct {
	budget    string
	dir       string
	judgeOnly bool
	quiet     bool
	options   experiments.Options

	experiments []string // names of files in configs/paper
	claims      []int    // their numbers
}

const (
	quickBudget = "quick"
	fullBudget  = "full"
)

func reproduceCommand() *cobra.Command {
	r := &reproduction{}
	cmd := &cobra.Command{
		Use:   "reproduce {all | NAME…}",
		Short: "Run the paper's experiments and judge its claims by them",
		Long: `Run the experiments of the paper that have not been run, and judge its thirty claims on
multilayer perceptrons: the paper's value, ours with its spread over seeds, and whether the two
agree, disagree or cannot be told at this budget, by a rule that is shown beside it.

NAME is an experiment (a file of configs/paper, which the program contains) or the number of a
claim, which stands for the experiments that it needs. Budget quick takes each file's quick form: minutes, on settings that may not be the
paper's, which the table then says. Budget full is the paper's own setting: weeks for all of it.
Runs that have ended are not repeated, so the same command goes on after an interruption.

The claims of what was named are printed; the table of all thirty, by what is in DIR, is written
there as reproduction.md, .json and .html. The exit status is 0 if the claims were judged,
whatever the verdicts, and not 0 if a run failed.`,
		Example: `  liptrack reproduce all --budget quick
  liptrack reproduce 16 double-descent
  liptrack reproduce all --judge-only`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if r.budget != quickBudget && r.budget != fullBudget {
				return fmt.Errorf("--budget is %s, want quick or full", r.budget)
			}
			if err := r.choose(args); err != nil {
				return err
			}
			if err := r.check(); err != nil {
				return err
			}
			return r.do(cmd)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&r.budget, "budget", quickBudget, "quick or full")
	flags.StringVar(&r.dir, "dir", "runs", "folder of all experiments, and of the table")
	flags.IntVar(&r.options.Workers, "workers", 0, "runs at a time (default one per processor); changes no result")
	flags.BoolVar(&r.judgeOnly, "judge-only", false, "run nothing, judge what is there")
	flags.BoolVarP(&r.quiet, "quiet", "q", false, "show no progress")
	return cmd
}

// choose finds the experiments and claims that the arguments name.
func (r *reproduction) choose(names []string) error {
	all := paperConfigs()
	for _, name := range names {
		number, err := strconv.Atoi(name)
		switch {
		case name == "all":
			r.addClaims(claims.All)
		case err == nil && number >= 1 && number <= len(claims.All):
			r.addClaims(claims.All[number-1 : number])
		case err == nil:
			return fmt.Errorf("claim %d: claims are numbered from 1 to %d", number, len(claims.All))
		case !slices.Contains(all, name):
			return fmt.Errorf("%s is neither all, nor the number of a claim, nor an experiment%s; these are %s",
				name, suggest.DidYouMean(name, all), strings.Join(all, ", "))
		default:
			r.addExperiment(name)
		}
	}
	return nil
}

// addClaims adds claims and the experiments that they need.
func (r *reproduction) addClaims(some []claims.Claim) {
	for _, c := range some {
		r.claims = appendNew(r.claims, c.Number)
		r.experiments = appendNew(r.experiments, c.Experiments...)
	}
}

// addExperiment adds an experiment and the claims that need it, which may need others too.
func (r *reproduction) addExperiment(name string) {
	r.experiments = appendNew(r.experiments, name)
	for _, c := range claims.Of(name) {
		r.claims = appendNew(r.claims, c.Number)
	}
}

// appendNew appends the elements that the list does not have.
func appendNew[T comparable](list []T, elements ...T) []T {
	for _, e := range elements {
		if !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list
}

// check loads the experiments, so that nothing is run if one of them cannot be.
func (r *reproduction) check() error {
	for _, name := range r.experiments {
		switch _, err := r.load(name); {
		case config.NoQuickForm(err):
			return fmt.Errorf("experiment %s has no quick form: --budget full runs it", name)
		case err != nil:
			return err
		}
	}
	return nil
}

// do runs the experiments, one after another, and judges the claims.
func (r *reproduction) do(cmd *cobra.Command) error {
	var errs []error
	for _, name := range r.experiments {
		if r.judgeOnly || cmd.Context().Err() != nil {
			break
		}
		if err := r.run(cmd, name); err != nil {
			errs = append(errs, fmt.Errorf("experiment %s: %w", name, err))
		}
	}
	evidence, err := r.evidence()
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	report := claims.NewReport(r.budget, claims.All, evidence)
	paths, err := r.write(report)
	return errors.Join(append(errs, err, r.print(cmd.OutOrStdout(), report, paths))...)
}

// print prints the claims that were asked for, which experiments have none, and where the table is.
func (r *reproduction) print(out io.Writer, report claims.Report, paths []string) error {
	if report = report.Only(r.claims); len(report.Claims) > 0 {
		if err := report.Text(out, 100); err != nil {
			return err
		}
	}
	for _, name := range r.experiments {
		if len(claims.Of(name)) == 0 {
			fmt.Fprintf(out, "%s: no claim rests on it\n", name)
		}
	}
	for _, path := range paths {
		if _, err := fmt.Fprintln(out, path); err != nil {
			return err
		}
	}
	return nil
}

// load reads an experiment's configuration at the budget.
func (r *reproduction) load(name string) (*config.Experiment, error) {
	return config.Load(configPath(name), config.Options{Quick: r.budget == quickBudget, Files: configs.Files, Allowed: experiments.Allowed()})
}

func (r *reproduction) run(cmd *cobra.Command, name string) error {
	e, err := r.load(name)
	if err != nil {
		return err
	}
	return sweepFlags{options: r.options, dir: r.dir, silent: r.quiet}.sweep(cmd, e)
}

// evidence reads the runs of every experiment that are there.
func (r *reproduction) evidence() (claims.Evidence, error) {
	evidence := claims.Evidence{}
	for _, name := range paperConfigs() {
		e, err := r.load(name)
		if config.NoQuickForm(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		x, err := r.read(e)
		if err != nil {
			return nil, err
		}
		if len(x.Runs) > 0 {
			evidence[name] = x
		}
	}
	return evidence, nil
}

// read reads the runs of an experiment that have begun, and its ensembles.
func (r *reproduction) read(e *config.Experiment) (claims.Experiment, error) {
	var x claims.Experiment
	var records []rundir.Record
	store := experiments.Local{Dir: r.dir}
	for _, run := range e.Runs {
		status, begun, err := store.Status(run)
		if err != nil {
			return x, err
		}
		if !begun {
			continue
		}
		record, err := rundir.ReadRecord(store.Folder(run).Series())
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, series.ErrNoHeader) { // it has just begun
			continue
		}
		if err != nil {
			return x, err
		}
		records = append(records, record)
		x.Runs = append(x.Runs, claims.Run{Table: record.Table, State: string(status.State)})
	}
	var err error
	x.Ensembles, err = experiments.ReadEnsembles(records)
	return x, err
}

// write writes the table in its three forms and returns their paths.
func (r *reproduction) write(report claims.Report) (paths []string, err error) {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return nil, err
	}
	for _, form := range []struct {
		ending string
		write  func(io.Writer) error
	}{{"md", report.Markdown}, {"json", report.JSON}, {"html", func(w io.Writer) error { return r.page(w, report) }}} {
		path := filepath.Join(r.dir, "reproduction."+form.ending)
		if err := wholefile.Write(path, form.write); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func (r *reproduction) page(w io.Writer, report claims.Report) error {
	var rows []plots.ClaimRow
	for _, c := range report.Claims {
		rows = append(rows, plots.ClaimRow{Number: c.Number, Statement: c.Statement, Setting: c.Setting, Paper: c.Paper,
			Ours: c.OursInFull(), Verdict: string(c.Verdict), Why: c.WhyInFull(), Rule: c.Rule, Link: r.link(c.Experiments[0])})
	}
	return plots.Reproduction(w, []string{report.Summary() + ".", claims.How}, rows)
}

// link is the address, from DIR, of the report of an experiment's set; empty for none.
func (r *reproduction) link(name string) string {
	if r.budget == quickBudget {
		name += "-quick"
	}
	if _, err := os.Stat(filepath.Join(r.dir, name, rundir.ReportFile)); err != nil {
		return ""
	}
	return (&url.URL{Path: name + "/" + rundir.ReportFile}).String()
}

func configPath(name string) string { return "paper/" + name + ".yaml" }

// paperConfigs are the names of the paper's experiments.
func paperConfigs() []string {
	entries, err := configs.Files.ReadDir("paper")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}
