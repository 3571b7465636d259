package npy

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
)

// Archive is an npz file, as numpy.savez writes it. All its arrays count towards one quota.
type Archive struct {
	// Names holds the names of the arrays in the order of the file, which carries no meaning.
	Names []string

	members map[string]*zip.File
	file    *os.File // the file that Close closes; nil if there is none
	quota   input.Quota
}

// OpenArchive opens an npz file. The caller must close the archive.
func OpenArchive(path string) (*Archive, error) {
	f, err := input.Open(path)
	if err != nil {
		return nil, err
	}
	a, err := newArchiveOf(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	a.file = f
	return a, nil
}

func newArchiveOf(f *os.File) (*Archive, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return newArchive(f, info.Size())
}

// ParseArchive opens an archive from the bytes of an npz file.
func ParseArchive(
	b []byte,
) (*Archive, error) {
	return newArchive(bytes.NewReader(b), int64(len(b)))
}

func newArchive(r io.ReaderAt, size int64) (*Archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, noArchive(r, err)
	}

	a := &Archive{members: map[string]*zip.File{}}
	for _, f := range z.File {
		name, isArray := strings.CutSuffix(f.Name, ".npy")
		if !isArray {
			return nil, fmt.Errorf(
				"the archive holds %s, which is not a NumPy array",
				input.Quote(f.Name),
			)
		}

		// The zip format allows two members with the same name, and readers differ in which they
		// use.
		if a.Holds(name) {
			return nil, fmt.Errorf("the archive holds two arrays named %s", input.Quote(name))
		}

		a.members[name] = f
		a.Names = append(a.Names, name)
	}

	return a, nil
}

// noArchive returns the error for a file that is not a zip archive.
func noArchive(r io.ReaderAt, err error) error {
	start := make([]byte, len(magic))
	_, _ = r.ReadAt(start, 0) // after an error, start does not equal magic
	if string(start) == magic {
		return errors.New("it is a single array, written by numpy.save: npz files are written by numpy.savez")
	}
	return fmt.Errorf("it is not an npz file, or it is cut short: %w", err)
}

// Close closes the archive's file. It does nothing for an archive that was not opened by
// OpenArchive.
func (a *Archive) Close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}

// Holds reports whether the archive has an array of that name.
func (a *Archive) Holds(name string) bool {
	return a.members[name] != nil
}

// Shape returns the shape of the array with a name, without reading its values.
func (a *Archive) Shape(name string) ([]int, error) {
	r, h, err := a.openMember(name)
	if err != nil {
		return nil, err
	}
	return h.shape, r.Close()
}

// Array reads the array with a name.
func (a *Archive) Array(name string) (*Array, error) {
	r, h, err := a.openMember(name)
	if err != nil {
		return nil, err
	}

	defer r.Close()

	array, err := h.readValues(r, &a.quota)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", input.Quote(name), err)
	}

	return array, nil
}

// openMember opens an array and reads its head. It refuses an array whose compression ratio is too
// high.
func (a *Archive) openMember(name string) (io.ReadCloser, head, error) {
	if len(a.Names) == 0 {
		return nil, head{}, errors.New("it holds no arrays at all")
	}

	if !a.Holds(name) {
		names := slices.Sorted(slices.Values(a.Names))
		return nil, head{}, fmt.Errorf(
			"there is no array %s, only %s",
			input.Quote(name),
			input.QuoteNames(names),
		)
	}

	member := a.members[name]
	const encrypted = 1 << 0 // of the zip format's general purpose flags
	if member.Flags&encrypted != 0 {
		return nil, head{}, fmt.Errorf("array %s is encrypted", input.Quote(name))
	}

	r, err := member.Open()
	if err != nil {
		return nil, head{}, fmt.Errorf("array %s: %w", input.Quote(name), err)
	}

	h, err := readHead(r)
	if err == nil {
		// A few kilobytes of compressed zeros may claim gigabytes; real data never do.
		packed := int64(min(member.CompressedSize64, math.MaxInt64))
		err = input.CheckPacked(int64(h.count)*int64(h.decoder.Size), packed)
	}

	if err != nil {
		r.Close()
		return nil, head{}, fmt.Errorf("array %s: %w", input.Quote(name), err)
	}

	return r, h, nil
}
