package watch

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/tracker/series"
)

// A view describes how a folder is shown: as the page of a run, of a set of runs, or of several
// experiments.
type view struct {
	folder string   // within the root, "." for the root itself
	names  []string // series files, ensembles last; empty for a folder of experiments
	set    bool
}

// view returns the view of a folder. It fails if the folder has no runs, except for the root, where
// runs may appear later.
func (s *Server) view(folder string) (view, error) {
	v := view{folder: folder}
	if rundir.IsRun(s.root.FS(), folder) {
		v.names = []string{path.Join(folder, rundir.SeriesFile)}
		return v, nil
	}

	var err error
	if v.names, err = s.seriesIn(folder); err != nil {
		return v, err
	}

	// A folder that directly contains runs is a set; otherwise it may contain experiments.
	v.set = len(v.names) > 0
	if !v.set && folder != "." {
		experiments, err := s.experiments(folder)
		if err == nil && len(experiments) == 0 {
			err = fmt.Errorf("%s: %w: no %s, neither in the folder nor in those in it",
				folder, fs.ErrNotExist, rundir.SeriesFile)
		}

		return v, err
	}

	if v.set {
		ensembles, err := rundir.EnsemblesIn(s.root.FS(), folder)
		v.names = append(v.names, ensembles...)
		return v, err
	}

	return v, nil
}

// seriesIn returns the series files of the runs directly in a folder.
func (s *Server) seriesIn(folder string) ([]string, error) {
	runs, err := rundir.RunsIn(s.root.FS(), folder)
	for i, run := range runs {
		runs[i] = path.Join(run, rundir.SeriesFile)
	}
	return runs, err
}

// isEnsemble reports whether a series belongs to an ensemble.
func isEnsemble(name string) bool {
	return path.Base(path.Dir(name)) == rundir.EnsemblesFolder
}

// A subject identifies a page.
type subject struct {
	folder string // within the root
	// standing selects the page with the status of the runs rather than their measurements.
	standing bool
}

// page returns a page in its present state, and its version. The page is nil if the version is the
// known one.
func (s *Server) page(of subject, known string) (*page.Page, string, error) {
	if of.standing {
		return s.standingPage(of.folder, known)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.view(of.folder)
	if err != nil {
		return nil, "", err
	}

	if len(v.names) == 0 {
		return s.folderPage(v, known)
	}

	tables, state := s.now(v)
	if id := state.String(); id != known {
		return s.draw(v, tables), id, nil
	}

	return nil, known, nil
}

// now reads the new lines of all series of a view.
func (s *Server) now(v view) ([]*series.Table, version) {
	tables := make([]*series.Table, len(v.names))
	state := version{}
	for i, name := range v.names {
		var p part
		if isEnsemble(name) {
			tables[i], p = s.readEnsemble(name)
		} else {
			tables[i], p = s.readRun(name)
		}

		state.parts = append(state.parts, p)
	}

	state.origin = origin(v.names, tables)
	return tables, state
}

// readEnsemble reads the new lines of an ensemble's series. A damaged series counts as empty and is
// not drawn.
func (s *Server) readEnsemble(name string) (*series.Table, part) {
	g, err := s.followPage(name)
	if err != nil {
		return &series.Table{}, part{state: rundir.Unknown}
	}
	return g.table, part{length: g.read, state: rundir.Unknown}
}

// pageAt returns a page in an earlier state. It fails if that state cannot be reconstructed.
func (s *Server) pageAt(of subject, id string) (*page.Page, error) {
	folder := of.folder
	state, err := parseVersion(id)
	if err != nil {
		return nil, err
	}

	if of.standing {
		return nil, fmt.Errorf("%s: %w: how runs stood is not kept", folder, fs.ErrNotExist)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.view(folder)
	if err != nil {
		return nil, err
	}

	if len(v.names) == 0 || len(v.names) != len(state.parts) {
		return nil, fmt.Errorf("%s: %w: version %s is of other runs",
			folder, fs.ErrNotExist, id)
	}

	tables := make([]*series.Table, len(v.names))
	for i, name := range v.names {
		if tables[i], err = s.readTo(name, state.parts[i]); err != nil {
			return nil, err
		}
	}

	// If the headers differ, the lengths in the version refer to other lines.
	if origin(v.names, tables) != state.origin {
		return nil, fmt.Errorf(
			"%s: %w: version %s is of runs begun otherwise",
			folder,
			fs.ErrNotExist,
			id,
		)
	}

	return s.draw(v, tables), nil
}

// draw returns the page of a view.
func (s *Server) draw(v view, tables []*series.Table) *page.Page {
	var page *page.Page
	runs, ensembles := entries(v, tables)
	switch {
	case !v.set:
		page = plots.RunPage(tables[0])
		page.Before, page.After = s.beside(v.folder)
	case len(runs) == 0:
		page = plots.FolderPage(s.titleOf(v.folder), nil)
	default:
		page = plots.SetPage(s.titleOf(v.folder), runs, ensembles...)
	}
	page.Up = up(v)
	if v.set {
		page.Standing = standingAddress
	}

	return page
}

// entries returns the runs of a set, with links to their pages, and its ensembles. Runs without a
// header are left out.
func entries(v view, tables []*series.Table) (runs []plots.Entry, ensembles []*series.Table) {
	for i, name := range v.names {
		switch h := tables[i].Header; {
		case h.Format == 0:
		case len(h.Members) > 0:
			ensembles = append(ensembles, tables[i])
		default:
			runs = append(
				runs,
				plots.Entry{Table: tables[i], Link: link(path.Base(path.Dir(name)))},
			)
		}
	}

	return runs, ensembles
}

// beside returns links to the previous and the next run in the same folder.
func (s *Server) beside(run string) (before, after page.Neighbour) {
	if run == "." {
		return before, after
	}

	runs, err := rundir.RunsIn(s.root.FS(), path.Dir(run))
	slices.SortFunc(runs, series.CompareNatural)
	at := slices.Index(runs, run)
	if err != nil || at < 0 {
		return before, after
	}

	neighbour := func(folder string) page.Neighbour {
		name := path.Base(folder)
		return page.Neighbour{Name: name, Link: "../" + link(name)}
	}
	if at > 0 {
		before = neighbour(runs[at-1])
	}
	if at < len(runs)-1 {
		after = neighbour(runs[at+1])
	}
	return before, after
}

// up returns the relative address of the parent folder's page, or "" for the root.
func up(v view) string {
	if v.folder == "." {
		return ""
	}
	return "../"
}

// link returns the address of a folder's page relative to its parent's page.
func link(name string) string {
	return (&url.URL{Path: name + "/"}).String()
}

func (s *Server) titleOf(folder string) string {
	if folder == "." {
		return s.title
	}
	return path.Base(folder)
}
