package experiments

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/plots/free"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/tracker/series"
)

// WriteReport writes the page of a single run, or a page that compares several runs. The comparison
// has the name of their experiment as its title, includes their ensembles, and links to those pages
// of the runs that lie next to their series. The sweeps are drawn in addition. If an ensemble
// cannot be read, the page is written without it, and the error says so.
func WriteReport(path string, records []rundir.Record, sweeps ...free.Sweep) error {
	page, incomplete := pageOf(path, records)
	err := free.AddSweeps(page, tablesOf(records), sweeps...)
	if err != nil {
		return err
	}
	return errors.Join(incomplete, writePage(path, page))
}

func writePage(path string, page *page.Page) error {
	return wholefile.Write(path, func(w io.Writer) error {
		if err := page.Write(w); err != nil {
			return fmt.Errorf("writing the page of %s: %w", page.Title, err)
		}
		return nil
	})
}

func pageOf(path string, records []rundir.Record) (*page.Page, error) {
	if len(records) == 1 {
		page := plots.RunPage(records[0].Table)
		set := filepath.Join(filepath.Dir(records[0].Folder().Path), rundir.ReportFile)
		page.Up = linkTo(filepath.Dir(path), set)
		return page, nil
	}
	var entries []plots.Entry
	for _, r := range records {
		entries = append(
			entries,
			plots.Entry{Table: r.Table, Link: linkTo(filepath.Dir(path), r.Folder().Report())},
		)
	}
	ensembles, err := ReadEnsembles(records)
	return plots.SetPage(records[0].Table.Header.Experiment, entries, ensembles...), err
}

func tablesOf(records []rundir.Record) (tables []*series.Table) {
	for _, r := range records {
		tables = append(tables, r.Table)
	}
	return tables
}

// linkTo returns the address of a page relative to a folder, or an empty string if the page does
// not exist.
func linkTo(from, page string) string {
	if _, err := os.Stat(page); err != nil {
		return ""
	}
	return linkFrom(from, page)
}

// linkFrom returns the address of a page relative to a folder, or an empty string if there is no
// relative path.
func linkFrom(from, page string) string {
	// Make both paths absolute, or there may be no relative path between them.
	target, err1 := filepath.Abs(page)
	base, err2 := filepath.Abs(from)
	relative, err3 := filepath.Rel(base, target)
	if errors.Join(err1, err2, err3) != nil {
		return ""
	}

	return (&url.URL{Path: filepath.ToSlash(relative)}).String()
}

// Reports writes the report of every run that began and, if there are several, the comparison. It
// returns the paths of the reports, the comparison last. It measures the ensembles first, unless
// some runs were interrupted. Pages that are up to date stay as they are. If the outcomes are not
// the whole experiment, it writes neither ensembles nor the comparison. It stops when ctx ends.
func Reports(ctx context.Context, outcomes []Outcome, whole bool) (paths []string, err error) {
	r := &reporter{ctx: ctx, outcomes: outcomes, whole: whole}
	done := make(chan struct{})
	go func() {
		r.make()
		close(done)
	}()

	// A page of many runs takes long to draw, and files are either complete or absent, so a request
	// to stop need not wait for it.
	select {
	case <-done:
		return r.paths, errors.Join(append(r.errs, ctx.Err())...)
	case <-ctx.Done():
		return nil, fmt.Errorf("the reports are not all made: %w", ctx.Err())
	}
}

// reporter writes the reports for outcomes.
type reporter struct {
	ctx      context.Context
	outcomes []Outcome
	whole    bool
	records  []rundir.Record
	paths    []string
	errs     []error
}

func (r *reporter) fail(err error) {
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

func (r *reporter) make() {
	begun := slices.DeleteFunc(
		slices.Clone(r.outcomes),
		func(o Outcome) bool { return o.Folder == nil },
	)
	var inputs []string
	for i, o := range begun {
		if r.ctx.Err() != nil {
			return
		}

		inputs = append(inputs, inputsOf(o.Folder)...)
		err := r.report(o, placeOf(begun, i))
		if err != nil {
			r.fail(fmt.Errorf("report of run %s: %w", o.Run.Name, err))
		}
	}

	if !r.whole {
		return
	}

	// An interrupted sweep has no ensembles: all its networks will exist after the next start.
	if !Cancelled(r.outcomes) {
		r.fail(measureEnsembles(r.ctx, r.outcomes, r.records))
	}

	if len(r.records) > 1 && r.ctx.Err() == nil {
		r.compare(inputs)
	}
}

// A place holds the links of a run's page: to the page of the set, and to the neighbouring runs.
type place struct {
	up            string
	before, after page.Neighbour
}

// placeOf returns the place of the i-th run with a page.
func placeOf(begun []Outcome, i int) place {
	if len(begun) < 2 {
		return place{}
	}

	from := begun[i].Folder.Path
	p := place{up: linkFrom(from, filepath.Join(filepath.Dir(from), rundir.ReportFile))}
	if i > 0 {
		p.before = neighbour(from, begun[i-1])
	}
	if i < len(begun)-1 {
		p.after = neighbour(from, begun[i+1])
	}
	return p
}

func neighbour(from string, o Outcome) page.Neighbour {
	return page.Neighbour{Name: o.Run.Name, Link: linkFrom(from, o.Folder.Report())}
}

// report writes the page of a run.
func (r *reporter) report(o Outcome, at place) error {
	record, err := rundir.ReadRecord(o.Folder.Series())
	if err != nil {
		return err
	}

	r.records = append(r.records, record)
	r.fail(wholefile.Sweep(o.Folder.Path))

	path := o.Folder.Report()
	inputs := append(inputsOf(o.Folder), fmt.Sprint(at))
	// Keep a page whose inputs have not changed: for a sweep of 1,000 finished runs, nothing is
	// drawn.
	err = keepPage(path, inputs, func() error {
		page := plots.RunPage(record.Table)
		page.Up, page.Before, page.After = at.up, at.before, at.after
		return writePage(path, page)
	})
	if err != nil {
		return err
	}

	r.paths = append(r.paths, path)

	return nil
}

// compare writes the page of the set.
func (r *reporter) compare(inputs []string) {
	folder := filepath.Dir(r.records[0].Folder().Path)
	r.fail(
		errors.Join(
			wholefile.Sweep(folder),
			wholefile.Sweep(filepath.Join(folder, rundir.EnsemblesFolder)),
		),
	)
	ensembles, err := rundir.EnsemblesIn(os.DirFS(folder), ".")
	r.fail(err)
	for _, file := range ensembles {
		inputs = append(inputs, stateOf(filepath.Join(folder, file)))
	}

	path := filepath.Join(folder, rundir.ReportFile)
	err = keepPage(path, inputs, func() error {
		page, incomplete := pageOf(path, r.records)
		r.fail(incomplete)
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}

		return writePage(path, page)
	})

	if err != nil {
		r.fail(fmt.Errorf("report of the set: %w", err))
		return
	}

	r.paths = append(r.paths, path)
}

// keepPage keeps a page that this program made from the same inputs, and otherwise writes it. A
// file next to the page records its inputs.
func keepPage(path string, inputs []string, write func() error) error {
	made := filepath.Join(filepath.Dir(path), madeFromFile)
	if is, err := input.ReadText(made); err == nil && string(is) == madeFrom(path, inputs) {
		return nil
	}
	if err := write(); err != nil {
		return err
	}
	return wholefile.WriteBytes(made, []byte(madeFrom(path, inputs)))
}

// madeFromFile lies next to a page and holds the checksum of its inputs.
const madeFromFile = ".report"

// madeFrom returns a checksum of the current page and its inputs.
func madeFrom(path string, inputs []string) string {
	sum := sha256.New()
	if program, err := os.Executable(); err == nil {
		fmt.Fprintln(sum, stateOf(program))
	}
	for _, file := range append([]string{stateOf(path)}, inputs...) {
		fmt.Fprintln(sum, file)
	}
	return sumText(sum) + "\n"
}

// inputsOf describes the files from which the page of a run is made.
func inputsOf(f *rundir.Folder) []string {
	return []string{stateOf(f.Series()), stateOf(f.StatusFile())}
}

// stateOf describes the current state of a file: equal descriptions mean equal contents.
func stateOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return path + " is not there"
	}
	return fmt.Sprintf("%s %d %d", path, info.Size(), info.ModTime().UnixNano())
}
