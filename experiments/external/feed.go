// Package external reads the checkpoints of a training that liptrack did not run: it finds their
// files, puts them in the order of their epochs, and reads each once it is whole. A training that
// goes on is followed. What is measured of the networks is the business of others.
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

// Options say which checkpoints there are.
type Options struct {
	// Paths are files, and folders with files in them or below.
	Paths []string
	// Epoch is a pattern of the files' names with {epoch} in place of the epoch, and * in place of
	// anything. Default: the number after the word epoch, else the only number that differs between
	// the names, else what the files say inside.
	Epoch string
	// Every n takes the epochs that are multiples of n; 0 means 1.
	Every int
	// Last is the last epoch to take; nil for all.
	Last *int
	// Except are files that are none of the checkpoints, such as the data.
	Except []string
	// Model says what the files leave open.
	Model modelfile.Options
	// Follow waits for further files until Last, or for ever.
	Follow bool
	// Note is told what users should know, each thing once; nil for nobody.
	Note func(text string)

	// Settle is how long a file must have been left alone to be read while it is followed; 0 means
	// a second. Patience is how long one that cannot be read may still be under way though there is
	// a later one; 0 means ten seconds.
	Settle, Patience time.Duration
}

// Checkpoint is a network and where in its training it stands.
type Checkpoint struct {
	Path string
	// Epoch is as the name, or else the file, says; Step is the number of updates, 0 if nothing
	// says it.
	Epoch, Step int
	Net         *network.Network
	Info        modelfile.Info
}

// Feed hands out checkpoints, one after the other.
type Feed struct {
	o          Options
	pattern    *pattern // nil without
	inside     map[string]insideFile
	noted      map[string]bool
	files      []file           // those that there are, in order
	looks      map[string]look  // when files were first seen as they are now
	left       map[string]state // those that cannot be read, by path
	unreadable error            // the last reason
}

// look is how a file looked, and since when.
type look struct {
	state
	since time.Time
}

// insideFile is what a file says of itself, as long as it looks the same.
type insideFile struct {
	state
	place
	err error // of a file that cannot be read
}

// NewFeed checks the options. It looks at no file.
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

	// The zero Options are usable: 0 stands for a default, which is filled in here once.
	f.o.Every = max(o.Every, 1)
	f.o.Settle = cmp.Or(o.Settle, time.Second)
	f.o.Patience = cmp.Or(o.Patience, 10*time.Second)

	return f, nil
}

// Next returns the checkpoint that follows an epoch; −1 asks for the first. A file that cannot be
// read is left out, with a note. The error is io.EOF when there is none, which while following is
// so only after Options.Last; the error of ctx when that ends; and says so where there are no
// checkpoints at all, where the names do not tell the epochs, or tell one twice.
func (f *Feed) Next(ctx context.Context, after int) (*Checkpoint, error) {
	// The files known from the last look come first: a folder of thousands is not looked through
	// for each of them.
	for isListed := false; ; isListed = true {
		due := f.dueAfter(after)
		found := f.firstOf(due)
		if found != nil {
			return found, ctx.Err()
		}

		if isListed && f.isOver(due, after) {
			return nil, f.end(after)
		}

		// Nothing new was there, and a file may be half-written: look four times within the time
		// that it has to settle, so that it is read soon after.
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

// end says why there is no further checkpoint.
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

// ordered returns the checkpoints that are there now. While following, names that leave a doubt may
// lose it when there are more of them.
func (f *Feed) ordered() ([]file, error) {
	files, err := f.list()
	// The folder of a training that has not begun to save is only late while it is followed.
	if f.o.Follow && errors.Is(err, fs.ErrNotExist) {
		f.noteOnce("waiting: %v", err)
		return nil, nil
	}

	if err != nil {
		return nil, err
	}

	ordered, err := f.inOrder(files)
	// One name with several numbers does not tell which is the epoch; a second name shows which one
	// varies.
	if f.o.Follow && len(files) < 2 && errors.Is(err, errAmbiguous) {
		f.noteOnce("waiting for a second file: %v", err)
		return nil, nil
	}

	return ordered, err
}

// dueAfter returns the files of the epochs that are asked for.
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

// isOver says that no further checkpoint will come: all that are due are left out, and a training
// that is followed has passed the last epoch that is asked for.
func (f *Feed) isOver(due []file, after int) bool {
	// A file that could not be read is due again once it has changed.
	if slices.ContainsFunc(due, func(c file) bool { return !f.isLeft(c) }) {
		return false
	}

	// A training without a last epoch may always save another file.
	if !f.o.Follow || f.o.Last == nil {
		return !f.o.Follow
	}

	// No file need have just the last epoch: one of a later epoch shows as well that the training
	// has passed it.
	return after >= *f.o.Last || len(f.files) > 0 && f.files[len(f.files)-1].epoch > *f.o.Last
}

// isLeft says whether a file could not be read and has not changed since.
func (f *Feed) isLeft(c file) bool {
	left, is := f.left[c.path]
	if !is {
		return false
	}
	now, err := stateOf(c.path)
	return err != nil || now == left
}

// firstOf reads the first of the files that can be read. It returns nil to be asked again where one
// before it is still being written.
func (f *Feed) firstOf(due []file) *Checkpoint {
	for i, c := range due {
		if f.isLeft(c) {
			continue
		}

		found, err := f.read(c)
		if err == nil {
			return found
		}

		// Later ones have to wait, since a series has its epochs in order.
		if f.mayBeUnderWay(c, i < len(due)-1) {
			if !errors.Is(err, errUnsettled) {
				f.noteOnce("%v; waiting for it to be whole", err)
			}
			return nil
		}

		// A file that is gone has the zero state here, which differs from any that comes back.
		f.left[c.path], _ = stateOf(c.path)
		f.unreadable = err
		f.noteOnce("epoch %d is left out: %v", c.epoch, err)
	}

	return nil
}

// errUnsettled is the error of a file that changed while it was read or shortly before.
var errUnsettled = errors.New("it is being written")

// read reads a file unless somebody is writing it.
func (f *Feed) read(c file) (*Checkpoint, error) {
	before, err := stateOf(c.path)
	if err != nil {
		return nil, err
	}

	unsettled := fmt.Errorf("%s: %w", input.Printable(c.path), errUnsettled)
	if f.o.Follow && f.quiet(c.path, before) < f.o.Settle {
		return nil, unsettled
	}

	// What was read while somebody wrote may be half of the old file and half of the new one, even
	// if it makes sense.
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

	// The epoch is that of the content that was looked at.
	// The order was made by the epoch inside the file. If the file was replaced since, this network
	// is of another epoch.
	known, was := f.inside[c.path]
	if was && known.state != before {
		return nil, unsettled
	}

	return found, nil
}

// mayBeUnderWay says whether a file that could not be read may still become whole.
func (f *Feed) mayBeUnderWay(c file, isFollowed bool) bool {
	s, err := stateOf(c.path)
	if err != nil {
		return false
	}

	switch quiet := f.quiet(c.path, s); {
	// Without --follow nobody waits for long: only a file that changed just now gets another look.
	case !f.o.Follow:
		return quiet < f.o.Settle
	case isFollowed:
		// A training saves one epoch after another, so a file that others follow is rarely still
		// being written.
		return quiet < f.o.Patience
	default:
		return true
	}
}

// quiet returns how long a file has been as it is: by its date or, where a clock is behind the
// file's, since it was first seen so.
func (f *Feed) quiet(path string, s state) time.Duration {
	seen, known := f.looks[path]

	// A file on another machine's disk may carry a date in the future; the time since it was first
	// seen bounds the wait.
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
