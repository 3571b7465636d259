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

	"liptrack/configs"
	"liptrack/experiments"
	"liptrack/experiments/claims"
	"liptrack/experiments/config"
	"liptrack/plots"
)

// reproduction is the flags of reproduce and what it is to do.
type reproduction struct {
	budget    string
	dir       string
	judgeOnly bool
	quiet     bool
	options   experiments.Options

	experiments []string // names of files in configs/paper
	claims      []claims.Claim
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
claim. Budget quick takes each file's quick form: minutes, on settings that may not be the
paper's, which the table then says. Budget full is the paper's own setting: weeks for all of it.
Runs that have ended are not repeated, so the same command goes on after an interruption.

The table is printed and written to DIR as reproduction.md, .json and .html. The exit status is
0 if the claims were judged, whatever the verdicts, and not 0 if a run failed.`,
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
	for _, name := range names {
		number, err := strconv.Atoi(name)
		switch {
		case name == "all":
			r.add(nil, claims.All)
		case err == nil && number >= 1 && number <= len(claims.All):
			r.add(nil, claims.All[number-1:number])
		case err == nil:
			return fmt.Errorf("claim %d: claims are numbered from 1 to %d", number, len(claims.All))
		case !hasConfig(name):
			return fmt.Errorf("%s is neither all, nor the number of a claim, nor an experiment; these are %s", name, strings.Join(paperConfigs(), ", "))
		default:
			r.add([]string{name}, claims.Of(name))
		}
	}
	slices.SortFunc(r.claims, func(a, b claims.Claim) int { return a.Number - b.Number })
	return nil
}

// add adds experiments, and claims; of claims alone their experiments too.
func (r *reproduction) add(names []string, some []claims.Claim) {
	byName := names != nil
	for _, c := range some {
		if !slices.ContainsFunc(r.claims, func(d claims.Claim) bool { return d.Number == c.Number }) {
			r.claims = append(r.claims, c)
		}
		if !byName {
			names = append(names, c.Experiments...)
		}
	}
	for _, name := range names {
		if !slices.Contains(r.experiments, name) {
			r.experiments = append(r.experiments, name)
		}
	}
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
	report := claims.NewReport(r.budget, r.claims, evidence)
	errs = append(errs, report.Text(cmd.OutOrStdout(), 100), r.write(cmd.OutOrStdout(), report))
	return errors.Join(errs...)
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

// evidence reads the runs of every experiment of the claims, and, for what is checked on any run, of all
// others that are there.
func (r *reproduction) evidence() (claims.Evidence, error) {
	evidence := claims.Evidence{}
	for _, name := range paperConfigs() {
		e, err := r.load(name)
		if err != nil {
			continue // it has no quick form, so there is nothing of it
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
	var records []experiments.Record
	store := experiments.Local{Dir: r.dir}
	for _, run := range e.Runs {
		status, begun, err := store.Status(run)
		if err != nil {
			return x, err
		}
		if !begun {
			continue
		}
		record, err := experiments.ReadRecord(store.Series(run))
		if errors.Is(err, fs.ErrNotExist) {
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

// write writes the table in its three forms and prints their paths.
func (r *reproduction) write(out io.Writer, report claims.Report) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	for _, form := range []struct {
		ending string
		write  func(io.Writer) error
	}{{"md", report.Markdown}, {"json", report.JSON}, {"html", func(w io.Writer) error { return r.page(w, report) }}} {
		path := filepath.Join(r.dir, "reproduction."+form.ending)
		if err := experiments.ReplaceFile(path, form.write); err != nil {
			return err
		}
		fmt.Fprintln(out, path)
	}
	return nil
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
	if _, err := os.Stat(filepath.Join(r.dir, name, experiments.ReportFile)); err != nil {
		return ""
	}
	return (&url.URL{Path: name + "/" + experiments.ReportFile}).String()
}

func configPath(name string) string { return "paper/" + name + ".yaml" }

func hasConfig(name string) bool { return slices.Contains(paperConfigs(), name) }

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
