package queue

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/liptrack/liptrack/experiments/rundir"
)

// growth is the interval at which new measurements are sent, so that users of the server see them
// arrive.
const growth = 2 * time.Second

// workspace is the folder of a run on this machine. It sends new data in the folder to the server.
type workspace struct {
	worker *Worker
	loan   *loan
	folder *rundir.Folder

	stop    chan struct{}
	stopped sync.WaitGroup

	mu   sync.Mutex
	sent map[string]int64 // number of bytes of each file that the server has
}

func newWorkspace(w *Worker, l *loan, folder *rundir.Folder) *workspace {
	s := &workspace{
		worker: w,
		loan:   l,
		folder: folder,
		stop:   make(chan struct{}),
		sent:   map[string]int64{},
	}
	// The files that exist now came from the server.
	for _, name := range growing {
		info, err := os.Stat(filepath.Join(folder.Path, name))
		if err == nil {
			s.sent[name] = info.Size()
		}
	}

	s.stopped.Go(s.followFolder)

	return s
}

// Folder implements experiments.Workspace.
func (s *workspace) Folder() *rundir.Folder {
	return s.folder
}

// followFolder regularly sends new data until the workspace is closed. If sending fails, the data
// are sent with the next save.
func (s *workspace) followFolder() {
	ticks := time.NewTicker(growth)
	defer ticks.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ticks.C:
		}

		ctx, cancel := context.WithTimeout(s.worker.ctx, growth)
		s.send(ctx, false, s.worker.tryOnce)
		cancel()
	}
}

// Saved implements experiments.Workspace. It returns nil once the server has all files durably.
func (s *workspace) Saved(ctx context.Context) error {
	return s.send(context.WithoutCancel(ctx), true, s.worker.persist)
}

// Close implements experiments.Workspace.
func (s *workspace) Close() error {
	close(s.stop)
	s.stopped.Wait()
	err := s.send(context.WithoutCancel(s.worker.ctx), false, s.worker.persist)
	return errors.Join(err, s.folder.Close())
}

// send sends new data to the server: the growth of series and timing and, if whole, also
// checkpoints and the configuration, so that others can resume from there.
func (s *workspace) send(ctx context.Context, whole bool, try func(context.Context, func() error) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.news(whole)
	if err != nil || len(b.Pieces) == 0 {
		return err
	}

	data, err := b.pack()
	if err != nil {
		return err
	}

	// By its number the server recognises a save that is repeated after a lost acknowledgement.
	v := save{
		Run:     s.loan.key,
		Lease:   s.loan.lease,
		Number:  s.loan.numberSave(),
		Durable: whole,
	}
	err = try(ctx, func() error {
		if err := s.loan.isLost(); err != nil {
			return err
		}
		return s.worker.line.send(ctx, v, data)
	})
	if err != nil {
		return err
	}

	s.loan.saved.Store(int64(v.Number))
	for _, p := range b.Pieces {
		s.sent[p.Name] = p.Offset + int64(len(p.Data))
	}

	return nil
}

// news returns the data that the server does not have yet.
func (s *workspace) news(whole bool) (bundle, error) {
	var b bundle
	for _, name := range growing {
		err := b.appendGrown(s.folder.Path, name, s.sent[name])
		if err != nil {
			return b, err
		}
	}

	if !whole {
		return b, nil
	}

	names := slices.Clone(initial)
	kept, err := os.ReadDir(filepath.Join(s.folder.Path, path.Dir(lastName)))
	if err != nil {
		return b, err
	}

	for _, e := range kept {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, path.Join(path.Dir(lastName), e.Name()))
		}
	}

	for _, name := range names {
		_, before := s.sent[name]
		if before && name != lastName {
			continue
		}

		err := b.appendWhole(s.folder.Path, name)
		if err != nil {
			return b, err
		}
	}

	return b, nil
}
