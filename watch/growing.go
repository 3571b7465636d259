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

// growing is a series file that is read as far as it has got.
type growing struct {
	table *series.Table
	read  int64       // bytes of whole lines in the table
	seen  fs.FileInfo // of the file, when it was last looked at

	clock *series.Clock
	timed int64 // length of the file that the clock was read from
}

// follow reads on in a series file. Another file of that name is a run begun anew, and one that
// has become shorter has been cut to be resumed: these are read from their beginning.
func (s *Server) follow(name string) (*growing, error) {
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

// extend reads a part of a series file into a table.
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

// readRun reads on in the series of a run and adds how the run stands. What is damaged costs the
// run, whose table then has no points and says why.
func (s *Server) readRun(name string) (*series.Table, part) {
	folder := path.Dir(name)
	status, known, err := rundir.ReadStatus(s.root.FS(), folder)
	if err != nil {
		return s.damaged(name, err)
	}

	g, err := s.follow(name)
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

// readClock reads how long a run has taken, if that has changed. A damaged clock is none.
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

// hasFile reports whether there is anything of that name.
func (s *Server) hasFile(name string) bool {
	_, err := s.root.Stat(name)
	return err == nil
}

// damaged returns the table of a run that cannot be read.
func (s *Server) damaged(name string, why error) (*series.Table, part) {
	t := s.emptyTable(name, rundir.Status{})
	t.State, t.Why = string(rundir.Damaged), why.Error()
	return t, part{state: rundir.Damaged}
}

// emptyTable returns a table without points for the run that a series file would be of.
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

// readTo reads the first bytes of a series file, as a page had read it that showed so much, of a
// run that stood as given.
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

// origin tells apart series that began differently: what their headers say decides, with the
// program, every byte that follows.
func origin(names []string, tables []*series.Table) uint64 {
	h := fnv.New64a()
	for i, name := range names {
		fmt.Fprintf(h, "%q %v\n", name, tables[i].Header)
	}
	return h.Sum64()
}
