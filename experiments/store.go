package experiments

import (
	"context"
	"path/filepath"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// Local is the Store of run folders on this machine, DIR/<experiment>/<run>/.
type Local struct{ Dir string }

// Open implements Store.
func (l Local) Open(_ context.Context, run config.Run) (Workspace, error) {
	folder, err := rundir.Open(l.Folder(run).Path)
	if err != nil {
		return nil, err
	}
	return localWorkspace{folder}, nil
}

// Folder returns the folder of a run for reading; the folder need not exist.
func (l Local) Folder(run config.Run) *rundir.Folder {
	return &rundir.Folder{Path: filepath.Join(l.Dir, run.Config.Name, run.Name)}
}

// Status returns how far a run has come, without locking or creating anything. ok is false if it
// has not begun.
func (l Local) Status(run config.Run) (s rundir.Status, ok bool, err error) {
	return l.Folder(run).Status()
}

// localWorkspace is a folder in its usual place.
type localWorkspace struct{ folder *rundir.Folder }

func (w localWorkspace) Folder() *rundir.Folder {
	return w.folder
}

func (localWorkspace) Saved(context.Context) error {
	return nil
}

func (w localWorkspace) Close() error {
	return w.folder.Close()
}
