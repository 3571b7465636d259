package queue

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/tracker/series"
)

// folders is a shelf of run folders on this machine, like those of "liptrack sweep". Folders of
// lent runs are locked against other processes.
type folders struct {
	store experiments.Local

	mu     sync.Mutex
	locked map[string]*rundir.Folder // by key
}

func newFolders(dir string) *folders {
	return &folders{store: experiments.Local{Dir: dir}, locked: map[string]*rundir.Folder{}}
}

// standing implements shelf.
func (f *folders) standing(run config.Run) (st standing, err error) {
	folder := f.store.Folder(run)
	status, begun, err := folder.Status()
	if err != nil || !begun {
		return st, err
	}

	if hash := run.ID; status.ConfigHash != hash {
		return st, fmt.Errorf("run folder %s holds a run of another configuration (hash %s, not %s)",
			folder.Path, status.ConfigHash, hash)
	}

	st.ended = status.Ended()
	if st.ended {
		return st, folder.CheckSeries(status)
	}

	if status.State == rundir.Running && status.Worker != nil {
		st.lease = status.Worker.Lease
	}

	return st, nil
}

// progress implements shelf.
func (f *folders) progress(run config.Run) (kernels string, epochs int, err error) {
	folder := f.store.Folder(run)
	epochs, length, err := experiments.CheckpointPlace(folder.LastCheckpoint())
	if errors.Is(err, fs.ErrNotExist) {
		return "", 0, nil
	}

	if err != nil {
		return "", 0, err
	}

	file, err := input.Open(folder.Series())
	if err != nil {
		return "", 0, fmt.Errorf("series of the run: %w", err)
	}

	defer file.Close()

	// Only the first line, the header, is read, because a series may be long.
	line, err := input.ReadLine(bufio.NewReader(file))
	if errors.Is(err, io.EOF) {
		err = series.ErrNoHeader
	}

	if err != nil {
		return "", 0, fmt.Errorf("the series of the run, %s: %w", folder.Series(), err)
	}

	info, err := file.Stat()
	if err == nil && info.Size() < length {
		err = fmt.Errorf("it has %d bytes, but the last checkpoint belongs to a series of %d bytes",
			info.Size(), length)
	}

	if err != nil {
		return "", 0, fmt.Errorf("the series of the run, %s: %w", folder.Series(), err)
	}

	t, err := series.Read(bytes.NewReader(line))
	if err != nil {
		return "", 0, fmt.Errorf("the series of the run, %s: %w", folder.Series(), err)
	}

	return t.Header.BLAS, epochs, nil
}

// lock locks a run's folder for this process. It may already be locked.
func (f *folders) lock(run config.Run) (*rundir.Folder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if folder := f.locked[keyOf(run)]; folder != nil {
		return folder, nil
	}

	folder, err := rundir.Open(f.store.Folder(run).Path)
	if err != nil {
		return nil, err
	}

	f.locked[keyOf(run)] = folder

	return folder, nil
}

// unlock releases a run's folder for other processes.
func (f *folders) unlock(run config.Run) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	folder := f.locked[keyOf(run)]
	if folder == nil {
		return nil
	}
	delete(f.locked, keyOf(run))
	return folder.Close()
}

// lend implements shelf.
func (f *folders) lend(run config.Run, to rundir.Worker, anew bool, note string) ([]byte, error) {
	folder, err := f.lock(run)
	if err != nil {
		return nil, err
	}

	status, _, err := folder.Status()
	if err != nil {
		return nil, err
	}

	// Without a checkpoint the run cannot resume, regardless of its series.
	_, err = os.Stat(folder.LastCheckpoint())
	anew = anew || errors.Is(err, fs.ErrNotExist)
	if anew {
		if err := folder.Clear(); err != nil {
			return nil, err
		}
	}

	status.State, status.ConfigHash, status.Error, status.Header = rundir.Running, run.ID, "", nil
	status.Changed = run.Changed
	status.Worker = &to
	status.SeriesBytes = 0
	status.History = withNote(status.History, note)
	if err := folder.SetStatus(status); err != nil || anew {
		return nil, err
	}

	return f.bundleOf(folder)
}

// withNote appends a note with the present time to the history of a run. An empty note adds
// nothing.
func withNote(history []string, note string) []string {
	if note == "" {
		return history
	}
	return append(history, time.Now().UTC().Format(time.RFC3339)+" "+note)
}

// bundleOf packs the last checkpoint of a run and the files that the checkpoint vouches for.
func (f *folders) bundleOf(folder *rundir.Folder) ([]byte, error) {
	_, length, err := experiments.CheckpointPlace(folder.LastCheckpoint())
	if err != nil {
		return nil, err
	}

	var b bundle
	err = b.appendFirst(folder.Path, rundir.SeriesFile, length)
	for _, name := range append([]string{rundir.TimingFile, lastName, rundir.StatusFile}, initial...) {
		err = errors.Join(err, b.appendWhole(folder.Path, name))
	}

	if err != nil {
		return nil, err
	}

	return b.pack()
}

// add implements shelf.
func (f *folders) add(run config.Run, data []byte, durable bool) error {
	b, err := unpackBundle(data)
	if err != nil {
		return fmt.Errorf("%w: %w", errGap, err)
	}

	folder, err := f.lock(run) // it is already locked, except after a restart of the server
	if err != nil {
		return err
	}

	return b.store(folder, durable)
}

// end implements shelf.
func (f *folders) end(run config.Run, status rundir.Status) error {
	folder, err := f.lock(run)
	if err != nil {
		return err
	}

	if err := folder.CheckSeries(status); err != nil {
		return fmt.Errorf("%w: %w", errGap, err)
	}

	return f.letGo(run, folder, func(is *rundir.Status) {
		// The worker does not know the earlier history of the run.
		history := is.History
		*is = status
		is.ConfigHash, is.Worker, is.History = run.ID, nil, history
	})
}

// giveBack implements shelf.
func (f *folders) giveBack(run config.Run, note string) error {
	folder, err := f.lock(run)
	if err != nil {
		return err
	}

	return f.letGo(run, folder, func(is *rundir.Status) {
		is.State, is.Worker = rundir.Cancelled, nil
		is.History = withNote(is.History, note)
	})
}

// letGo changes the status of a run that no longer has a worker, and unlocks its folder.
func (f *folders) letGo(run config.Run, folder *rundir.Folder, change func(*rundir.Status)) error {
	status, _, err := folder.Status()
	if err != nil {
		return err
	}

	change(&status)
	if err := folder.SetStatus(status); err != nil {
		return err
	}

	return f.unlock(run)
}

// close unlocks all folders.
func (f *folders) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for key, folder := range f.locked {
		errs = append(errs, folder.Close())
		delete(f.locked, key)
	}
	return errors.Join(errs...)
}
