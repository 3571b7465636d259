package watch

import (
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/tracker/series"
)

// growing is a series file that has been read as far as it was written.
type growing struct {
	table *series.Table
	read  int64       // bytes of complete lines read into the table
	seen  fs.FileInfo // file information from the last read

	clock *series.Clock
	timed int64 // length of the timing file when the clock was read
}

// followPage reads the new lines of a series file. It starts over if the file was replaced because
// the run restarted, or has become shorter because a resumed run truncated it.
func (s *Server) followPage(name string) (*growing, error) {
	info, err := s.root.Stat(name)
	if err != nil {
		delete(s.files, name)
		return nil, err
	}

	g := s.files[name]
	if g == nil || !os.SameFile(g.seen, info) || info.Size() < g.seen.Size() {
		g = &growing{table: &series.Table{ClassNames: rundir.ReadClasses(s.root.FS(), path.Dir(name))}}
	}

	if g.seen == nil || info.Size() > g.seen.Size() {
		n, err := s.extend(g.table, name, g.read, info.Size())
		if err != nil {
			delete(s.files, name)
			return nil, err
		}

		g.read, g.seen = g.read+n, info
	}

	s.files[name] = g

	return g, nil
}

// extend reads bytes from..to of a series file into a table and returns how many it used.
func (s *Server) extend(t *series.Table, name string, from, to int64) (int64, error) {
	f, err := input.OpenIn(s.root, name)
	if err != nil {
		return 0, err
	}
	defer f.Close()

	n, err := t.Extend(io.NewSectionReader(f, from, to-from))
	if err != nil {
		return 0, fmt.Errorf("reading series %s: %w", name, err)
	}
	return n, nil
}

// readRun reads the new lines of a run's series and adds the run's status. If a file is damaged,
// the table has no points and gives the reason.
func (s *Server) readRun(name string) (*series.Table, part) {
	folder := path.Dir(name)
	status, known, err := rundir.ReadStatus(s.root.FS(), folder)
	if err != nil {
		return s.damaged(name, err)
	}

	g, err := s.followPage(name)
	if err != nil && known && status.State == rundir.Failed && !s.hasFile(name) {
		t := s.emptyTable(name, status)
		t.State, t.Why = string(status.State), status.Error
		return t, part{state: status.State}
	}

	if err != nil {
		return s.damaged(name, err)
	}

	t := *g.table
	status.Describe(&t)
	s.readClock(g, folder)
	status.SetClock(&t, g.clock)

	return &t, part{length: g.read, state: rundir.State(t.State)}
}

// readClock reads the run's timing again if its file has changed. The clock is nil if the file is
// damaged.
func (s *Server) readClock(g *growing, folder string) {
	info, err := s.root.Stat(path.Join(folder, rundir.TimingFile))
	if err != nil {
		g.clock, g.timed = nil, 0
		return
	}
	if info.Size() != g.timed {
		g.clock, _ = rundir.ReadClock(s.root, folder)
		g.timed = info.Size()
	}
}

// hasFile reports whether a file of that name exists.
func (s *Server) hasFile(name string) bool {
	_, err := s.root.Stat(name)
	return err == nil
}

// damaged returns an empty table for a run that cannot be read.
func (s *Server) damaged(name string, why error) (*series.Table, part) {
	t := s.emptyTable(name, rundir.Status{})
	t.State, t.Why = string(rundir.Damaged), why.Error()
	return t, part{state: rundir.Damaged}
}

// emptyTable returns a table without points for the run that owns the series file.
func (s *Server) emptyTable(name string, status rundir.Status) *series.Table {
	if status.Header != nil {
		return series.NewTable(*status.Header)
	}
	folder := path.Dir(name)
	return series.NewTable(series.Header{
		Format:     series.Format,
		ConfigHash: status.ConfigHash,
		Experiment: s.titleOf(path.Dir(folder)),
		Run:        s.titleOf(folder),
	})
}

// readTo reads a series file up to the length, and with the run's state, that an earlier page had.
func (s *Server) readTo(name string, had part) (*series.Table, error) {
	if had.length == 0 && had.state != rundir.Running && had.state != rundir.Unknown {
		status, _, _ := rundir.ReadStatus(s.root.FS(), path.Dir(name))
		t := s.emptyTable(name, status)
		t.State, t.Why = string(had.state), status.Error
		return t, nil
	}

	info, err := s.root.Stat(name)
	if err != nil {
		return nil, err
	}

	if info.Size() < had.length {
		return nil, fmt.Errorf("%s: %w: it is shorter than it was", name, fs.ErrNotExist)
	}

	t := &series.Table{ClassNames: rundir.ReadClasses(s.root.FS(), path.Dir(name))}
	n, err := s.extend(t, name, 0, had.length)
	if err == nil && n != had.length {
		err = fmt.Errorf("%s: %w: no line ends at byte %d", name, os.ErrInvalid, had.length)
	}

	t.State = string(had.state)

	return t, err
}

// origin returns a hash of the headers of the series. Series with equal headers continue with the
// same bytes, as the header and the program determine them.
func origin(names []string, tables []*series.Table) uint64 {
	h := fnv.New64a()
	for i, name := range names {
		fmt.Fprintf(h, "%q %v\n", name, tables[i].Header)
	}
	return h.Sum64()
}
