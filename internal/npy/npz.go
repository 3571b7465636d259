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

// Archive is the arrays of numpy.savez. They count together towards what is read of one file.
type Archive struct {
	// Names of the arrays, in the file's order, which says nothing.
	Names []string

	members map[string]*zip.File
	file    *os.File // nil if it is not the archive's own
	quota   input.Quota
}

// OpenArchive opens an npz file. It must be closed.
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

// ParseArchive reads the list of arrays in the content of an npz file.
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
				"the archive holds %s, which is no NumPy array",
				input.Quote(f.Name),
			)
		}

		// The zip format allows two members of one name, and readers differ in which one they take.
		if a.Holds(name) {
			return nil, fmt.Errorf("the archive holds two arrays %s", input.Quote(name))
		}

		a.members[name] = f
		a.Names = append(a.Names, name)
	}

	return a, nil
}

// noArchive is the error of a file that is no zip archive.
func noArchive(r io.ReaderAt, err error) error {
	start := make([]byte, len(magic))
	_, _ = r.ReadAt(start, 0) // a shorter file has other bytes
	if string(start) == magic {
		return errors.New("it is a single array, as numpy.save writes: numpy.savez writes npz files")
	}
	return fmt.Errorf("it is no npz file, or is cut short: %w", err)
}

// Close closes the file of an archive that OpenArchive opened.
func (a *Archive) Close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}

// Holds says whether there is an array of that name.
func (a *Archive) Holds(name string) bool {
	return a.members[name] != nil
}

// Shape reads the shape of the array of a name, and none of its values.
func (a *Archive) Shape(name string) ([]int, error) {
	r, h, err := a.open(name)
	if err != nil {
		return nil, err
	}
	return h.shape, r.Close()
}

// Array reads the array of a name.
func (a *Archive) Array(name string) (*Array, error) {
	r, h, err := a.open(name)
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

// open reads the head of an array, and refuses one that is packed beyond what is unpacked.
func (a *Archive) open(name string) (io.ReadCloser, head, error) {
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
		// A few kilobytes of zeros may claim gigabytes, which no real data do.
		packed := int64(min(member.CompressedSize64, math.MaxInt64))
		err = input.CheckPacked(int64(h.count)*int64(h.decoder.Size), packed)
	}

	if err != nil {
		r.Close()
		return nil, head{}, fmt.Errorf("array %s: %w", input.Quote(name), err)
	}

	return r, h, nil
}
