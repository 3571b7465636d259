// Package input reads files from others, which may be hostile: only regular files are opened,
// memory grows with the data that are present and never with what a header claims, and text from a
// file is made safe before a terminal shows it. It imports only internal/memory.
package input

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/liptrack/liptrack/internal/memory"
)

// MaxBytes is the maximum size of a file, and of the numbers in it as float64: 2 GiB.
const MaxBytes = 1<<31 - 1

// MaxText is the maximum size of a file that people write, or that liptrack writes about runs: a
// configuration, limits, a certificate, a status, a list of runs. It is 64 MiB.
const MaxText = 1 << 26

// MaxElements is the maximum number of numbers in a file: as float64 they fill MaxBytes.
const MaxElements = MaxBytes / 8

// Open opens a regular file for reading. Anything else is an error at once: a FIFO or a device
// would block the program until something is written to it.
func Open(path string) (*os.File, error) {
	return openBy(os.OpenFile, path)
}

// OpenIn opens a regular file within a folder for reading. Links cannot lead out of the folder.
func OpenIn(root *os.Root, path string) (*os.File, error) {
	return openBy(root.OpenFile, path)
}

// OpenToWrite opens a regular file for reading and writing, with additional flags of [os.OpenFile].
// It creates the file if they include [os.O_CREATE].
func OpenToWrite(path string, flags int) (*os.File, error) {
	open := func(path string, _ int, mode os.FileMode) (*os.File, error) {
		return os.OpenFile(path, os.O_RDWR|flags|syscall.O_NONBLOCK, mode)
	}
	return openBy(open, path)
}

func openBy(open func(string, int, os.FileMode) (*os.File, error), path string) (*os.File, error) {
	// Without O_NONBLOCK the call itself would wait for the writer of a FIFO. Regular files ignore
	// the flag.
	f, err := open(path, os.O_RDONLY|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return nil, err
	}

	info, err := f.Stat()
	if err == nil {
		err = checkRegular(f.Name(), info)
	}

	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// checkRegular returns an error if a file is a folder, a FIFO, a device or a socket.
func checkRegular(name string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return fmt.Errorf("%s is a folder, not a file", name)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file (%s)", name, info.Mode().Type())
	}
	return nil
}

// ReadFile reads a regular file of at most MaxBytes.
func ReadFile(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readWhole(f, path, MaxBytes)
}

// ReadText reads a regular file of at most MaxText.
func ReadText(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}

	defer f.Close()
	return readWhole(f, path, MaxText)
}

// ReadTextIn reads a regular file of at most MaxText within a file system. It checks that the file
// is regular before it opens it, since fs.FS has no way to open a FIFO without blocking.
func ReadTextIn(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}

	err = checkRegular(name, info)
	if err != nil {
		return nil, err
	}

	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}

	defer f.Close()
	return readWhole(f, name, MaxText)
}

// readWhole reads an open file of at most most bytes.
func readWhole(f fs.File, name string, most int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}

	// Check the size before allocating memory.
	if info.Size() > most {
		return nil, fmt.Errorf("%s: %w", name, tooLarge(most))
	}

	err = CheckMemory(info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}

	b := make([]byte, info.Size())
	n, err := io.ReadFull(f, b)
	// The file shrank in the meantime.
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}

	return b[:n], err
}

// ReadAll reads r to its end; more than MaxBytes are an error.
func ReadAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err == nil && len(b) > MaxBytes {
		err = tooLarge(MaxBytes)
	}
	return b, err
}

// tooLarge returns the error for a file that is larger than the limit.
func tooLarge(most int64) error {
	return fmt.Errorf("it holds more than the limit of %d bytes", most)
}

// Elements returns the number of elements of an array: the product of its shape, 1 for a scalar. ok
// is false if a size is negative or there are more than MaxElements.
func Elements(shape []int) (n int, ok bool) {
	n = 1
	for _, d := range shape {
		// Divide instead of multiplying, since the product of hostile sizes may overflow.
		if d < 0 || d > 0 && n > MaxElements/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// Quota counts the numbers that are read from one file. The zero Quota has counted none.
type Quota int

// checkedEach is the count of numbers after which a quota checks the available memory again: 32
// MiB.
const checkedEach = 1 << 22

// available returns the available memory; tests replace it.
var available = memory.Available

// Take counts n more numbers, which have not been read yet. It fails if the total exceeds
// MaxElements, or if memory cannot hold the numbers twice, which growing a slice needs.
func (q *Quota) Take(n int) error {
	before := *q
	*q += Quota(n)
	if *q > MaxElements {
		return fmt.Errorf("it has more than the limit of %d numbers", MaxElements)
	}

	if before/checkedEach == *q/checkedEach {
		return nil
	}

	const size = 8
	err := CheckMemory(size * max(2*int64(n), int64(*q)))
	if err != nil {
		return fmt.Errorf("it has %d numbers: %w", *q, err)
	}

	return nil
}

// CheckMemory returns an error if the given number of bytes is not available. It accepts up to 1
// MiB without checking, since the check takes longer than reading most files.
func CheckMemory(bytes int64) error {
	const few = 1 << 20
	if bytes <= few {
		return nil
	}

	left := available()
	if bytes > left {
		return fmt.Errorf("it needs %d bytes of memory, but only %d are left", bytes, left)
	}
	return nil
}
