// Package wholefile writes files atomically, and removes temporary files left by processes that
// were killed while writing.
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

// An unfinished file is named .tmp-MACHINE-RANDOM, and its writer holds a lock on it. A lock shows
// whether the writer is alive only on the same machine, so the name includes the machine.
const (
	temporary = ".tmp-"
	// abandoned is the age at which a file counts as left behind if its writer's lock cannot be
	// seen: on another machine, or by an older release whose names lack the machine.
	abandoned = 24 * time.Hour
)

// lockable reports whether a locked file can still be written by its owner. On Windows a lock keeps
// even its holder from writing, so only age decides there.
const lockable = runtime.GOOS != "windows"

// Write writes a temporary file and renames it to path once it is on disk. Until then, and if
// anything fails, an existing file is unchanged. If path is a symbolic link, its target is
// replaced; a device or a pipe is written to directly.
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

// WriteBytes writes contents to a file as Write does.
func WriteBytes(path string, contents []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(contents)
		return err
	})
}

// targetOf resolves the links in path, which need not exist yet. isFile is false for a device, a
// pipe and the like; a folder is an error.
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
		// The file does not exist yet.
		return path, true, nil
	}

	return target, true, nil
}

// Check returns an error if Write could not write path now: path is a folder, or its parent folder
// does not exist or is not writable. It lets a long computation fail before it starts.
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

// reasonOf returns an error without the name of the temporary file, which would mean nothing to
// users.
func reasonOf(err error) error {
	var named *fs.PathError
	if errors.As(err, &named) {
		return fmt.Errorf("its folder: %w", named.Err)
	}
	return err
}

// writeInto writes to a device or a pipe, which cannot be replaced.
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

// replace writes a regular file by way of a temporary one.
func replace(path string, write func(io.Writer) error) (err error) {
	folder := filepath.Dir(path)
	// Sweep a folder only once per process, since a sweep lists the whole folder.
	_, swept := sweptFolders.LoadOrStore(folder, true)
	if !swept {
		Sweep(folder) // an error is ignored: leftover files do no harm
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

	// Sync before the rename: otherwise a crash could leave an empty file under the new name.
	if err := errors.Join(tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}

	return os.Rename(tmp.Name(), path)
}

// Link makes second a hard link to the file at path, replacing any file of that name. The two share
// their bytes until one of them is replaced. If the file system has no hard links, Link copies.
func Link(path, second string) error {
	tmp, lock, err := createLocked(filepath.Dir(second))
	if err != nil {
		return fmt.Errorf("writing %s: %w", second, reasonOf(err))
	}

	// The temporary file only reserved its name. If both names are already links to the same file,
	// rename does nothing and leaves the temporary link, so it is removed.
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

// copyWhole copies a file as Write writes it.
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

// sweptFolders holds the folders that this process has already swept.
var sweptFolders sync.Map

// createLocked creates a temporary file in folder and locks it.
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

		// Another process swept the file away before it was locked: try again.
		lock.Unlock()
		tmp.Close()
	}
}

// lockOf returns a lock on an existing file; locking does not create it.
func lockOf(path string) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_RDWR))
}

// isStillThere reports whether the open file f is still the one under its name.
func isStillThere(f *os.File) bool {
	opened, err1 := f.Stat()
	named, err2 := os.Stat(f.Name())
	return err1 == nil && err2 == nil && os.SameFile(opened, named)
}

// Sweep removes the temporary files of dead processes from a folder, which need not exist. It
// leaves those of living processes alone.
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

// sweepFile removes a temporary file unless a process may still be writing it.
func sweepFile(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}

	if err != nil {
		return err
	}

	// A lock held on another machine is not visible here, so age decides about its files.
	ours := lockable && strings.HasPrefix(filepath.Base(path), temporary+machine()+"-")
	if !ours && time.Since(info.ModTime()) < abandoned {
		return nil
	}

	lock := lockOf(path)
	locked, err := lock.TryLock()
	// The file is gone by now, or its writer is alive.
	if err != nil || !locked {
		return nil
	}

	defer lock.Unlock()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}

	return nil
}

// machine returns a short name of this machine, a hash of its host name.
func machine() string {
	name, err := os.Hostname()
	if err != nil {
		name = "?"
	}
	sum := fnv.New32a()
	io.WriteString(sum, name)
	return fmt.Sprintf("%08x", sum.Sum32())
}
