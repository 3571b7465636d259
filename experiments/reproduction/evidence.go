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

// Folder is where the experiments have their runs, and where the verdicts are written.
type Folder struct {
	Dir string
	// Keep, if not empty, is a folder to which the results of all runs are written in the form in
	// which they come with the program.
	Keep string
	// LeaveOut, if not nil, is told why something damaged does not count. It costs no other run.
	LeaveOut func(why error)
}

// Evidence reads, at each budget, the runs of every experiment that are there, or what came with
// the program.
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

// results reads what there is of an experiment at a budget. Only what has a folder has runs there;
// to load the others would take seconds.
func (f Folder) results(b claims.Budget, name string) (claims.Experiment, error) {
	if _, err := os.Stat(filepath.Join(f.Dir, folderOf(b, name))); errors.Is(err, fs.ErrNotExist) {
		return claims.Kept(b, name)
	}

	e, err := Load(name, b)
	if err != nil {
		return claims.Experiment{}, err
	}

	x := f.read(e)

	// A folder without a run that began, as after a failure to load data, says less than what was
	// kept.
	if len(x.Runs) == 0 {
		return claims.Kept(b, name)
	}

	// Own runs are judged by the same epochs and digits as those that were kept.
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

// read reads the runs of an experiment that have begun, and its ensembles. What is damaged is left
// out.
func (f Folder) read(e *config.Experiment) claims.Experiment {
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

// link returns the address, from the folder, of the report of an experiment's set; empty for none.
func (f Folder) link(b claims.Budget, name string) string {
	folder := folderOf(b, name)
	_, err := os.Stat(filepath.Join(f.Dir, folder, rundir.ReportFile))
	if err != nil {
		return ""
	}
	return (&url.URL{Path: folder + "/" + rundir.ReportFile}).String()
}
