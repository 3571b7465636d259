package watch

import (
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/tracker/series"
)

// growing is a series file that is read as far as it has got.
type growing struct {
	table *series.Table
	read  int64       // bytes of whole lines in the table
	seen  fs.FileInfo // of the file, when it was last looked at
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
		g = &growing{table: &series.Table{}}
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

// readTo reads the first bytes of a series file, as a page had read it that showed so much.
func (s *Server) readTo(name string, length int64) (*series.Table, error) {
	info, err := s.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() < length {
		return nil, fmt.Errorf("%s: %w: it is shorter than it was", name, fs.ErrNotExist)
	}
	t := &series.Table{}
	n, err := s.extend(t, name, 0, length)
	if err == nil && n != length {
		err = fmt.Errorf("%s: %w: no line ends at byte %d", name, os.ErrInvalid, length)
	}
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
