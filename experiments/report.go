package experiments

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/tracker/series"
)

// WriteReport makes the page of one run, or the page that compares several, titled by their
// experiment, with the ensembles of such runs and with links to the runs' own pages where these lie
// beside their series. Sweeps are drawn besides.
func WriteReport(path string, records []rundir.Record, sweeps ...plots.Sweep) error {
	page, err := pageOf(path, records)
	if err != nil {
		return err
	}
	if err := page.AddSweeps(tablesOf(records), sweeps...); err != nil {
		return err
	}
	return wholefile.Write(path, func(w io.Writer) error {
		if err := page.Write(w); err != nil {
			return fmt.Errorf("writing the page of %s: %w", page.Title, err)
		}
		return nil
	})
}

func pageOf(path string, records []rundir.Record) (*plots.Page, error) {
	if len(records) == 1 {
		return plots.RunPage(records[0].Table), nil
	}
	var entries []plots.Entry
	for _, r := range records {
		entries = append(entries, plots.Entry{Table: r.Table, Link: linkTo(r, filepath.Dir(path))})
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

// link is the address of the run's page relative to a folder, empty where there is none.
func linkTo(r rundir.Record, from string) string {
	page := r.Folder().Report()
	if _, err := os.Stat(page); err != nil {
		return ""
	}
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
// after measuring their ensembles unless some were interrupted, and returns the paths of the reports,
// the comparison last.
func Reports(outcomes []Outcome) (paths []string, err error) {
	var all []rundir.Record
	var errs []error
	for _, o := range outcomes {
		if o.Folder == nil {
			continue
		}
		r, err := rundir.ReadRecord(o.Folder.Series())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, r)
		if err := WriteReport(o.Folder.Report(), []rundir.Record{r}); err != nil {
			errs = append(errs, fmt.Errorf("report of run %s: %w", o.Run.Name, err))
			continue
		}
		paths = append(paths, o.Folder.Report())
	}
	if !Cancelled(outcomes) {
		errs = append(errs, measureEnsembles(outcomes, all))
	}
	if len(all) > 1 {
		path := filepath.Join(filepath.Dir(filepath.Dir(all[0].Path)), rundir.ReportFile)
		if err := WriteReport(path, all); err != nil {
			errs = append(errs, fmt.Errorf("report of the set: %w", err))
		}
		paths = append(paths, path)
	}
	return paths, errors.Join(errs...)
}
