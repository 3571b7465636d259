package experiments

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"liptrack/plots"
	"liptrack/tracker/series"
)

// WriteReport makes the page of one run, or the page that compares several, titled by their
// experiment.
func WriteReport(path string, tables []*series.Table) error {
	return replaceFile(path, func(w io.Writer) error {
		if len(tables) == 1 {
			return plots.Run(w, tables[0])
		}
		return plots.Compare(w, tables[0].Header.Experiment, tables)
	})
}

// Reports makes the report of every run that began and, of several, the one that compares them,
// and returns their paths, the comparison last.
func Reports(outcomes []Outcome) (paths []string, err error) {
	var all []*series.Table
	var errs []error
	for _, o := range outcomes {
		if o.Folder == nil {
			continue
		}
		t, err := series.ReadFile(o.Folder.Series())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, t)
		if err := WriteReport(o.Folder.Report(), []*series.Table{t}); err != nil {
			errs = append(errs, fmt.Errorf("report of run %s: %w", o.Run.Name, err))
			continue
		}
		paths = append(paths, o.Folder.Report())
	}
	if len(all) > 1 {
		path := filepath.Join(filepath.Dir(filepath.Dir(paths[0])), ReportFile)
		if err := WriteReport(path, all); err != nil {
			errs = append(errs, fmt.Errorf("report of the set: %w", err))
		}
		paths = append(paths, path)
	}
	return paths, errors.Join(errs...)
}
