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
	folders []string // where they may be below the user's path, in order of preference
	site    string   // where users get them
}

// locate finds each of the wanted files, given by all the names that it goes by, plain or
// with .gz, in the folders below path. The error names all that are missing.
func (s fileSet) locate(path string, wanted ...[]string) ([]string, error) {
	var folders, found, missing []string
	for _, f := range s.folders {
		folders = append(folders, filepath.Join(path, f))
	}

	// All files that are missing are named at once, so that users need not start again for each.
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

// firstExisting returns the first of the files that exists, "" if none does.
func firstExisting(folders, names []string) (string, error) {
	for _, folder := range folders {
		for _, name := range names {
			// Packed and unpacked files lie about together; the unpacked one is read faster.
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

// find returns where one of the user's own files is: in the folder of data, beside the file of the
// configuration, or in the working folder, unless its name is absolute. key is for the error.
func (o Options) find(key, name string) (string, error) {
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

	// The places may be the same, as where the configuration lies in the working folder.
	slices.Sort(places)
	places = slices.Compact(places)
	return "", fmt.Errorf(
		"data.%s: there is no %s: %w",
		key,
		strings.Join(places, ", nor "),
		fs.ErrNotExist,
	)
}

// readFile reads a file, unpacked if its name ends in .gz. Memory grows with what is there, up to
// input.MaxElements bytes, which as numbers take input.MaxBytes.
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

	// One byte more than the limit tells a file that is too long from one that just fits.
	b, err := io.ReadAll(io.LimitReader(r, input.MaxElements+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}

	if len(b) > input.MaxElements {
		return nil, fmt.Errorf(
			"%s: it holds more than the %d numbers that are read",
			path,
			input.MaxElements,
		)
	}

	return b, nil
}
