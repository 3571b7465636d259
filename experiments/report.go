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

// WriteReport makes the page of one run, or the page that compares several, titled by their
// experiment, with the ensembles of such runs and with links to the runs' own pages where these lie
// beside their series. Sweeps are drawn besides. An ensemble that cannot be read is left out, and
// the error says so when the page is there.
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
		entries = append(entries, plots.Entry{Table: r.Table, Link: linkTo(filepath.Dir(path), r.Folder().Report())})
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

// linkTo returns the address of a page relative to a folder, empty where there is no such page.
func linkTo(from, page string) string {
	if _, err := os.Stat(page); err != nil {
		return ""
	}
	return linkFrom(from, page)
}

// linkFrom returns the address of a page relative to a folder, empty where there is no way.
func linkFrom(from, page string) string {
	// Both absolute, or there may be no way from one to the other.
	target, err1 := filepath.Abs(page)
	base, err2 := filepath.Abs(from)
	relative, err3 := filepath.Rel(base, target)
	if errors.Join(err1, err2, err3) != nil {
		return ""
	}

	return (&url.URL{Path: filepath.ToSlash(relative)}).String()
}

// Reports makes the report of every run that began and, of several, the one that compares them,
// after measuring their ensembles unless some were interrupted, and returns the paths of the
// reports, the comparison last. Pages that were made of the same series before are left as they
// are. Where the outcomes are not the whole experiment, neither ensembles nor the comparison are
// made. When ctx ends, so do the reports.
func Reports(ctx context.Context, outcomes []Outcome, whole bool) (paths []string, err error) {
	r := &reporter{ctx: ctx, outcomes: outcomes, whole: whole}
	done := make(chan struct{})
	go func() {
		r.make()
		close(done)
	}()

	// A page of many runs takes long to draw, and files are whole or not there: whoever is asked to
	// stop need not wait for it.
	select {
	case <-done:
		return r.paths, errors.Join(append(r.errs, ctx.Err())...)
	case <-ctx.Done():
		return nil, fmt.Errorf("the reports are not all made: %w", ctx.Err())
	}
}

// reporter makes the reports of outcomes.
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

	// An interrupted sweep has no ensembles: the next start has all their networks.
	if !Cancelled(r.outcomes) {
		r.fail(measureEnsembles(r.ctx, r.outcomes, r.records))
	}

	if len(r.records) > 1 && r.ctx.Err() == nil {
		r.compare(inputs)
	}
}

// A place says where the page of a run leads to: that of the set, and the runs beside it.
type place struct {
	up            string
	before, after page.Neighbour
}

// placeOf returns the place of the i-th of the runs that have pages.
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

// report makes the page of a run.
func (r *reporter) report(o Outcome, at place) error {
	record, err := rundir.ReadRecord(o.Folder.Series())
	if err != nil {
		return err
	}

	r.records = append(r.records, record)
	r.fail(wholefile.Sweep(o.Folder.Path))

	path := o.Folder.Report()
	inputs := append(inputsOf(o.Folder), fmt.Sprint(at))
	// A page whose inputs have not changed is kept: a sweep of 1,000 ended runs has nothing to
	// draw.
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

// compare makes the page of the set.
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

// keepPage leaves a page alone that was made from the same inputs by this program, and otherwise
// makes it. A file beside the page keeps what it was made from.
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

// madeFromFile is beside a page and holds the sum of what it was made from.
const madeFromFile = ".report"

// madeFrom sums up a page, as it is now, and what it is made from.
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

// inputsOf describes the files that the page of a run is made from.
func inputsOf(f *rundir.Folder) []string {
	return []string{stateOf(f.Series()), stateOf(f.StatusFile())}
}

// stateOf describes a file as it is now: two that are described alike have the same contents.
func stateOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return path + " is not there"
	}
	return fmt.Sprintf("%s %d %d", path, info.Size(), info.ModTime().UnixNano())
}
