package rundir

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/wholefile"
)

// WriteData writes what is known about the run's data, given as a JSON object: the names of the
// features, classes and targets, and the means and standard deviations used to standardise them.
func (f *Folder) WriteData(object string) error {
	var lines bytes.Buffer
	err := json.Indent(&lines, []byte(object), "", "  ")
	if err != nil {
		return err
	}
	lines.WriteByte('\n')

	return wholefile.WriteBytes(f.file(DataFile), lines.Bytes())
}

// ReadClasses returns the class names of the run in a folder, in order, or nil if the folder does
// not record them. If the file is damaged, readers only lose the names.
func ReadClasses(fsys fs.FS, folder string) []string {
	raw, err := input.ReadTextIn(fsys, path.Join(folder, DataFile))
	if err != nil {
		return nil
	}

	var data struct {
		Classes []string `json:"classes"`
	}
	err = json.Unmarshal(raw, &data)
	if err != nil {
		return nil
	}

	for i, name := range data.Classes {
		data.Classes[i] = input.Printable(name)
	}

	return data.Classes
}
