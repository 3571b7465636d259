package queue

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// freeze writes the list of runs into the folder of all experiments. It fails if the folder has the
// list of another queue with runs that have not ended.
func freeze(dir string, runs []config.Run) error {
	var keys []string
	for _, run := range runs {
		keys = append(keys, keyOf(run))
	}

	list := rundir.NewRunList(keys)
	before, known, err := rundir.ReadRunList(os.DirFS(dir), ".")
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}

	// The same list belongs to an interrupted queue, which continues.
	if known && before.Sum == list.Sum {
		return nil
	}

	own := filepath.Join(dir, rundir.QueueFolder)
	key, left := firstLeft(dir, before.Runs)
	if left {
		return fmt.Errorf("%s has the queue of another sweep with %d runs, and its run %s has not ended: "+
			"serve that sweep to its "+
			"end, use another --dir for this one, or remove %s", dir, len(before.Runs), key, own)
	}

	// The streams of an earlier queue would offer its runs again.
	if err := os.RemoveAll(filepath.Join(own, storeFolder)); err != nil {
		return err
	}

	return list.Write(dir)
}

// firstLeft returns the first of a list of runs that has not ended.
func firstLeft(dir string, keys []string) (key string, left bool) {
	for _, key := range keys {
		status, _, err := (&rundir.Folder{Path: filepath.Join(dir, filepath.FromSlash(key))}).Status()
		if err != nil || !status.Ended() {
			return key, true
		}
	}
	return "", false
}
