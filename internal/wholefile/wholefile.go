// Package wholefile writes files that are there whole or not at all, and removes what processes
// left that were killed while they wrote.
package wholefile

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// A file that is not yet whole is called .tmp-MACHINE-RANDOM, and its writer has it locked. A lock
// tells the dead from the living on one machine only, so the name says on which one that is.
const (
	temporary = ".tmp-"
	// abandoned is the age at which a file of another machine, or of an older release whose names
	// tell no machine, is taken for left behind.
	abandoned = 24 * time.Hour
)

// lockable says that locks are told apart from the files that they are on. On Windows a lock keeps
// its own holder from writing, so that age alone decides there.
const lockable = runtime.GOOS != "windows"

// Write writes a file under another name and renames it into place once it is on disk. The file
// that was there stays as it is until then, and for good if anything fails. A link stays one, and
// its file is replaced; what is no file, such as a device or a pipe, is written to.
func Write(path string, write func(io.Writer) error) error {
	target, isFile, err := targetOf(path)
	switch {
	case err != nil:
		return err
	case !isFile:
		return writeInto(path, write)
	}

	return replace(target, write)
}

// WriteBytes writes a file of these contents as Write does.
func WriteBytes(path string, contents []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(contents)
		return err
	})
}

// targetOf returns the file that is written for a path, which need not be there yet; isFile is
// false for a device, a pipe and the like.
func targetOf(path string) (target string, isFile bool, err error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return "", false, fmt.Errorf("writing %s: it is a folder, want a file", path)
	case err == nil && !info.Mode().IsRegular():
		return "", false, nil
	}

	// A rename onto a link would replace the link.
	target, err = filepath.EvalSymlinks(path)
	if err != nil {
		// Of a file that is yet to be.
		return path, true, nil
	}

	return target, true, nil
}

// Check returns an error if Write could not write a file now: its name is that of a folder, or its
// own folder is not there or takes no files. What is long in the making is checked for first.
func Check(path string) error {
	target, isFile, err := targetOf(path)
	if err != nil || !isFile {
		return err
	}

	trial, lock, err := createLocked(filepath.Dir(target))
	if err != nil {
		return fmt.Errorf("writing %s: %w", target, reasonOf(err))
	}

	defer lock.Unlock()
	return errors.Join(trial.Close(), os.Remove(trial.Name()))
}

// reasonOf returns what an error says of a temporary file, whose name nobody knows.
func reasonOf(err error) error {
	var named *fs.PathError
	if errors.As(err, &named) {
		return fmt.Errorf("its folder: %w", named.Err)
	}
	return err
}

// writeInto writes to what is no file and cannot be replaced.
func writeInto(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// replace writes a file whole or not at all.
func replace(path string, write func(io.Writer) error) (err error) {
	folder := filepath.Dir(path)
	// Once for each folder and process: a sweep reads the whole folder.
	_, swept := sweptFolders.LoadOrStore(folder, true)
	if !swept {
		Sweep(folder) // what is left behind does no harm: the file itself matters
	}

	tmp, lock, err := createLocked(folder)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, reasonOf(err))
	}

	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
			err = fmt.Errorf("writing %s: %w", path, err)
		}

		lock.Unlock()
	}()

	if err := write(tmp); err != nil {
		return err
	}

	// Synced before the rename, or a crash could leave the new name on an empty file.
	if err := errors.Join(tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}

	return os.Rename(tmp.Name(), path)
}

// Link gives a whole file a second name in place of what had it; the two share their bytes until
// one of them is written anew. Where a disk has no links, it copies.
func Link(path, second string) error {
	tmp, lock, err := createLocked(filepath.Dir(second))
	if err != nil {
		return fmt.Errorf("writing %s: %w", second, reasonOf(err))
	}

	// The file itself made sure that nobody else has its name. A rename leaves that behind if the
	// two names have the same bytes already.
	defer lock.Unlock()
	defer os.Remove(tmp.Name())
	err = errors.Join(tmp.Close(), os.Remove(tmp.Name()))
	if err == nil {
		err = os.Link(path, tmp.Name())
	}

	if err == nil {
		err = os.Rename(tmp.Name(), second)
	}

	if err != nil {
		return copyWhole(path, second)
	}

	return nil
}

// copyWhole writes the bytes of a file under another name.
func copyWhole(from, to string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}

	defer file.Close()

	return Write(to, func(w io.Writer) error {
		_, err := io.Copy(w, file)
		return err
	})
}

// sweptFolders are those that this process has swept before it wrote there.
var sweptFolders sync.Map

// createLocked makes a temporary file and locks it.
func createLocked(folder string) (*os.File, *flock.Flock, error) {
	for {
		tmp, err := os.CreateTemp(folder, temporary+machine()+"-*")
		if err != nil {
			return nil, nil, err
		}

		lock := lockOf(tmp.Name())
		if !lockable {
			return tmp, lock, nil
		}

		locked, err := lock.TryLock()
		if locked && isStillThere(tmp) {
			return tmp, lock, nil
		}

		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			os.Remove(tmp.Name())
			tmp.Close()
			return nil, nil, err
		}

		// Somebody swept the file away before it was locked.
		lock.Unlock()
		tmp.Close()
	}
}

// lockOf returns a lock on a file that is there: it makes none.
func lockOf(path string) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_RDWR))
}

// isStillThere reports whether a file is still what its name leads to.
func isStillThere(f *os.File) bool {
	opened, err1 := f.Stat()
	named, err2 := os.Stat(f.Name())
	return err1 == nil && err2 == nil && os.SameFile(opened, named)
}

// Sweep removes from a folder, which need not exist, the temporary files of processes that are no
// more. It leaves those of living ones alone.
func Sweep(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}

	if err != nil {
		return fmt.Errorf("sweeping: %w", err)
	}

	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), temporary) || !e.Type().IsRegular() {
			continue
		}

		err := sweepFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return fmt.Errorf("sweeping: %w", err)
		}
	}

	return nil
}

// sweepFile removes a temporary file unless somebody may be writing it.
func sweepFile(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}

	if err != nil {
		return err
	}

	// A lock of another machine does not show here, so age decides about its files.
	ours := lockable && strings.HasPrefix(filepath.Base(path), temporary+machine()+"-")
	if !ours && time.Since(info.ModTime()) < abandoned {
		return nil
	}

	lock := lockOf(path)
	locked, err := lock.TryLock()
	// It is gone by now, or its writer lives.
	if err != nil || !locked {
		return nil
	}

	defer lock.Unlock()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}

	return nil
}

// machine names this machine in the name of a file.
func machine() string {
	name, err := os.Hostname()
	if err != nil {
		name = "?"
	}
	sum := fnv.New32a()
	io.WriteString(sum, name)
	return fmt.Sprintf("%08x", sum.Sum32())
}
