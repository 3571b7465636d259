// Package input reads files that others wrote, which may be hostile: only regular files are
// opened, memory grows with what is there, never with what a header claims, and text from a
// file is made safe before a terminal shows it. It imports internal/memory alone.
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

// MaxBytes is the most that is read of a file, and the most that the numbers in it may take as
// float64: 2 GiB.
const MaxBytes = 1<<31 - 1

// MaxText is the most that is read of a file that people write, or that liptrack writes about runs:
// a configuration, limits, a certificate, a status, a list of runs. It is 64 MiB.
const MaxText = 1 << 26

// MaxElements is the most numbers that are read of a file: as float64 they fill MaxBytes.
const MaxElements = MaxBytes / 8

// Open opens a regular file for reading. Anything else under that name is an error at once: a
// FIFO or a device would hold up the program for as long as nobody writes.
func Open(path string) (*os.File, error) {
	return openBy(os.OpenFile, path)
}

// OpenIn opens a regular file within a folder, which links cannot leave.
func OpenIn(root *os.Root, path string) (*os.File, error) {
	return openBy(root.OpenFile, path)
}

// OpenToWrite opens a regular file for writing as well, with the flags of [os.OpenFile] beside
// those that say so, and makes it if they say that.
func OpenToWrite(path string, flags int) (*os.File, error) {
	open := func(path string, _ int, mode os.FileMode) (*os.File, error) {
		return os.OpenFile(path, os.O_RDWR|flags|syscall.O_NONBLOCK, mode)
	}
	return openBy(open, path)
}

func openBy(open func(string, int, os.FileMode) (*os.File, error), path string) (*os.File, error) {
	// Without O_NONBLOCK the call itself waits for the writer of a FIFO. Regular files ignore it.
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

// ReadTextIn reads a regular file of at most MaxText within a file system. It is not opened before
// it is known to be regular, since a file system cannot be told not to wait for a FIFO.
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

// readWhole reads an open file of at most so many bytes.
func readWhole(f fs.File, name string, most int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}

	// The size is known before memory is taken.
	if info.Size() > most {
		return nil, fmt.Errorf("%s: %w", name, tooLarge(most))
	}

	err = CheckMemory(info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}

	b := make([]byte, info.Size())
	n, err := io.ReadFull(f, b)
	// It shrank in the meantime.
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}

	return b[:n], err
}

// ReadAll reads to the end, at most MaxBytes.
func ReadAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err == nil && len(b) > MaxBytes {
		err = tooLarge(MaxBytes)
	}
	return b, err
}

// tooLarge returns the error of a file that holds more than is read.
func tooLarge(most int64) error {
	return fmt.Errorf("it holds more than the %d bytes that are read", most)
}

// Elements returns the number of elements of an array, the product of its shape, 1 for a scalar.
// It is not ok if an axis is negative or there are more than MaxElements.
func Elements(shape []int) (n int, ok bool) {
	n = 1
	for _, d := range shape {
		// Divided rather than multiplied, since the product of hostile sizes overflows.
		if d < 0 || d > 0 && n > MaxElements/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// Quota counts the numbers that are read of one file. The zero Quota has counted none.
type Quota int

// checkedEach is after how many numbers a quota looks again at the memory that is left: 32 MiB.
const checkedEach = 1 << 22

// available is how much memory there is; tests put others here.
var available = memory.Available

// Take counts n more. It refuses more than MaxElements in all, and numbers that memory cannot hold
// twice, as it must while they grow, before any of them is read.
func (q *Quota) Take(n int) error {
	before := *q
	*q += Quota(n)
	if *q > MaxElements {
		return fmt.Errorf("it has more than the %d numbers that are read", MaxElements)
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

// CheckMemory refuses to take so many bytes more if memory does not have them. Where there are few,
// it does not look: that takes longer than to read most files.
func CheckMemory(bytes int64) error {
	const few = 1 << 20
	if bytes <= few {
		return nil
	}

	left := available()
	if bytes > left {
		return fmt.Errorf("%d bytes of memory are wanted, and %d are left", bytes, left)
	}
	return nil
}
