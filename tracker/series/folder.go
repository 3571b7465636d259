package series

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
)

// Folder returns the relative path EXPERIMENT/RUN for what is made of a series, with the parts left
// out that the header does not name. Series are passed on, so a name may be anybody's: one that
// could lead out of the folder to which the path is joined, or that no folder can have, is an
// error.
func (h Header) Folder() (string, error) {
	path := ""
	for _, part := range []struct{ what, name string }{{"experiment", h.Experiment}, {"run", h.Run}} {
		// Before the join, which would resolve ".." away.
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

// namesFolder reports whether a name is one element of a path on every system.
func namesFolder(name string) bool {
	if name == "." || name == ".." || strings.ContainsAny(name, `/\:`) ||
		strings.ContainsFunc(name, unicode.IsControl) {
		return false
	}
	return filepath.IsLocal(name)
}
