package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
)

// fileSet is a published data set as a set of files.
type fileSet struct {
	folders []string // possible folders below the user's path, in order of preference
	site    string   // where users can download them
}

// locate finds each of the wanted files, plain or with .gz, in the folders below path. A file is
// given by all its possible names. The error names all missing files.
func (s fileSet) locate(path string, wanted ...[]string) ([]string, error) {
	var folders, found, missing []string
	for _, f := range s.folders {
		folders = append(folders, filepath.Join(path, f))
	}

	// All missing files are named at once, so that users need not start again for each.
	for _, names := range wanted {
		file, err := firstExisting(folders, names)
		if err != nil {
			return nil, err
		}

		if file == "" {
			missing = append(missing, names[0])
		}

		found = append(found, file)
	}

	if missing != nil {
		return nil, fmt.Errorf("no %s (or the same with .gz) in %s; get the files from %s: %w",
			strings.Join(missing, ", "), strings.Join(folders, " or "), s.site, fs.ErrNotExist)
	}

	return found, nil
}

// firstExisting returns the first of the files that exists, or "" if none does.
func firstExisting(folders, names []string) (string, error) {
	for _, folder := range folders {
		for _, name := range names {
			// A folder may hold both the compressed and the uncompressed file; the latter is read
			// faster.
			for _, suffix := range []string{"", ".gz"} {
				file := filepath.Join(folder, name+suffix)
				_, err := os.Stat(file)
				if err == nil {
					return file, nil
				}
				if !errors.Is(err, fs.ErrNotExist) {
					return "", err
				}
			}
		}
	}

	return "", nil
}

// findFile returns the path of one of the user's own files. Unless its name is absolute, it is
// looked for in the data folder, next to the configuration file, and in the working folder. The
// error names key.
func (o Options) findFile(key, name string) (string, error) {
	places := []string{name}
	if !filepath.IsAbs(name) {
		places = []string{filepath.Join(o.Path, name), filepath.Join(o.Beside, name), name}
	}

	for _, place := range places {
		_, err := os.Stat(place)
		if err == nil {
			return place, nil
		}
	}

	// Some of the places may be the same, for example if the configuration is in the working
	// folder.
	slices.Sort(places)
	places = slices.Compact(places)
	return "", fmt.Errorf(
		"data.%s: there is no %s: %w",
		key,
		strings.Join(places, ", nor "),
		fs.ErrNotExist,
	)
}

// readFile reads a file and decompresses it if its name ends in .gz. It reads at most
// input.MaxElements bytes, which take input.MaxBytes as numbers.
func readFile(path string) ([]byte, error) {
	f, err := input.Open(path)
	if err != nil {
		return nil, err
	}

	defer f.Close()

	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		r, err = input.Gunzip(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}

	// Reading one byte more than the limit distinguishes a file that is too long from one that just
	// fits.
	b, err := io.ReadAll(io.LimitReader(r, input.MaxElements+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}

	if len(b) > input.MaxElements {
		return nil, fmt.Errorf(
			"%s: it holds more than %d numbers, the limit",
			path,
			input.MaxElements,
		)
	}

	return b, nil
}
