package dataset

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFileBytes bounds what a file may hold once unpacked: 2 GiB.
const maxFileBytes = 1<<31 - 1

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

// firstExisting is the first of the files that exists, "" if none does.
func firstExisting(folders, names []string) (string, error) {
	for _, folder := range folders {
		for _, name := range names {
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

// readFile is the content of a file, unpacked if its name ends in .gz. Memory grows with what
// is there, up to maxFileBytes, not with what a header claims.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	b, err := readAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err == nil && len(b) > maxFileBytes {
		err = fmt.Errorf("holds more than the %d bytes that are read", maxFileBytes)
	}
	return b, err
}

// product multiplies the sizes of an array's axes; ok is false if one is negative or the
// array would have more than maxFileBytes elements.
func product(shape []int) (n int, ok bool) {
	n = 1
	for _, d := range shape {
		if d < 0 || d > 0 && n > maxFileBytes/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}
