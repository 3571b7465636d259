package external

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/modelfile"
)

// file is a checkpoint that is there, whole or not.
type file struct {
	path string
	name string // below the path that it was looked for in
	place
}

// state is what a file looks like from outside; writing changes it.
type state struct {
	size, dataSize int64
	changed        time.Time
}

// stateOf looks at a file, and at the tensors that an ONNX file may have beside it.
func stateOf(path string) (state, error) {
	info, err := os.Stat(path)
	if err != nil {
		return state{}, err
	}

	s := state{size: info.Size(), changed: info.ModTime()}
	// torch.onnx.export writes a large model's weights to a file beside it, which may change after
	// the model.
	beside, err := os.Stat(path + ".data")
	if err == nil {
		s.dataSize = beside.Size()
		if beside.ModTime().After(s.changed) {
			s.changed = beside.ModTime()
		}
	}

	return s, nil
}

// list returns the files that may be checkpoints: those named, and in folders and what is below
// them those whose extension is one of a model file.
func (f *Feed) list() ([]file, error) {
	var files []file
	for _, p := range f.o.Paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}

		if !info.IsDir() {
			files = append(files, file{path: p, name: filepath.Base(p)})
			continue
		}

		below, err := modelsBelow(p)
		if err != nil {
			return nil, err
		}

		files = append(files, below...)
	}

	// The data may lie among the checkpoints, as an .npz, whatever the path by which either is
	// named.
	for _, other := range f.o.Except {
		// A data file that is not there excludes nothing; whoever loads it says so.
		except, err := os.Stat(other)
		if err != nil {
			continue
		}

		files = slices.DeleteFunc(files, func(c file) bool {
			info, err := os.Stat(c.path)
			return err == nil && os.SameFile(info, except)
		})
	}

	return files, nil
}

func modelsBelow(folder string) ([]file, error) {
	var files []file
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		// Only the folder that the user named must be readable.
		case err != nil && name == ".":
			return err
		case err != nil:
			// It has gone, or is somebody else's.
			return nil
		// Programs write .name.tmp and rename it, and keep their own folders (.git,
		// .ipynb_checkpoints).
		case name != "." && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir() || !slices.Contains(modelfile.Extensions(), strings.ToLower(path.Ext(name))):
			return nil
		}

		files = append(
			files,
			file{path: filepath.Join(folder, filepath.FromSlash(name)), name: name},
		)

		return nil
	})

	return files, err
}

// inOrder puts files in the order of their epochs and leaves those out that say none.
func (f *Feed) inOrder(files []file) ([]file, error) {
	var names []string
	for _, c := range files {
		names = append(names, c.name)
	}

	places, err := f.pattern.placesIn(names)
	if err != nil {
		return nil, err
	}

	var ordered []file
	for _, c := range files {
		at, known := places[c.name]
		switch {
		// No name has a number: the files themselves have to say their epochs.
		case places == nil:
			at, known, err = f.placeInside(c.path)
			if err != nil {
				return nil, err
			}
		case !known:
			f.noteOnce("%s is left out: its name says no epoch", input.Printable(c.path))
		}

		if known {
			c.place = at
			ordered = append(ordered, c)
		}
	}

	slices.SortFunc(ordered, func(a, b file) int {
		return cmp.Compare(a.epoch, b.epoch)
	})

	for i := 1; i < len(ordered); i++ {
		a, b := ordered[i-1], ordered[i]
		if a.epoch == b.epoch {
			return ordered, fmt.Errorf("%s and %s are both of epoch %d: %w",
				input.Printable(a.path), input.Printable(b.path), a.epoch, errAmbiguous)
		}
	}

	return ordered, nil
}

// placeInside returns the place that a file says inside; known is false of one that has gone, is
// being written or cannot be read. A file that is written anew for every epoch counts again
// whenever it has changed.
func (f *Feed) placeInside(path string) (at place, known bool, err error) {
	s, gone := stateOf(path)
	if gone != nil || f.o.Follow && f.quiet(path, s) < f.o.Settle {
		return place{}, false, nil
	}

	// Reading a whole file to learn its epoch is dear, so it is done again only after a change.
	inside, was := f.inside[path]
	if !was || inside.state != s {
		inside = f.lookInside(path, s)
		f.inside[path] = inside
	}

	switch {
	case errors.Is(inside.err, errNoEpoch):
		// One file that does not say its epoch makes the order of all unknown, so this ends the
		// command.
		return place{}, false, fmt.Errorf("%s %w", input.Printable(path), inside.err)
	case inside.err != nil:
		f.unreadable = inside.err
		f.noteOnce("a checkpoint is left out: %v", inside.err)
		return place{}, false, nil
	}

	return inside.place, true, nil
}

var errNoEpoch = errors.New(
	"says its epoch neither in its name nor inside: name the files by their epochs",
)

// lookInside reads the epoch of a file that looks as s says.
func (f *Feed) lookInside(path string, s state) insideFile {
	inside := insideFile{state: s}
	_, info, err := modelfile.Load(path, f.o.Model)
	switch {
	case err != nil:
		inside.err = err
	case info.Epoch == nil:
		inside.err = errNoEpoch
	default:
		inside.epoch = *info.Epoch
	}
	return inside
}
