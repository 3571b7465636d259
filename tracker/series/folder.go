package series

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
)

// Folder returns the relative path EXPERIMENT/RUN for files made from a series. It leaves out parts
// that the header does not name. Series may come from anybody, so it is an error if a name could
// lead out of the folder to which the path is joined, or cannot be the name of a folder.
func (h Header) Folder() (string, error) {
	path := ""
	for _, part := range []struct{ what, name string }{{"experiment", h.Experiment}, {"run", h.Run}} {
		// Check the names before the join, which would resolve "..".
		if part.name != "" && !namesFolder(part.name) {
			return "", fmt.Errorf(
				"the %s of a series is called %.80q, which cannot be the name of a folder",
				part.what,
				part.name,
			)
		}
		path = filepath.Join(path, part.name)
	}
	return path, nil
}

// namesFolder reports whether a name is a single path element on every system.
func namesFolder(name string) bool {
	if name == "." || name == ".." || strings.ContainsAny(name, `/\:`) ||
		strings.ContainsFunc(name, unicode.IsControl) {
		return false
	}
	return filepath.IsLocal(name)
}
