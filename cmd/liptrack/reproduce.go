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
	"github.com/liptrack/liptrack/experiments/claims/view"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/tracker/series"
)

// reproduction is the flags of reproduce and what it is to do.
type reproduction struct {
	budget    budget
	dir       string
	keep      string
	judgeOnly bool
	quiet     bool
	options   experiments.Options
	warn      io.Writer // where it says what is left out

	experiments []string // names of files in configs/paper
	claims      []int    // their numbers
}

func reproduceCommand() *cobra.Command {
	r := &reproduction{budget: budget{Budget: claims.Quick}}
	cmd := &cobra.Command{
		Use:   "reproduce {all | NAME…}",
		Short: "Run the paper's experiments and judge its claims by them",
		Long: `Run the experiments of the paper that have not been run, and judge its thirty claims on
multilayer perceptrons: the paper's value, ours with its spread over seeds, and whether the two
agree, disagree or cannot be told, by a rule that is shown beside it.

NAME is an experiment (a file of configs/paper, which the program contains) or the number of a
claim, which stands for the experiments that it needs. Budget quick takes each file's quick form:
minutes, on settings that may not be the paper's, which the table then says. Budget full is the
paper's own setting: weeks for all of it, and it says the price first. Budget hours=6 takes of the
full runs those that fit into six hours of this machine, the most decisive first. Runs that have
ended are not repeated, so the same command goes on after an interruption.

A claim is judged by full runs where they decide it, else by quick ones. Where DIR has no runs of an
experiment, results are judged that come with the program. The claims of what was named are
printed; all thirty are written to DIR as reproduction.html, .md and .json. The exit status is 0 if
the claims were judged, whatever the verdicts, and not 0 if a run failed.`,
		Example: `  liptrack reproduce all
  liptrack reproduce 16 double-descent
  liptrack reproduce all --budget hours=6
  liptrack reproduce all --judge-only`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.choose(args); err != nil {
				return err
			}
			if err := r.check(); err != nil {
				return err
			}
			r.warn = cmd.ErrOrStderr()
			return r.do(cmd)
		},
	}

	flags := cmd.Flags()
	flags.Var(&r.budget, "budget", "quick, full or hours=N")
	flags.StringVar(&r.dir, "dir", "runs", "folder of all experiments, and of the table")
	flags.IntVar(
		&r.options.Workers,
		"workers",
		0,
		"runs at a time (default one per processor); changes no result",
	)
	flags.BoolVar(&r.judgeOnly, "judge-only", false, "run nothing, judge what is there")
	flags.StringVar(
		&r.keep,
		"keep",
		"",
		"folder to write the results of all runs in DIR to, as they come with the program",
	)
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
			return fmt.Errorf(
				"%s is neither all, nor the number of a claim, nor an experiment%s; these are %s",
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
		switch _, err := load(name, r.budget.Budget); {
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
	if !r.judgeOnly {
		errs = append(errs, r.run(cmd))
	}

	// Runs that failed do not keep the others from being judged.
	evidence, err := r.evidence()
	if err != nil {
		return errors.Join(append(errs, err)...)
	}

	// All claims are judged and written, whichever were asked for: the table of DIR is whole.
	report := claims.NewReport(claims.All, evidence)
	paths, err := r.write(report, evidence)
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

// load reads an experiment's configuration at a budget.
func load(name string, b claims.Budget) (*config.Experiment, error) {
	return config.Load(configs.BuiltIn+configPath(name), config.Options{
		Quick: b == claims.Quick, Files: configs.BuiltInFiles,
	})
}

// evidence reads, at each budget, the runs of every experiment that are there, or what came with
// the program.
func (r *reproduction) evidence() (map[claims.Budget]claims.Evidence, error) {
	all := map[claims.Budget]claims.Evidence{}
	for _, b := range claims.Budgets {
		all[b] = claims.Evidence{}
		for _, name := range paperConfigs() {
			x, err := r.results(b, name)
			if err != nil {
				return nil, err
			}
			if len(x.Runs) > 0 {
				all[b][name] = x
			}
		}
	}

	return all, nil
}

// results reads what there is of an experiment at a budget. Only what has a folder in DIR has runs
// there; to load the others would take seconds.
func (r *reproduction) results(b claims.Budget, name string) (claims.Experiment, error) {
	if _, err := os.Stat(filepath.Join(r.dir, folderOf(b, name))); errors.Is(err, fs.ErrNotExist) {
		return claims.Kept(b, name)
	}

	e, err := load(name, b)
	if err != nil {
		return claims.Experiment{}, err
	}

	x, err := r.read(e)
	if err != nil {
		return x, err
	}

	// A folder without a run that began, as after a failure to load data, says less than what was
	// kept.
	if len(x.Runs) == 0 {
		return claims.Kept(b, name)
	}

	// Own runs are judged by the same epochs and digits as those that were kept.
	x = x.Compact(b)
	if r.keep == "" {
		return x, nil
	}

	path := filepath.Join(r.keep, string(b), name+".jsonl.gz")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return x, err
	}

	return x, wholefile.Write(path, x.Write)
}

// leaveOut says why something damaged does not count. It costs no other run.
func (r *reproduction) leaveOut(why error) {
	if r.warn != nil {
		fmt.Fprintf(r.warn, "left out: %v\n", why)
	}
}

// read reads the runs of an experiment that have begun, and its ensembles. What is damaged is left
// out.
func (r *reproduction) read(e *config.Experiment) (claims.Experiment, error) {
	var x claims.Experiment
	var records []rundir.Record
	store := experiments.Local{Dir: r.dir}
	for _, run := range e.Runs {
		status, begun, err := store.Status(run)
		if err != nil {
			r.leaveOut(err)
			continue
		}

		if !begun {
			continue
		}

		// The series may appear between the two reads, while another process works on the run.
		record, err := rundir.ReadRecord(store.Folder(run).Series())
		if errors.Is(err, fs.ErrNotExist) ||
			errors.Is(err, series.ErrNoHeader) { // it has just begun
			continue
		}

		if err != nil {
			r.leaveOut(err)
			continue
		}

		records = append(records, record)
		x.Runs = append(x.Runs, claims.Run{Table: record.Table, State: string(status.State)})
	}

	ensembles, err := experiments.ReadEnsembles(records)
	if err != nil {
		r.leaveOut(err)
	}

	x.Ensembles = ensembles

	return x, nil
}

// write writes the report in its three forms and returns their paths.
func (r *reproduction) write(
	report claims.Report,
	evidence map[claims.Budget]claims.Evidence,
) (paths []string, err error) {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return nil, err
	}

	page := view.Page{Report: report, Evidence: evidence, Link: r.link}
	for _, form := range []struct {
		ending string
		write  func(io.Writer) error
	}{{"md", report.Markdown}, {"json", report.JSON}, {"html", page.Write}} {
		path := filepath.Join(r.dir, "reproduction."+form.ending)
		if err := wholefile.Write(path, form.write); err != nil {
			return paths, err
		}

		paths = append(paths, path)
	}

	return paths, nil
}

// link returns the address, from DIR, of the report of an experiment's set; empty for none.
func (r *reproduction) link(b claims.Budget, name string) string {
	folder := folderOf(b, name)
	if _, err := os.Stat(filepath.Join(r.dir, folder, rundir.ReportFile)); err != nil {
		return ""
	}
	return (&url.URL{Path: folder + "/" + rundir.ReportFile}).String()
}

// folderOf returns the folder in DIR of an experiment's runs at a budget.
func folderOf(b claims.Budget, name string) string {
	if b == claims.Quick {
		return name + "-quick"
	}
	return name
}

func configPath(name string) string { return "paper/" + name + ".yaml" }

// paperConfigs lists the names of the paper's experiments.
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
