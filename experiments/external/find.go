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

// file is an existing checkpoint file, complete or not.
type file struct {
	path string
	name string // relative to the searched path
	place
}

// state is how a file looks from outside; writing changes it.
type state struct {
	size, dataSize int64
	changed        time.Time
}

// stateOf returns the state of a file, including the tensor file that an ONNX model may have next
// to it.
func stateOf(path string) (state, error) {
	info, err := os.Stat(path)
	if err != nil {
		return state{}, err
	}

	s := state{size: info.Size(), changed: info.ModTime()}
	// torch.onnx.export writes the weights of a large model to a separate file, which may change
	// after the model.
	beside, err := os.Stat(path + ".data")
	if err == nil {
		s.dataSize = beside.Size()
		if beside.ModTime().After(s.changed) {
			s.changed = beside.ModTime()
		}
	}

	return s, nil
}

// list returns the files that may be checkpoints: the named files, and the files at any depth in
// named folders whose extension belongs to a model format.
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

	// The data may lie among the checkpoints, for example as an .npz, under a different path.
	for _, other := range f.o.Except {
		// A missing data file excludes nothing; loading it will report the error.
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
			// It no longer exists, or is not readable.
			return nil
		// Programs write .name.tmp and rename it, and keep folders of their own (.git,
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

// inOrder sorts files by epoch and leaves out those without one.
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
		// No name has a number, so the files themselves must record their epochs.
		case places == nil:
			at, known, err = f.placeInside(c.path)
			if err != nil {
				return nil, err
			}
		case !known:
			f.noteOnce("%s is left out: its name has no epoch", input.Printable(c.path))
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

// placeInside returns the place that a file records. known is false if the file no longer exists,
// is being written or cannot be read. A file that is rewritten for every epoch counts again
// whenever it has changed.
func (f *Feed) placeInside(path string) (at place, known bool, err error) {
	s, gone := stateOf(path)
	if gone != nil || f.o.Follow && f.quiet(path, s) < f.o.Settle {
		return place{}, false, nil
	}

	// Reading a whole file to learn its epoch is expensive, so it is repeated only after a change.
	inside, was := f.inside[path]
	if !was || inside.state != s {
		inside = f.lookInside(path, s)
		f.inside[path] = inside
	}

	switch {
	case errors.Is(inside.err, errNoEpoch):
		// A single file without an epoch makes the order of all files unknown, so this ends the
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
	"has no epoch in its name or inside: name the files by their epochs",
)

// lookInside reads the epoch that a file in state s records.
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
