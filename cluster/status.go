// Package cluster does sweeps on more than one machine: it says how far the runs in a folder came,
// whoever does them, and writes what schedulers need to do them.
package cluster

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/liptrack/liptrack/experiments/rundir"
)

// Status says how far the runs below a folder came. Its JSON form is for scripts: names do not
// change.
type Status struct {
	// Runs is the number of runs that there are to be, as far as it is known: a sweep on one
	// machine does not tell before it begins them.
	Runs   int                  `json:"runs"`
	States map[rundir.State]int `json:"states"`
	// New is the number of runs that nobody has begun.
	New    int     `json:"new"`
	Shards []Shard `json:"shards"`
	// Workers are those that came to a queue, as it knew them some seconds ago at most.
	Workers  []Worker  `json:"workers,omitempty"`
	Running  []Run     `json:"running"`
	Failures []Failure `json:"failures"`
	// SecondsLeft is about how long it goes on, if runs take as long as those that have ended and
	// as many are done at a time as now; absent where nothing tells.
	SecondsLeft *float64 `json:"seconds_left,omitempty"`
}

// Shard is how far a shard of an experiment came.
type Shard struct {
	Experiment string `json:"experiment"`
	rundir.Shard
	// LastLines are the last that it printed, where that is kept, and it stopped before its end or
	// runs of it failed.
	LastLines []string `json:"last_lines,omitempty"`
}

// Worker is what a queue knows of a worker.
type Worker struct {
	rundir.Worker
	// Kernels do the products of its runs.
	Kernels string `json:"kernels"`
	// Heard is when the queue heard of it last, by the clock of the queue.
	Heard   time.Time `json:"heard"`
	Running int       `json:"running"` // runs that it has
	// Silent workers have not been heard for so long that others may have their runs.
	Silent bool `json:"silent,omitempty"`
	Ended  int  `json:"ended"`  // runs that ended with it
	Failed int  `json:"failed"` // those of them that failed or diverged
}

// Run is a run under way.
type Run struct {
	Experiment string         `json:"experiment"`
	Run        string         `json:"run"`
	Worker     *rundir.Worker `json:"worker,omitempty"` // absent for runs of older releases
	// Folder is where it is in the file system that was read.
	Folder string `json:"-"`
}

// Failure is a run that failed, or diverged, or cannot be read.
type Failure struct {
	Experiment string       `json:"experiment"`
	Run        string       `json:"run"`
	State      rundir.State `json:"state"`
	// Epochs is how many it did before.
	Epochs int    `json:"epochs"`
	Error  string `json:"error,omitempty"`
	// LastLines are the last of its history on other machines and of its error.
	LastLines []string `json:"last_lines,omitempty"`
	// Folder is where the run is in the file system that was read.
	Folder string `json:"-"`
}

// Read looks at all runs below a folder. It reads no series.
func Read(dir string) (Status, error) {
	whole, err := filepath.Abs(dir)
	if err != nil {
		return Status{}, err
	}

	if _, err := os.Stat(whole); err != nil {
		return Status{}, err
	}

	s, err := ReadIn(os.DirFS(filepath.Dir(whole)), within(whole))
	if err == nil && s.Runs == 0 {
		err = fmt.Errorf("%s holds no run, neither itself nor in the folders in it", dir)
	}

	return s, err
}

// within returns the name that a folder has in the one around it.
func within(whole string) string {
	name := filepath.Base(whole)
	if name != string(filepath.Separator) {
		return name
	}
	return "."
}

// ReadIn is Read for a folder within a file system. A folder without runs is none yet.
func ReadIn(fsys fs.FS, folder string) (Status, error) {
	planned, workers, err := queueOf(fsys, folder)
	if err != nil {
		return Status{}, err
	}

	runs, err := rundir.RunsBelow(fsys, folder)
	if err != nil {
		return Status{}, err
	}

	s := Status{
		States:   map[rundir.State]int{},
		Shards:   []Shard{},
		Workers:  workers,
		Running:  []Run{},
		Failures: []Failure{},
	}

	experiments := map[string]int{} // runs begun in each
	var seconds float64
	ended := 0
	for _, run := range runs {
		status := s.addRun(fsys, run)
		experiments[path.Dir(run)]++
		if status.Trained() {
			ended++
			seconds += status.TrainSeconds + status.TrackSeconds
		}
	}

	// An experiment of which nothing has begun counts, too.
	for folder := range planned {
		experiments[folder] += 0
	}

	for _, folder := range slices.Sorted(maps.Keys(experiments)) {
		err := s.addShards(fsys, folder, experiments[folder], planned[folder])
		if err != nil {
			return Status{}, err
		}
	}

	s.estimate(seconds, ended)

	return s, nil
}

// Left is the number of runs that have not ended.
func (s Status) Left() int {
	return s.New + s.States[rundir.Running] + s.States[rundir.Cancelled] + s.States[rundir.Abandoned]
}

// addRun counts a run.
func (s *Status) addRun(fsys fs.FS, folder string) rundir.Status {
	experiment, run := path.Base(path.Dir(folder)), path.Base(folder)
	status, known, err := rundir.ReadStatus(fsys, folder)
	// A run is judged by its own file, and by whether its worker is still there.
	switch {
	case err != nil:
		status.State, status.Error = rundir.Damaged, err.Error()
	case !known:
		status.State = rundir.Unknown
	case s.isSilent(status.Worker) && status.State == rundir.Running:
		status.State = rundir.Abandoned
	default:
		status.State = status.Standing()
	}

	s.States[status.State]++
	if status.State == rundir.Running {
		s.Running = append(s.Running, Run{experiment, run, status.Worker, folder})
	}

	if status.Unsuccessful() || status.State == rundir.Damaged {
		s.Failures = append(s.Failures, Failure{
			Experiment: experiment,
			Run:        run,
			State:      status.State,
			Epochs:     status.Epochs,
			Error:      status.Error,
			LastLines:  lastLines(append(status.History, status.Error)...),
			Folder:     folder,
		})
	}

	return status
}

// isSilent reports whether a worker is one of the queue's that has fallen silent.
func (s *Status) isSilent(w *rundir.Worker) bool {
	return w != nil && w.Lease != "" && slices.ContainsFunc(s.Workers, func(known Worker) bool {
		return known.Silent && known.Host == w.Host && known.PID == w.PID
	})
}

// queueOf returns how many runs the queue has of each experiment, by folder, and its workers, for a
// folder of one or of all experiments.
func queueOf(fsys fs.FS, folder string) (planned map[string]int, workers []Worker, err error) {
	whole, experiment := folder, ""
	list, known, err := rundir.ReadRunList(fsys, whole)
	if err == nil && !known && folder != "." {
		whole, experiment = path.Split(folder)
		whole = path.Clean(whole)
		list, known, err = rundir.ReadRunList(fsys, whole)
	}

	planned = map[string]int{}
	if err != nil || !known {
		return planned, nil, err
	}

	for _, key := range list.Runs {
		name, _, found := strings.Cut(key, "/")
		if found && (experiment == "" || experiment == name) {
			planned[path.Join(whole, name)]++
		}
	}

	if len(planned) > 0 {
		workers, err = readWorkers(fsys, whole)
	}

	return planned, workers, err
}

// addShards adds the shards of an experiment of which so many runs have begun, and counts those
// that have not: as many as the shards, or a queue, have beyond.
func (s *Status) addShards(fsys fs.FS, folder string, begun, planned int) error {
	shards, err := rundir.ReadShards(fsys, folder)
	if err != nil {
		return err
	}

	printed := map[int]string{}
	if len(shards) > 0 {
		printed = printedBy(fsys, folder)
	}

	slices.SortFunc(shards, func(a, b rundir.Shard) int {
		return cmp.Or(a.Count-b.Count, a.Index-b.Index)
	})

	// Each of the three knows of runs that the others may not have seen yet.
	all := max(begun, planned)
	for _, shard := range shards {
		all = max(all, shard.All)
		if shard.State == rundir.Running && shard.Worker.IsGone() {
			shard.State = rundir.Abandoned
		}

		is := Shard{Experiment: path.Base(folder), Shard: shard}
		if shard.Failed > 0 || shard.State != rundir.Running && shard.Ended < shard.Runs {
			is.LastLines = lastLines(endOf(fsys, printed[shard.Index]))
		}

		s.Shards = append(s.Shards, is)
	}

	s.Runs += all
	s.New += all - begun

	return nil
}

// estimate tells how long it still goes on, by the mean time of the runs that have ended.
func (s *Status) estimate(seconds float64, ended int) {
	if ended == 0 || s.Left() == 0 || len(s.Running) == 0 {
		return
	}
	still := seconds / float64(ended) * float64(s.Left()) / float64(len(s.Running))
	s.SecondsLeft = &still
}
