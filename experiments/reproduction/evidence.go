package reproduction

import (
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/claims"
	"github.com/liptrack/liptrack/experiments/claims/view"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/wholefile"
)

// Folder is the folder that holds the runs of the experiments and receives the verdicts.
type Folder struct {
	Dir string
	// Keep, if not empty, is a folder that receives the results of all runs in the format of the
	// results that ship with the program.
	Keep string
	// LeaveOut, if not nil, is called with the reason why something damaged is ignored. Other runs
	// are not affected.
	LeaveOut func(why error)
}

// Evidence reads, at each budget, the existing runs of every experiment, or the results that ship
// with the program.
func (f Folder) Evidence() (map[claims.Budget]claims.Evidence, error) {
	all := map[claims.Budget]claims.Evidence{}
	for _, b := range claims.Budgets {
		all[b] = claims.Evidence{}
		for _, name := range Names() {
			x, err := f.results(b, name)
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

// results reads the results of an experiment at a budget. It loads only experiments that have a
// folder; loading the others would take seconds.
func (f Folder) results(b claims.Budget, name string) (claims.Experiment, error) {
	if _, err := os.Stat(filepath.Join(f.Dir, folderOf(b, name))); errors.Is(err, fs.ErrNotExist) {
		return claims.Kept(b, name)
	}

	e, err := Load(name, b)
	if err != nil {
		return claims.Experiment{}, err
	}

	x := f.readExperiment(e)

	// A folder in which no run has begun, as after a failure to load data, says less than the
	// shipped results.
	if len(x.Runs) == 0 {
		return claims.Kept(b, name)
	}

	// The user's own runs are judged by the same epochs and digits as the shipped results.
	x = x.Compact(b)
	if f.Keep == "" {
		return x, nil
	}

	path := filepath.Join(f.Keep, string(b), name+".jsonl.gz")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return x, err
	}

	return x, wholefile.Write(path, x.Write)
}

// readExperiment reads the ensembles of an experiment and those of its runs that have begun. It
// leaves out what is damaged.
func (f Folder) readExperiment(e *config.Experiment) claims.Experiment {
	var x claims.Experiment
	var records []rundir.Record
	store := experiments.Local{Dir: f.Dir}
	for _, run := range e.Runs {
		status, begun, err := store.Status(run)
		if err != nil {
			f.leaveOut(err)
			continue
		}

		if !begun {
			continue
		}

		// The series may appear between the two reads, while another process works on the run.
		record, err := rundir.ReadRecord(store.Folder(run).Series())
		if rundir.LacksSeries(err) {
			continue
		}

		if err != nil {
			f.leaveOut(err)
			continue
		}

		records = append(records, record)
		x.Runs = append(x.Runs, claims.Run{Table: record.Table, State: string(status.State)})
	}

	ensembles, err := experiments.ReadEnsembles(records)
	if err != nil {
		f.leaveOut(err)
	}

	x.Ensembles = ensembles

	return x
}

func (f Folder) leaveOut(why error) {
	if f.LeaveOut != nil {
		f.LeaveOut(why)
	}
}

// Write writes the verdicts as Markdown, as JSON and as a page, and returns their paths, the page
// last.
func (f Folder) Write(
	report claims.Report,
	evidence map[claims.Budget]claims.Evidence,
) (paths []string, err error) {
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return nil, err
	}

	page := view.Page{
		Report:   report,
		Evidence: evidence,
		Link:     f.link,
	}
	for _, form := range []struct {
		ending string
		write  func(io.Writer) error
	}{{"md", report.Markdown}, {"json", report.JSON}, {"html", page.Write}} {
		path := filepath.Join(f.Dir, "reproduction."+form.ending)
		err := wholefile.Write(path, form.write)
		if err != nil {
			return paths, err
		}

		paths = append(paths, path)
	}

	return paths, nil
}

// link returns the address, relative to the folder, of the report on an experiment's runs; empty if
// there is none.
func (f Folder) link(b claims.Budget, name string) string {
	folder := folderOf(b, name)
	_, err := os.Stat(filepath.Join(f.Dir, folder, rundir.ReportFile))
	if err != nil {
		return ""
	}
	return (&url.URL{Path: folder + "/" + rundir.ReportFile}).String()
}
