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

// bundle holds parts of the files in a run's folder. Files that are appended to come first, since
// checkpoints vouch for their contents.
type bundle struct{ Pieces []piece }

// piece is a whole file, or data appended to one.
type piece struct {
	Name     string // path within the folder, with slashes
	Appended bool
	Offset   int64 // where appended data begin in the file
	Data     []byte
}

// Names of files of a run that are sent, in addition to growing files and kept checkpoints.
const (
	configName = "config.yaml"
	lastName   = "checkpoints/last.safetensors"
)

// growing lists the files that runs append to.
var growing = []string{rundir.SeriesFile, rundir.TimingFile}

// initial lists the files that a run has from its beginning. The data file exists only for users'
// own data, whose names and scales it records.
var initial = []string{configName, rundir.DataFile}

// keptName matches the checkpoints that are kept for good.
var keptName = regexp.MustCompile(`^checkpoints/epoch-\d+\.safetensors$`)

// travels reports whether a file of a run may be sent. Bundles come from other machines and must
// not name any other file.
func travels(name string) bool {
	return slices.Contains(growing, name) || slices.Contains(initial, name) ||
		name == lastName || name == rundir.StatusFile || keptName.MatchString(name)
}

// pack encodes a bundle for unpackBundle.
func (b bundle) pack() ([]byte, error) {
	// A bundle that the receiver rejects would be sent again forever.
	err := b.checkContent()
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
		return b, fmt.Errorf("not part of a run: %w", err)
	}

	return b, b.checkContent()
}

// checkContent returns an error if a piece belongs to a file that may not be sent.
func (b bundle) checkContent() error {
	for _, p := range b.Pieces {
		if !travels(p.Name) || p.Offset < 0 {
			return fmt.Errorf("not part of a run: file %.40q at %d", p.Name, p.Offset)
		}
	}
	return nil
}

// appendGrown adds the complete lines that a file has after the first from bytes.
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

// appendFirst adds at most the first most bytes of a file, if it exists.
func (b *bundle) appendFirst(folder, name string, most int64) error {
	data, err := readPart(folder, name, 0, most)
	if err != nil || data == nil {
		return err
	}

	b.Pieces = append(b.Pieces, piece{Name: name, Data: data})

	return nil
}

// readPart reads at most most bytes of a file from an offset on. It returns nil if the file does
// not exist.
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

// appendWhole adds a file if it exists.
func (b *bundle) appendWhole(folder, name string) error {
	return b.appendFirst(folder, name, math.MaxInt64)
}

// store writes the pieces into a folder. It returns errGap if a piece does not fit the existing
// files. A durable bundle is on disk when store returns; otherwise files that are appended to may
// lose their ends in a power failure.
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

// extend writes the data of a piece at its offset and truncates the file after them.
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
		return fmt.Errorf("%w: %s has %d bytes, but the data sent begin at byte %d",
			errGap, path, info.Size(), p.Offset)
	}

	// Anything beyond the offset came from a worker that has lost the run, or in an unacknowledged
	// save.
	if err := file.Truncate(p.Offset); err != nil {
		return err
	}

	if _, err := file.WriteAt(p.Data, p.Offset); err != nil {
		return err
	}

	// Syncing is slow, so only saves that others may resume from wait for it.
	if durable {
		return file.Sync()
	}

	return nil
}
