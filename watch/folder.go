package watch

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/tracker/series"
)

// folderPage returns the page that lists the experiments in a folder, or nil if its version is the
// known one. The version is a checksum, so the state cannot be recovered from it.
func (s *Server) folderPage(v view, known string) (*page.Page, string, error) {
	experiments, err := s.experiments(v.folder)
	if err != nil {
		return nil, "", err
	}

	// Folder pages have no byte counts that could identify their state, so a checksum of the
	// content shows whether it changed.
	sum := fnv.New64a()
	fmt.Fprint(sum, experiments)
	id := version{origin: sum.Sum64()}.String()
	if id == known {
		return nil, id, nil
	}

	page := plots.FolderPage(s.titleOf(v.folder), experiments)
	page.Up, page.Standing = up(v), standingAddress
	return page, id, nil
}

// experiments returns the subfolders of a folder that contain runs.
func (s *Server) experiments(folder string) ([]plots.Folder, error) {
	entries, err := fs.ReadDir(s.root.FS(), folder)
	if err != nil {
		return nil, err
	}

	var all []plots.Folder
	var runs [][]string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}

		names, err := s.seriesIn(path.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}

		if len(names) > 0 {
			all = append(all, s.experiment(e.Name(), names))
			runs = append(runs, names)
		}
	}

	// The list shows the results of runs only if there are few, as reading thousands would take too
	// long.
	const mostRead = 200
	total := len(slices.Concat(runs...))
	if total > mostRead {
		return all, nil
	}

	for i, names := range runs {
		var tables []*series.Table
		for _, name := range names {
			table, _ := s.readRun(name)
			tables = append(tables, table)
		}
		all[i].Measure(tables)
	}

	return all, nil
}

func (s *Server) experiment(name string, series []string) plots.Folder {
	f := plots.Folder{
		Name: name,
		Link: link(name),
		Runs: len(series),
	}
	// An experiment with one run links to that run's page.
	if len(series) == 1 {
		f.Link = link(path.Join(name, path.Base(path.Dir(series[0]))))
	}

	states := map[rundir.State]int{}
	for _, file := range series {
		states[s.stateOf(path.Dir(file))]++
		info, err := s.root.Stat(file)
		if err == nil && info.ModTime().After(f.Changed) {
			f.Changed = info.ModTime().Truncate(time.Second)
		}
	}

	// Maps have no order, but the page must stay the same if nothing changed.
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(states)) {
		parts = append(parts, fmt.Sprintf("%d %s", states[state], state))
	}

	f.States = strings.Join(parts, ", ")
	f.Failed = states[rundir.Failed]+states[rundir.Diverged]+states[rundir.Damaged] > 0
	f.Running = states[rundir.Running]+states[rundir.Unknown] > 0

	return f
}

// stateOf returns the state of the run in a folder.
func (s *Server) stateOf(folder string) rundir.State {
	status, known, err := rundir.ReadStatus(s.root.FS(), folder)
	switch {
	case err != nil:
		return rundir.Damaged
	case !known:
		return rundir.Unknown
	}
	return status.Standing()
}
