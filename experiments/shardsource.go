package experiments

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// ListHash identifies a list of runs, including their order.
func ListHash(runs []config.Run) string {
	sum := sha256.New()
	for _, run := range runs {
		fmt.Fprintln(sum, run.Name)
	}
	return sumText(sum)[:12]
}

// ShardSource is the Source of the runs of a shard. It maintains a file that records the shard's
// progress.
type ShardSource struct {
	runs       Source
	experiment string // its folder

	mu     sync.Mutex
	record rundir.Shard
	due    *time.Timer // writes the record soon; nil if the file is up to date
	err    error       // the first error of writing it
}

// betweenRecords is the maximum age of the file: a run may take less time than writing it.
const betweenRecords = 500 * time.Millisecond

// NewShardSource begins a shard of an experiment whose folder is in dir. It returns an error if
// that folder has shards of another sweep.
func NewShardSource(dir string, s Shard, all []config.Run) (*ShardSource, error) {
	part := s.Of(all)
	source := &ShardSource{
		runs:       List(part),
		experiment: filepath.Join(dir, all[0].Config.Name),
		record: rundir.Shard{
			Index:  s.Index,
			Count:  s.Count,
			List:   ListHash(all),
			All:    len(all),
			Runs:   len(part),
			State:  rundir.Running,
			Worker: rundir.ThisWorker(time.Now()),
		},
	}

	// Reports would mix in the shards of another sweep in the same folder.
	err := rundir.CheckShard(source.experiment, source.record)
	if err != nil {
		return nil, err
	}
	return source, source.record.Write(source.experiment)
}

// Next implements Source.
func (s *ShardSource) Next(ctx context.Context) (run config.Run, ok bool, err error) {
	return s.runs.Next(ctx)
}

// Done implements Source.
func (s *ShardSource) Done(out Outcome) {
	// A busy run is counted by the process that holds it.
	if out.Busy || !out.Status.Ended() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record.Ended++
	if out.Err != nil || out.Status.Unsuccessful() {
		s.record.Failed++
	}

	if s.due == nil {
		s.due = time.AfterFunc(betweenRecords, s.writeDue)
	}
}

// writeDue replaces the file unless that has been done in the meantime.
func (s *ShardSource) writeDue() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.due != nil {
		s.due = nil
		s.writeState()
	}
}

// writeState replaces the file. The caller holds the lock.
func (s *ShardSource) writeState() {
	// A sweep need not end because its progress cannot be written; Close returns the first error.
	err := s.record.Write(s.experiment)
	s.err = cmp.Or(s.err, err)
}

// Close records that no process works on the shard any more.
func (s *ShardSource) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.due != nil {
		s.due.Stop()
		s.due = nil
	}

	s.record.State = rundir.Cancelled
	if s.record.Ended == s.record.Runs {
		s.record.State = rundir.Completed
	}
	s.writeState()
	if s.err != nil {
		return fmt.Errorf("shard: %w", s.err)
	}
	return nil
}

// Gather returns the outcomes of runs that have already ended, in this or another process. ok is
// false unless all have ended.
func Gather(store Local, runs []config.Run) (outcomes []Outcome, ok bool, err error) {
	for _, run := range runs {
		folder := store.Folder(run)
		status, begun, err := folder.Status()
		if err != nil {
			return nil, false, err
		}
		// A single missing run would make the comparison wrong, so no outcomes are returned.
		if !begun || !status.Ended() {
			return nil, false, nil
		}
		outcomes = append(
			outcomes,
			Outcome{
				Run:     run,
				Folder:  folder,
				Status:  status,
				Skipped: true,
			},
		)
	}

	return outcomes, true, nil
}
