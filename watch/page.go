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

// A view is what a folder is shown as: the page of a run, of the runs in its folders, or of the
// experiments in them.
type view struct {
	folder string   // within the root, "." for the root itself
	names  []string // of the series files, those of ensembles last; none for a folder of experiments
	set    bool
}

// view looks at what a folder holds. It is an error if that is nothing, except of the root, where
// something may be on its way.
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

	// A folder is a set if runs lie right in it, else it may hold experiments.
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

// seriesIn lists the series of the runs whose folders lie in a folder.
func (s *Server) seriesIn(folder string) ([]string, error) {
	runs, err := rundir.RunsIn(s.root.FS(), folder)
	for i, run := range runs {
		runs[i] = path.Join(run, rundir.SeriesFile)
	}
	return runs, err
}

// isEnsemble reports whether a series is an ensemble's.
func isEnsemble(name string) bool {
	return path.Base(path.Dir(name)) == rundir.EnsemblesFolder
}

// A subject is what a page is of.
type subject struct {
	folder string // within the root
	// standing asks how the runs in the folder stand, instead of what they measure.
	standing bool
}

// page returns the present state of a page and its version; no page where that is the version known
// already.
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

// now reads on in the series of a view.
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

// readEnsemble reads on in the series of an ensemble. A damaged one is taken for an empty one,
// which is not drawn.
func (s *Server) readEnsemble(name string) (*series.Table, part) {
	g, err := s.follow(name)
	if err != nil {
		return &series.Table{}, part{state: rundir.Unknown}
	}
	return g.table, part{length: g.read, state: rundir.Unknown}
}

// pageAt returns a page in an earlier state. It is an error if there is no way back.
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

	// A version that was made of other headers counts other lines.
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

// draw makes the page of a view.
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

// entries returns the runs of a set with links to their pages, except those of which not even the
// header is written, and its ensembles.
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

// beside returns the pages of the runs before and after a run among those of its folder.
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

// up returns the address of the page of the folder around that of a view.
func up(v view) string {
	if v.folder == "." {
		return ""
	}
	return "../"
}

// link returns the address of the page of a folder relative to that of the folder around it.
func link(name string) string {
	return (&url.URL{Path: name + "/"}).String()
}

func (s *Server) titleOf(folder string) string {
	if folder == "." {
		return s.title
	}
	return path.Base(folder)
}
