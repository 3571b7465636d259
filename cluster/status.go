// Package cluster supports sweeps on several machines: it reports the progress of the runs in a
// folder, regardless of which process does them, and writes scripts for schedulers.
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

// Status is the progress of the runs below a folder. Scripts read it as JSON, so its field names
// never change.
type Status struct {
	// Runs is the number of planned runs, as far as it is known. A sweep on one machine does not
	// record its runs before they begin.
	Runs   int                  `json:"runs"`
	States map[rundir.State]int `json:"states"`
	// New is the number of runs that have not begun.
	New    int     `json:"new"`
	Shards []Shard `json:"shards"`
	// Workers are the workers of a queue, as recorded at most a few seconds ago.
	Workers  []Worker  `json:"workers,omitempty"`
	Running  []Run     `json:"running"`
	Failures []Failure `json:"failures"`
	// SecondsLeft estimates the remaining time. It assumes that runs take as long as those that
	// have ended, and that as many run at a time as now. It is nil if there is no basis for an
	// estimate.
	SecondsLeft *float64 `json:"seconds_left,omitempty"`
}

// Shard is the progress of one shard of an experiment.
type Shard struct {
	Experiment string `json:"experiment"`
	rundir.Shard
	// LastLines are the last lines of the shard's output, if it is kept and the shard stopped early
	// or had failed runs.
	LastLines []string `json:"last_lines,omitempty"`
}

// Worker is a worker as a queue knows it.
type Worker struct {
	rundir.Worker
	// Kernels names the kernels that compute its matrix products.
	Kernels string `json:"kernels"`
	// Heard is when the queue last heard from the worker, by the queue's clock.
	Heard   time.Time `json:"heard"`
	Running int       `json:"running"` // number of its runs in progress
	// Silent is true if the worker has not been heard from for so long that its runs may be lent to
	// others.
	Silent bool `json:"silent,omitempty"`
	Ended  int  `json:"ended"`  // number of its runs that ended
	Failed int  `json:"failed"` // number of these that failed or diverged
}

// Run is a run in progress.
type Run struct {
	Experiment string         `json:"experiment"`
	Run        string         `json:"run"`
	Worker     *rundir.Worker `json:"worker,omitempty"` // nil for runs of older releases
	// Folder is the path of the run within the file system that was read.
	Folder string `json:"-"`
}

// Failure is a run that failed, diverged or cannot be read.
type Failure struct {
	Experiment string       `json:"experiment"`
	Run        string       `json:"run"`
	State      rundir.State `json:"state"`
	// Epochs is the number of epochs done before the failure.
	Epochs int    `json:"epochs"`
	Error  string `json:"error,omitempty"`
	// LastLines are the last lines of the run's history on other machines and of its error.
	LastLines []string `json:"last_lines,omitempty"`
	// Folder is the path of the run within the file system that was read.
	Folder string `json:"-"`
}

// Read returns the status of all runs below a folder, without reading their series. It fails if
// there are none.
func Read(dir string) (Status, error) {
	whole, err := filepath.Abs(dir)
	if err != nil {
		return Status{}, err
	}

	if _, err := os.Stat(whole); err != nil {
		return Status{}, err
	}

	s, err := ReadIn(os.DirFS(filepath.Dir(whole)), innerName(whole))
	if err == nil && s.Runs == 0 {
		err = fmt.Errorf("%s contains no run, and neither do its subfolders", dir)
	}

	return s, err
}

// innerName returns the name of a folder within its parent, "." for the root.
func innerName(whole string) string {
	name := filepath.Base(whole)
	if name != string(filepath.Separator) {
		return name
	}
	return "."
}

// ReadIn is like Read for a folder within a file system, but a folder without runs is not an error.
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

	experiments := map[string]int{} // number of runs begun, by experiment
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

	// Experiments in which no run has begun count as well.
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

// Left returns the number of runs that have not ended.
func (s Status) Left() int {
	return s.New + s.States[rundir.Running] + s.States[rundir.Cancelled] + s.States[rundir.Abandoned]
}

// addRun adds a run to the status.
func (s *Status) addRun(fsys fs.FS, folder string) rundir.Status {
	experiment, run := path.Base(path.Dir(folder)), path.Base(folder)
	status, known, err := rundir.ReadStatus(fsys, folder)
	// The state follows from the run's own file and from whether its worker is still alive.
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

// isSilent reports whether a worker belongs to the queue and has fallen silent.
func (s *Status) isSilent(w *rundir.Worker) bool {
	return w != nil && w.Lease != "" && slices.ContainsFunc(s.Workers, func(known Worker) bool {
		return known.Silent && known.Host == w.Host && known.PID == w.PID
	})
}

// queueOf returns the number of queued runs by the folder of their experiment, and the workers of
// the queue. The folder may be that of one experiment or of all.
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

// addShards adds the shards of an experiment, and counts its runs that have not begun: the shards,
// or a queue, may know of more runs than have begun.
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

	// Each of the three sources may know of runs that the others have not seen yet.
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

// estimate sets SecondsLeft from the mean time of the runs that have ended.
func (s *Status) estimate(seconds float64, ended int) {
	if ended == 0 || s.Left() == 0 || len(s.Running) == 0 {
		return
	}
	still := seconds / float64(ended) * float64(s.Left()) / float64(len(s.Running))
	s.SecondsLeft = &still
}
