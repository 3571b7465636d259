// Package cluster does sweeps on more than one machine: it says how far the runs in a folder came,
// whoever does them, and writes what schedulers need to do them.
package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
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
	// Workers are those that came to a queue; a folder does not tell of them.
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
}

// Worker is what a queue knows of a worker.
type Worker struct {
	rundir.Worker
	// Kernels do the products of its runs.
	Kernels string `json:"kernels"`
	// Heard is when the queue heard of it last, by the clock of the queue.
	Heard   time.Time `json:"heard"`
	Running int       `json:"running"` // runs that it has
	Ended   int       `json:"ended"`   // runs that ended with it
	Failed  int       `json:"failed"`  // those of them that failed or diverged
}

// Run is a run under way.
type Run struct {
	Experiment string         `json:"experiment"`
	Run        string         `json:"run"`
	Worker     *rundir.Worker `json:"worker,omitempty"` // absent for runs of older releases
}

// Failure is a run that failed, or diverged, or cannot be read.
type Failure struct {
	Experiment string       `json:"experiment"`
	Run        string       `json:"run"`
	State      rundir.State `json:"state"`
	Error      string       `json:"error,omitempty"`
}

// Read looks at all runs below a folder. It reads no series.
func Read(dir string) (Status, error) {
	planned, err := plannedIn(dir)
	if err != nil {
		return Status{}, err
	}

	files, err := rundir.Find(dir)
	if err != nil && len(planned) == 0 {
		return Status{}, err
	}

	s := Status{States: map[rundir.State]int{}, Shards: []Shard{}, Running: []Run{}, Failures: []Failure{}}
	experiments := map[string]int{} // runs begun in each
	var seconds float64
	ended := 0
	for _, file := range files {
		folder := &rundir.Folder{Path: filepath.Dir(file)}
		status := s.addRun(folder)
		experiments[filepath.Dir(folder.Path)]++
		if status.Trained() {
			ended++
			seconds += status.TrainSeconds + status.TrackSeconds
		}
	}

	for folder := range planned {
		experiments[folder] += 0
	}

	for _, folder := range slices.Sorted(maps.Keys(experiments)) {
		if err := s.addShards(folder, experiments[folder], planned[folder]); err != nil {
			return Status{}, err
		}
	}

	s.estimate(seconds, ended)

	return s, nil
}

// addRun counts a run.
func (s *Status) addRun(folder *rundir.Folder) rundir.Status {
	experiment, run := filepath.Base(filepath.Dir(folder.Path)), filepath.Base(folder.Path)
	status, known, err := folder.Status()
	switch {
	case err != nil:
		status.State, status.Error = rundir.Damaged, err.Error()
	case !known:
		status.State = rundir.Unknown
	}

	s.States[status.State]++
	if status.State == rundir.Running {
		s.Running = append(s.Running, Run{experiment, run, status.Worker})
	}

	if status.Unsuccessful() || status.State == rundir.Damaged {
		s.Failures = append(s.Failures, Failure{experiment, run, status.State, status.Error})
	}

	return status
}

// plannedIn returns how many runs the queue has of each experiment, by folder, in a folder of one
// or of all experiments.
func plannedIn(dir string) (map[string]int, error) {
	whole := filepath.Clean(dir)
	list, known, err := rundir.ReadRunList(whole)
	of := ""
	if err == nil && !known {
		whole, of = filepath.Dir(whole), filepath.Base(whole)
		list, _, err = rundir.ReadRunList(whole)
	}

	planned := map[string]int{}
	for _, key := range list.Runs {
		if name, _, found := strings.Cut(key, "/"); found && (of == "" || of == name) {
			planned[filepath.Join(whole, name)]++
		}
	}

	return planned, err
}

// addShards adds the shards of an experiment of which so many runs have begun, and counts those
// that have not: as many as the shards, or a queue, have beyond.
func (s *Status) addShards(folder string, begun, planned int) error {
	shards, err := rundir.ReadShards(folder)
	if err != nil {
		return err
	}

	slices.SortFunc(shards, func(a, b rundir.Shard) int { return cmp.Or(a.Count-b.Count, a.Index-b.Index) })

	all := max(begun, planned)
	for _, shard := range shards {
		all = max(all, shard.All)
		s.Shards = append(s.Shards, Shard{filepath.Base(folder), shard})
	}

	s.Runs += all
	s.New += all - begun

	return nil
}

// estimate tells how long it still goes on, by the mean time of the runs that have ended.
func (s *Status) estimate(seconds float64, ended int) {
	left := s.New + s.States[rundir.Running] + s.States[rundir.Cancelled]
	if ended == 0 || left == 0 || len(s.Running) == 0 {
		return
	}
	still := seconds / float64(ended) * float64(left) / float64(len(s.Running))
	s.SecondsLeft = &still
}

// shownLines is how many failures and runs under way are printed.
const shownLines = 20

// Text prints a status for people.
func (s Status) Text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d runs", s.Runs)
	for _, state := range rundir.States {
		if n := s.States[state]; n > 0 {
			fmt.Fprintf(w, ", %d %s", n, state)
		}
	}

	if s.New > 0 {
		fmt.Fprintf(w, ", %d new", s.New)
	}

	fmt.Fprintln(w)
	if s.SecondsLeft != nil {
		still := time.Duration(*s.SecondsLeft * float64(time.Second)).Round(time.Second)
		fmt.Fprintf(w, "about %v left, with %d at a time\n", still, len(s.Running))
	}

	for _, shard := range s.Shards {
		fmt.Fprintf(w, "shard %d/%d\t%s\t%s\t", shard.Index, shard.Count, shard.Experiment, shard.State)
		fmt.Fprintf(w, "%d of %d ended\t%d failed\t%s\n", shard.Ended, shard.Runs, shard.Failed, place(shard.Worker))
	}

	for _, worker := range s.Workers {
		fmt.Fprintf(w, "worker\t%s\t%d running\t", place(&worker.Worker), worker.Running)
		fmt.Fprintf(w, "%d ended\t%d failed\theard %s\n",
			worker.Ended, worker.Failed, worker.Heard.Local().Format(time.TimeOnly))
	}

	for i, run := range s.Running {
		if i == shownLines {
			fmt.Fprintf(w, "and %d more running\n", len(s.Running)-i)
			break
		}

		fmt.Fprintf(w, "running\t%s/%s\t%s\n", run.Experiment, run.Run, place(run.Worker))
	}

	for i, f := range s.Failures {
		if i == shownLines {
			fmt.Fprintf(w, "and %d more of these\n", len(s.Failures)-i)
			break
		}

		fmt.Fprintf(w, "%s\t%s/%s\t%.200s\n", f.State, f.Experiment, f.Run, f.Error)
	}

	return w.Flush()
}

// place says who works where since when.
func place(w *rundir.Worker) string {
	if w == nil {
		return ""
	}
	return fmt.Sprintf("on %s, process %d, since %s", w.Host, w.PID, w.Since.Local().Format(time.DateTime))
}

// RetryFailed has the runs below a folder that failed or diverged done again by whoever does the
// sweep next: those that failed go on from their last checkpoint, those that diverged begin anew.
// It returns how many there are. Runs that somebody works on are left alone.
func RetryFailed(dir string) (int, error) {
	files, err := rundir.Find(dir)
	if err != nil {
		return 0, err
	}

	again := 0
	var errs []error
	for _, file := range files {
		path := filepath.Dir(file)
		status, known, err := (&rundir.Folder{Path: path}).Status()
		if err != nil || !known || !status.Unsuccessful() {
			continue
		}

		if err := retry(path, status); err != nil {
			errs = append(errs, err)
			continue
		}

		again++
	}

	return again, errors.Join(errs...)
}

// retry has a run done again.
func retry(path string, status rundir.Status) error {
	folder, err := rundir.Open(path)
	if err != nil {
		return err
	}

	defer folder.Close()

	if status.State == rundir.Diverged {
		return folder.Clear()
	}

	if _, err := os.Stat(folder.LastCheckpoint()); errors.Is(err, fs.ErrNotExist) {
		return folder.Clear()
	}

	status.State, status.Error, status.Header = rundir.Cancelled, "", nil

	return folder.SetStatus(status)
}
