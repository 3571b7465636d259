package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/claims"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/reproduction"
	"github.com/liptrack/liptrack/internal/suggest"
)

// reproduceRun holds the flags of reproduce and the chosen experiments and claims.
type reproduceRun struct {
	budget    budget
	dir       string
	keep      string
	judgeOnly bool
	quiet     bool
	options   experiments.Options

	experiments []string // names of configurations in configs/paper
	claims      []int    // numbers of the claims
}

func reproduceCommand() *cobra.Command {
	r := &reproduceRun{budget: budget{Budget: claims.Quick}}
	cmd := &cobra.Command{
		Use:               "reproduce {all | NAME…}",
		ValidArgsFunction: completeExperiments,
		Short:             "Run the paper's experiments and judge its claims",
		Long: `Run those experiments of the paper that have not been run yet, and judge its thirty claims on
multilayer perceptrons. The table has the paper's value, our value with its spread over seeds, and
the verdict: whether the two agree or disagree, or the runs leave it undecided. Each verdict follows
a rule, which is shown next to it.

NAME is an experiment (a file of configs/paper, all of which are built in) or the number of a claim,
which stands for the experiments that it needs. --budget quick uses each file's quick form, which
takes minutes; its settings may differ from the paper's, and the table then notes that. --budget
full uses the paper's own settings, which take weeks in all; the cost is printed first. --budget
hours=6 selects the full runs that fit into six hours on this machine, the most decisive first. Runs
that have ended are not repeated, so the same command resumes after an interruption.

A claim is judged by full runs if they decide it, and otherwise by quick ones. If DIR has no runs of
an experiment, the claim is judged by results that come with the program. The claims of the named
experiments are printed; all thirty are written to DIR as reproduction.html, .md and .json. The exit
status is 0 if the claims were judged, whatever the verdicts, and not 0 if a run failed.`,
		Example: `  liptrack reproduce all
  liptrack reproduce 16 double-descent
  liptrack reproduce all --budget hours=6
  liptrack reproduce all --judge-only`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.choose(args); err != nil {
				return err
			}
			if err := r.checkFlags(); err != nil {
				return err
			}
			return r.do(cmd)
		},
	}

	flags := cmd.Flags()
	flags.Var(&r.budget, "budget", "quick, full or hours=N")
	flags.StringVar(&r.dir, "dir", "runs", "folder for all experiments and the table")
	registerWorkers(flags, &r.options.Workers)
	flags.BoolVar(&r.judgeOnly, "judge-only", false, "run nothing; judge by the existing runs")
	flags.StringVar(
		&r.keep,
		"keep",
		"",
		"folder to write the results of all runs in DIR to, in the form that comes with the program",
	)
	flags.BoolVarP(&r.quiet, "quiet", "q", false, "show no progress")

	return cmd
}

// choose sets the experiments and claims that the arguments name.
func (r *reproduceRun) choose(names []string) error {
	all := reproduction.Names()
	for _, name := range names {
		number, err := strconv.Atoi(name)
		switch {
		case name == "all":
			r.addClaims(claims.All)
		case err == nil && number >= 1 && number <= len(claims.All):
			r.addClaims(claims.All[number-1 : number])
		case err == nil:
			return fmt.Errorf("claim %d: claims are numbered from 1 to %d",
				number, len(claims.All))
		case !slices.Contains(all, name):
			return fmt.Errorf(
				"%s is neither all, nor the number of a claim, nor an experiment%s; the experiments are %s",
				name,
				suggest.DidYouMean(name, all),
				strings.Join(all, ", "),
			)
		default:
			r.addExperiment(name)
		}
	}

	return nil
}

// addClaims adds claims and the experiments they need.
func (r *reproduceRun) addClaims(some []claims.Claim) {
	for _, c := range some {
		r.claims = appendNew(r.claims, c.Number)
		r.experiments = appendNew(r.experiments, c.Experiments...)
	}
}

// addExperiment adds an experiment and the claims that need it. They may need other experiments,
// too.
func (r *reproduceRun) addExperiment(name string) {
	r.experiments = appendNew(r.experiments, name)
	for _, c := range claims.Of(name) {
		r.claims = appendNew(r.claims, c.Number)
	}
}

// appendNew appends those elements that are not in the list yet.
func appendNew[T comparable](list []T, elements ...T) []T {
	for _, e := range elements {
		if !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list
}

// checkFlags loads all experiments, so that nothing is run if one of them is invalid.
func (r *reproduceRun) checkFlags() error {
	for _, name := range r.experiments {
		switch _, err := reproduction.Load(name, r.budget.Budget); {
		case config.NoQuickForm(err):
			return fmt.Errorf("experiment %s has no quick form: use --budget full", name)
		case err != nil:
			return err
		}
	}
	return nil
}

// do runs the experiments one after another and judges the claims.
func (r *reproduceRun) do(cmd *cobra.Command) error {
	var errs []error
	if !r.judgeOnly {
		errs = append(errs, r.run(cmd))
	}

	// Failed runs do not prevent the claims from being judged by the others.
	folder := reproduction.Folder{
		Dir:  r.dir,
		Keep: r.keep,
		LeaveOut: func(why error) {
			cmd.PrintErrf("skipped: %v\n", why)
		},
	}
	evidence, err := folder.Evidence()
	if err != nil {
		return errors.Join(append(errs, err)...)
	}

	// The files in DIR are always complete, so all claims are judged and written.
	report := claims.NewReport(claims.All, evidence)
	paths, err := folder.Write(report, evidence)
	errs = append(errs, err)
	errs = append(errs, r.print(cmd.OutOrStdout(), report, paths))
	if err := errors.Join(errs...); err != nil {
		return err
	}

	if !r.quiet {
		cmd.PrintErrln("open", fileAddress(paths[len(paths)-1]))
	}

	return nil
}

// print prints the requested claims, the experiments without claims, and the paths of the files.
func (r *reproduceRun) print(out io.Writer, report claims.Report, paths []string) error {
	if report = report.Only(r.claims); len(report.Claims) > 0 {
		if err := report.Text(out, 100); err != nil {
			return err
		}
	}

	for _, name := range r.experiments {
		if len(claims.Of(name)) == 0 {
			fmt.Fprintf(out, "%s: no claim depends on it\n", name)
		}
	}

	for _, path := range paths {
		_, err := fmt.Fprintln(out, path)
		if err != nil {
			return err
		}
	}

	return nil
}
