package queue

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/wholefile"
)

// bundle is parts of the files of a run's folder. Those that are appended to come first, since
// checkpoints vouch for them.
type bundle struct{ Pieces []piece }

// piece is a file, or what was appended to one.
type piece struct {
	Name     string // within the folder, with slashes
	Appended bool
	Offset   int64 // at which the data of a file that is appended to begin
	Data     []byte
}

// Files of a run that travel, as its folder names them, beside those in growing and checkpoints.
const (
	configName = "config.yaml"
	lastName   = "checkpoints/last.safetensors"
)

// growing lists the files that are appended to.
var growing = []string{rundir.SeriesFile, rundir.TimingFile}

// initial lists the files that a run has from its beginning. Only data of the user's own have names
// and scales to tell.
var initial = []string{configName, rundir.DataFile}

// keptName matches the checkpoints that stay.
var keptName = regexp.MustCompile(`^checkpoints/epoch-\d+\.safetensors$`)

// travels reports whether a file is one of a run's that travel. A bundle comes from another
// machine, and names nothing else.
func travels(name string) bool {
	return slices.Contains(growing, name) || slices.Contains(initial, name) ||
		name == lastName || name == rundir.StatusFile || keptName.MatchString(name)
}

// pack encodes a bundle; unpackBundle reads it.
func (b bundle) pack() ([]byte, error) {
	// What the other side refuses would be sent for ever.
	err := b.check()
	if err != nil {
		return nil, err
	}

	var out bytes.Buffer
	err = gob.NewEncoder(&out).Encode(b)
	return out.Bytes(), err
}

func unpackBundle(data []byte) (bundle, error) {
	var b bundle
	if len(data) == 0 {
		return b, nil
	}

	err := gob.NewDecoder(bytes.NewReader(data)).Decode(&b)
	if err != nil {
		return b, fmt.Errorf("not a part of a run: %w", err)
	}

	return b, b.check()
}

// check returns an error if a piece is of no file that travels.
func (b bundle) check() error {
	for _, p := range b.Pieces {
		if !travels(p.Name) || p.Offset < 0 {
			return fmt.Errorf("not a part of a run: file %.40q at %d", p.Name, p.Offset)
		}
	}
	return nil
}

// appendGrown adds what a file has beyond so many bytes, in whole lines.
func (b *bundle) appendGrown(folder, name string, from int64) error {
	data, err := readPart(folder, name, from, math.MaxInt64-from)
	if err != nil {
		return err
	}

	data = data[:bytes.LastIndexByte(data, '\n')+1]
	if len(data) > 0 {
		b.Pieces = append(b.Pieces, piece{
			Name:     name,
			Appended: true,
			Offset:   from,
			Data:     data,
		})
	}

	return nil
}

// appendFirst adds the first bytes of a file.
func (b *bundle) appendFirst(folder, name string, most int64) error {
	data, err := readPart(folder, name, 0, most)
	if err != nil || data == nil {
		return err
	}

	b.Pieces = append(b.Pieces, piece{Name: name, Data: data})

	return nil
}

// readPart reads so many bytes of a file at most, from a place on; nil if there is no file.
func readPart(folder, name string, from, most int64) ([]byte, error) {
	file, err := input.Open(filepath.Join(folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}

	if err != nil {
		return nil, err
	}

	defer file.Close()

	return io.ReadAll(io.NewSectionReader(file, from, most))
}

// appendWhole adds a file if it is there.
func (b *bundle) appendWhole(folder, name string) error {
	return b.appendFirst(folder, name, math.MaxInt64)
}

// store puts the pieces into a folder. It is errGap if one does not fit what is there. A durable
// bundle is on disk when it returns; of others, files that are appended to may lose their ends in a
// power failure.
func (b bundle) store(folder *rundir.Folder, durable bool) error {
	for _, p := range b.Pieces {
		path := filepath.Join(folder.Path, filepath.FromSlash(p.Name))
		var err error
		if p.Appended {
			err = p.extend(path, durable)
		} else {
			err = wholefile.WriteBytes(path, p.Data)
		}

		if err != nil {
			return err
		}
	}

	return nil
}

// extend makes the data of a piece the end of a file.
func (p piece) extend(path string, durable bool) error {
	file, err := input.OpenToWrite(path, os.O_CREATE)
	if err != nil {
		return err
	}

	defer file.Close()

	info, err := file.Stat()
	if err != nil {
		return err
	}

	if info.Size() < p.Offset {
		return fmt.Errorf("%w: %s has %d bytes, and what was sent begins at %d",
			errGap, path, info.Size(), p.Offset)
	}

	// What lies beyond came from a worker that has lost the run, or in a save that nobody
	// acknowledged.
	if err := file.Truncate(p.Offset); err != nil {
		return err
	}

	if _, err := file.WriteAt(p.Data, p.Offset); err != nil {
		return err
	}

	if durable {
		return file.Sync()
	}

	return nil
}
