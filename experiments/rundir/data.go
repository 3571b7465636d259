package rundir

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/wholefile"
)

// WriteData notes what is known of the run's data, given as a JSON object: the names of features,
// classes and targets, and the means and standard deviations by which they were standardised.
func (f *Folder) WriteData(object string) error {
	var lines bytes.Buffer
	err := json.Indent(&lines, []byte(object), "", "  ")
	if err != nil {
		return err
	}
	lines.WriteByte('\n')

	return wholefile.WriteBytes(f.file(DataFile), lines.Bytes())
}

// ReadClasses returns the names of the classes of the run in a folder, in their order; nil where
// nothing says them. A damaged file costs readers the names, and no more.
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
