package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// IsRun reports whether a folder belongs to a run: it holds a series or a status.
func IsRun(fsys fs.FS, folder string) bool {
	// A run that failed before its first epoch has only a status; one copied from another machine
	// may have only a series.
	for _, name := range []string{SeriesFile, StatusFile} {
		info, err := fs.Stat(fsys, path.Join(folder, name))
		if err == nil && !info.IsDir() {
			return true
		}
	}
	return false
}

// RunsIn lists the run folders directly inside a folder, sorted by name.
func RunsIn(fsys fs.FS, folder string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return nil, err
	}

	var runs []string
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		if IsRun(fsys, name) {
			runs = append(runs, name)
		}
	}
	return runs, nil
}

// EnsemblesIn lists the series files of the ensembles of the runs in a folder.
func EnsemblesIn(fsys fs.FS, folder string) ([]string, error) {
	return filesIn(fsys, path.Join(folder, EnsemblesFolder), EnsembleEnding)
}

// filesIn lists the files in a folder whose names have the given ending. It skips hidden files,
// which may still be being written, and returns none if the folder does not exist.
func filesIn(fsys fs.FS, folder, ending string) (files []string, err error) {
	entries, err := fs.ReadDir(fsys, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}

	for _, e := range entries {
		if path.Ext(e.Name()) == ending && !strings.HasPrefix(e.Name(), ".") {
			files = append(files, path.Join(folder, e.Name()))
		}
	}
	return files, err
}

// Find lists the series files that the paths stand for, each once. A path is a series file, or a
// folder that stands for all runs in it at any depth: the folder of a run, of an experiment, or of
// several experiments. For a run that failed before it measured anything, Find lists the series
// file although it does not exist.
func Find(paths ...string) ([]string, error) {
	var files []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}

		if !info.IsDir() {
			// Take the user's word that a file is a series; reading it will show.
			files = append(files, filepath.Clean(p))
			continue
		}

		found, err := RunsBelow(os.DirFS(p), ".")
		if err != nil {
			return nil, err
		}

		if len(found) == 0 {
			return nil, fmt.Errorf(
				"%s holds no %s, neither itself nor in the folders in it",
				p,
				SeriesFile,
			)
		}

		for _, folder := range found {
			files = append(files, filepath.Join(p, filepath.FromSlash(folder), SeriesFile))
		}
	}

	return distinct(files), nil
}

// RunsBelow lists the run folders in a folder and its subfolders. It follows links to runs but no
// other links, which might lead to a cycle.
func RunsBelow(fsys fs.FS, folder string) ([]string, error) {
	if IsRun(fsys, folder) {
		return []string{folder}, nil
	}

	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return nil, err
	}

	var runs []string
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		switch {
		// Hidden folders hold queues and caches, and ensembles belong to runs that are listed
		// anyway.
		case strings.HasPrefix(e.Name(), ".") || e.Name() == EnsemblesFolder:
			continue
		case e.IsDir():
			found, err := RunsBelow(fsys, name)
			if err != nil {
				return nil, err
			}
			runs = append(runs, found...)
		case e.Type()&fs.ModeSymlink != 0 && IsRun(fsys, name):
			runs = append(runs, name)
		}
	}

	return runs, nil
}

// distinct removes duplicates.
func distinct(files []string) []string {
	// A run may be named twice, by its own folder and by its experiment's; figures would count it
	// twice.
	seen := map[string]bool{}
	return slices.DeleteFunc(files, func(file string) bool {
		before := seen[file]
		seen[file] = true
		return before
	})
}
