// Package external reads the checkpoints of a training that another program runs: it finds their
// files, sorts them by epoch, and reads each one once it is complete. It can follow a training that
// is still running. Measuring the networks is left to other packages.
package external

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/network"
)

// Options describe which checkpoints to read.
type Options struct {
	// Paths are files, and folders that hold files at any depth.
	Paths []string
	// Epoch is a pattern for the file names, with {epoch} in place of the epoch and * in place of
	// anything. Default: the number after the word epoch, else the only number that differs between
	// the names, else the epoch recorded in the files.
	Epoch string
	// Every n selects the epochs that are multiples of n; 0 means 1.
	Every int
	// Last is the last epoch to read; nil for all.
	Last *int
	// Except are files that are not checkpoints, such as the data.
	Except []string
	// Model describes what the files do not say.
	Model modelfile.Options
	// Follow waits for further files until epoch Last, or forever.
	Follow bool
	// Note is called with messages for the user, each once; nil for none.
	Note func(text string)

	// Settle is how long a followed file must have been unchanged before it is read; 0 means one
	// second. Patience is how long an unreadable file may count as unfinished although a later one
	// exists; 0 means ten seconds.
	Settle, Patience time.Duration
}

// Checkpoint is a network and its place in the training.
type Checkpoint struct {
	Path string
	// Epoch comes from the name or, failing that, from the file. Step is the number of updates, 0
	// if unknown.
	Epoch, Step int
	Net         *network.Network
	Info        modelfile.Info
}

// Feed returns checkpoints one after another.
type Feed struct {
	o          Options
	pattern    *pattern // nil without
	inside     map[string]insideFile
	noted      map[string]bool
	files      []file           // existing ones, in order
	looks      map[string]look  // when files were first seen in their present state
	left       map[string]state // those that cannot be read, by path
	unreadable error            // the last reason
}

// look is the state of a file and when it was first seen.
type look struct {
	state
	since time.Time
}

// insideFile is what a file records about itself, valid while its state is unchanged.
type insideFile struct {
	state
	place
	err error // of a file that cannot be read
}

// NewFeed checks the options. It does not read any file.
func NewFeed(o Options) (*Feed, error) {
	if len(o.Paths) == 0 {
		return nil, errors.New("no files or folders of checkpoints")
	}

	if o.Every < 0 {
		return nil, fmt.Errorf("every %d epochs: must be at least 1", o.Every)
	}

	f := &Feed{
		o:      o,
		inside: map[string]insideFile{},
		noted:  map[string]bool{},
		looks:  map[string]look{},
		left:   map[string]state{},
	}
	if o.Epoch != "" {
		var err error
		f.pattern, err = newPattern(o.Epoch)
		if err != nil {
			return nil, err
		}
	}

	// The zero Options are usable: 0 stands for a default, which is filled in here.
	f.o.Every = max(o.Every, 1)
	f.o.Settle = cmp.Or(o.Settle, time.Second)
	f.o.Patience = cmp.Or(o.Patience, 10*time.Second)

	return f, nil
}

// Next returns the first checkpoint after an epoch; −1 asks for the very first. It skips unreadable
// files with a note. The error is io.EOF if there are no more checkpoints (while following, only
// after Options.Last) or the error of ctx. It describes the problem if there are no checkpoints at
// all, or if the names do not give the epochs or give one twice.
func (f *Feed) Next(ctx context.Context, after int) (*Checkpoint, error) {
	// Try the known files first, so that a folder of thousands is not searched again for each of
	// them.
	for isListed := false; ; isListed = true {
		due := f.dueAfter(after)
		found := f.firstOf(due)
		if found != nil {
			return found, ctx.Err()
		}

		if isListed && f.isOver(due, after) {
			return nil, f.end(after)
		}

		// Nothing new was found, and a file may be half-written: look four times within the
		// settling time, so that it is read soon afterwards.
		if isListed {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(f.o.Settle / 4):
			}
		}

		var err error
		f.files, err = f.ordered()
		if err != nil {
			return nil, err
		}
	}
}

// end returns the reason why there is no further checkpoint.
func (f *Feed) end(after int) error {
	switch {
	case after >= 0:
		return io.EOF
	case f.unreadable != nil:
		return fmt.Errorf("none of the checkpoints can be read: %w", f.unreadable)
	case len(f.files) > 0:
		return fmt.Errorf(
			"of %d checkpoints, from epoch %d to %d, none is asked for: see --every and --last",
			len(f.files),
			f.files[0].epoch,
			f.files[len(f.files)-1].epoch,
		)
	default:
		return fmt.Errorf("no checkpoints in %s: looked for the extensions %s",
			strings.Join(f.o.Paths, ", "), strings.Join(modelfile.Extensions(), " "))
	}
}

// ordered returns the checkpoints that exist now. While following, ambiguous names may become clear
// once there are more of them.
func (f *Feed) ordered() ([]file, error) {
	files, err := f.list()
	// While following, the folder of a training that has not saved anything yet is merely late.
	if f.o.Follow && errors.Is(err, fs.ErrNotExist) {
		f.noteOnce("waiting: %v", err)
		return nil, nil
	}

	if err != nil {
		return nil, err
	}

	ordered, err := f.inOrder(files)
	// A single name with several numbers does not show which one is the epoch; a second name shows
	// which one varies.
	if f.o.Follow && len(files) < 2 && errors.Is(err, errAmbiguous) {
		f.noteOnce("waiting for a second file: %v", err)
		return nil, nil
	}

	return ordered, err
}

// dueAfter returns the requested files after an epoch.
func (f *Feed) dueAfter(after int) []file {
	var due []file
	for _, c := range f.files {
		isLater := f.o.Last != nil && c.epoch > *f.o.Last
		if c.epoch > after && c.epoch%f.o.Every == 0 && !isLater {
			due = append(due, c)
		}
	}
	return due
}

// isOver reports whether no further checkpoint will come: all due files have been skipped, and a
// followed training has passed the last requested epoch.
func (f *Feed) isOver(due []file, after int) bool {
	// An unreadable file is due again once it has changed.
	if slices.ContainsFunc(due, func(c file) bool { return !f.isLeft(c) }) {
		return false
	}

	// A training without a last epoch may always save another file.
	if !f.o.Follow || f.o.Last == nil {
		return !f.o.Follow
	}

	// There may be no file for exactly the last epoch: one from a later epoch also shows that the
	// training has passed it.
	return after >= *f.o.Last || len(f.files) > 0 && f.files[len(f.files)-1].epoch > *f.o.Last
}

// isLeft reports whether a file could not be read and has not changed since.
func (f *Feed) isLeft(c file) bool {
	left, is := f.left[c.path]
	if !is {
		return false
	}
	now, err := stateOf(c.path)
	return err != nil || now == left
}

// firstOf reads the first readable file. It returns nil, to be called again, if an earlier file is
// still being written.
func (f *Feed) firstOf(due []file) *Checkpoint {
	for i, c := range due {
		if f.isLeft(c) {
			continue
		}

		found, err := f.readCheckpoint(c)
		if err == nil {
			return found
		}

		// Later files have to wait, since a series has its epochs in order.
		if f.mayBeUnderWay(c, i < len(due)-1) {
			if !errors.Is(err, errUnsettled) {
				f.noteOnce("%v; waiting for it to be whole", err)
			}
			return nil
		}

		// If the file no longer exists, the zero state is stored, which differs from the state of
		// any file that comes back.
		f.left[c.path], _ = stateOf(c.path)
		f.unreadable = err
		f.noteOnce("epoch %d is left out: %v", c.epoch, err)
	}

	return nil
}

// errUnsettled is the error for a file that changed shortly before or while it was read.
var errUnsettled = errors.New("it is being written")

// readCheckpoint reads a file unless it is being written.
func (f *Feed) readCheckpoint(c file) (*Checkpoint, error) {
	before, err := stateOf(c.path)
	if err != nil {
		return nil, err
	}

	unsettled := fmt.Errorf("%s: %w", input.Printable(c.path), errUnsettled)
	if f.o.Follow && f.quiet(c.path, before) < f.o.Settle {
		return nil, unsettled
	}

	// A file that was written while it was read may be half old and half new, even if it can be
	// parsed.
	net, info, err := modelfile.Load(c.path, f.o.Model)
	after, gone := stateOf(c.path)
	switch {
	case gone != nil:
		return nil, gone
	case after != before:
		return nil, unsettled
	case err != nil:
		return nil, err
	}

	found := &Checkpoint{
		Path:  c.path,
		Epoch: c.epoch,
		Step:  c.step,
		Net:   net,
		Info:  info,
	}
	if found.Step == 0 && info.Step != nil {
		found.Step = *info.Step
	}

	// The order relies on the epoch inside the file. If the file was replaced since, this network
	// belongs to another epoch.
	known, was := f.inside[c.path]
	if was && known.state != before {
		return nil, unsettled
	}

	return found, nil
}

// mayBeUnderWay reports whether an unreadable file may still become complete.
func (f *Feed) mayBeUnderWay(c file, isFollowed bool) bool {
	s, err := stateOf(c.path)
	if err != nil {
		return false
	}

	switch quiet := f.quiet(c.path, s); {
	// Without --follow, do not wait long: only a file that has just changed gets another look.
	case !f.o.Follow:
		return quiet < f.o.Settle
	case isFollowed:
		// A training saves one epoch after another, so a file is rarely still being written once a
		// later one exists.
		return quiet < f.o.Patience
	default:
		return true
	}
}

// quiet returns how long a file has been unchanged: since its modification time or, if the local
// clock is behind, since it was first seen in this state.
func (f *Feed) quiet(path string, s state) time.Duration {
	seen, known := f.looks[path]

	// A file on another machine's disk may have a modification time in the future; the time since
	// it was first seen bounds the wait.
	if !known || seen.state != s {
		seen = look{s, time.Now()}
		f.looks[path] = seen
	}
	return max(time.Since(s.changed), time.Since(seen.since))
}

func (f *Feed) noteOnce(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if f.noted[text] || f.o.Note == nil {
		return
	}
	f.noted[text] = true
	f.o.Note(text)
}
