package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/liptrack/liptrack/internal/input"
)

// Tracked is one line of the file of tracked checkpoints: a checkpoint of another program's
// training, and how far the series goes with it.
type Tracked struct {
	Epoch int    `json:"epoch"`
	Step  int    `json:"step"`
	File  string `json:"file"`
	// SeriesBytes and SeriesSum are the length and the SHA-256 of the series up to and including
	// this checkpoint.
	SeriesBytes int64  `json:"series_bytes"`
	SeriesSum   string `json:"series_sha256"`
}

// LastTracked returns the last tracked checkpoint and the number of tracked ones, 0 if the file
// does not exist. It removes a last line that a kill cut short.
func (f *Folder) LastTracked() (last Tracked, count int, err error) {
	path := f.file(trackedFile)
	text, err := input.ReadText(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Tracked{}, 0, nil
	}

	if err != nil {
		return Tracked{}, 0, err
	}

	// A line is written at once, but a kill or a full disk may leave only its beginning.
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	if len(whole) < len(text) {
		err = os.Truncate(path, int64(len(whole)))
		if err != nil {
			return Tracked{}, 0, err
		}
	}

	for line := range bytes.Lines(whole) {
		count++
		before := last.Epoch
		last = Tracked{}
		err = input.UnmarshalJSON(line, &last)
		if err == nil && (last.SeriesBytes < 1 || count > 1 && last.Epoch <= before) {
			err = errors.New("neither epochs nor lengths may fall")
		}

		if err != nil {
			return Tracked{}, 0, fmt.Errorf(
				"%s, line %d: %w; --overwrite begins anew",
				path,
				count,
				err,
			)
		}
	}

	return last, count, nil
}

// AddTracked appends a line.
func (f *Folder) AddTracked(t Tracked) error {
	line, err := json.Marshal(t)
	if err != nil {
		return err
	}

	file, err := input.OpenToWrite(f.file(trackedFile), os.O_CREATE|os.O_APPEND)
	if err != nil {
		return err
	}

	_, err = file.Write(append(line, '\n'))

	return errors.Join(err, file.Sync(), file.Close())
}
