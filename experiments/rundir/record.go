package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/tracker/series"
)

// Record is what a run left behind.
type Record struct {
	// Path is the path of the series file. A run that failed before it measured anything has no
	// such file.
	Path string
	// Table is the series; it has no points if the run has no series. Its State and Why describe
	// how the run stands.
	Table *series.Table
	// Status is the zero Status if the folder does not record how far the run came.
	Status Status
}

// Folder returns the folder of the run.
func (r Record) Folder() *Folder {
	return &Folder{Path: filepath.Dir(r.Path)}
}

// ReadRecord reads a series file and the status next to it. If a run failed before its series
// began, its record has no points. ReadRecord returns an error if either file is damaged or if the
// series is shorter than it was when the run stopped.
func ReadRecord(path string) (Record, error) {
	folder := &Folder{Path: filepath.Dir(path)}
	status, known, err := folder.Status()
	if err != nil {
		return Record{}, err
	}

	r := Record{Path: path, Status: status}
	r.Table, err = series.ReadFile(path)
	if known && status.State == Failed && LacksSeries(err) {
		r.Table = series.NewTable(folder.headerWithout(status))
		r.Table.State, r.Table.Why = string(Failed), status.Error
		return r, nil
	}

	if err != nil {
		return Record{}, err
	}
	r.Table.ClassNames = ReadClasses(os.DirFS(folder.Path), ".")

	if !status.Describe(r.Table) {
		r.Status = Status{}
		return r, nil
	}

	// If the clock is damaged, pages only lose the times.
	if clock, err := folder.Clock(); err == nil {
		status.SetClock(r.Table, clock)
	}

	return r, folder.CheckSeries(status)
}

// LacksSeries reports whether err, from reading a series, means that the series has not begun.
func LacksSeries(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, series.ErrNoHeader)
}

// headerWithout returns what is known about a run that has no series.
func (f *Folder) headerWithout(s Status) series.Header {
	if s.Header != nil {
		return *s.Header
	}

	// Older releases wrote a status.json without a header. Then the names of the folders identify
	// the run.
	path, err := filepath.Abs(f.Path)
	if err != nil {
		path = f.Path
	}
	return series.Header{
		Format:     series.Format,
		ConfigHash: s.ConfigHash,
		Experiment: filepath.Base(filepath.Dir(path)),
		Run:        filepath.Base(path),
	}
}

// CheckSeries returns an error if the series of a stopped run is shorter than its status records,
// or if no line ends there: a machine that crashes can leave zeros in place of the end.
func (f *Folder) CheckSeries(s Status) error {
	// Running runs and older releases record no length.
	if s.State == Running || s.SeriesBytes == 0 {
		return nil
	}

	length, end, err := endOfSeries(f.Series(), s.SeriesBytes)
	switch {
	case err != nil:
		return fmt.Errorf(
			"the series of a run that is %s: %w; --overwrite begins it anew", s.State, err)
	case length < s.SeriesBytes:
		return fmt.Errorf(
			"%s has %d bytes, and had %d when the run stopped (%s): restore the file, "+
				"or begin the run anew with --overwrite",
			f.Series(), length, s.SeriesBytes, s.State)
	case end != '\n':
		return fmt.Errorf(
			"%s is damaged: byte %d, where the run stopped (%s), ends no line: restore the file, "+
				"or begin the run anew with --overwrite",
			f.Series(), s.SeriesBytes, s.State)
	}

	return nil
}

// endOfSeries returns the length of a series file and the last of its first written bytes, or 0 if
// the file is shorter.
func endOfSeries(path string, written int64) (length int64, end byte, err error) {
	file, err := input.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()

	info, err := file.Stat()
	if err != nil {
		return 0, 0, err
	}
	if info.Size() < written {
		return info.Size(), 0, nil
	}

	last := make([]byte, 1)
	_, err = file.ReadAt(last, written-1)
	return info.Size(), last[0], err
}

// ReadEach reads the records of series files one after another and calls visit for each. A file
// that cannot be read is left out, and the reasons are returned next to the error. If no file can
// be read, the reasons are the error.
func ReadEach(files []string, visit func(Record) error) (left []error, err error) {
	for _, file := range files {
		r, err := ReadRecord(file)
		if err != nil {
			left = append(left, err)
			continue
		}

		if err := visit(r); err != nil {
			return left, err
		}
	}

	if len(left) == len(files) {
		// Nothing was read, so the reasons are the answer and not a side note.
		return nil, errors.Join(left...)
	}

	return left, nil
}
