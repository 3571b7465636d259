package experiments

import (
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// Options describe how runs are done, as opposed to which runs.
type Options struct {
	// Overwrite begins every run anew, regardless of earlier results.
	Overwrite bool
	// RetryFailed repeats runs that failed, from where they stopped, and runs that diverged, from
	// the beginning. Without it, such runs are skipped like all others that have ended.
	RetryFailed bool
	// FailFast stops and saves all runs after the first one that fails or diverges.
	FailFast bool
	// MaxFailuresInRow stops and saves all runs after this many consecutive failures, since the
	// machine may be at fault; 0 means no limit.
	MaxFailuresInRow int
	// Workers is the number of concurrent runs; 0 means one per processor.
	Workers int
	// Observe follows the runs, from several goroutines; nil for nobody.
	Observe Observer
	// Note is called before training with messages about the data, each once; nil for nobody.
	Note func(text string)
}

// doesAgain reports whether a run that has ended is to be repeated.
func (o Options) doesAgain(s rundir.Status) bool {
	return s.FailedEarly() || o.RetryFailed && s.Unsuccessful()
}

// Observer follows runs.
type Observer interface {
	// Progress is called at the end of every epoch, and from time to time during a long
	// measurement.
	Progress(Progress)
	// Finished is called once for every run.
	Finished(Outcome)
}

// Progress describes how far a run has come.
type Progress struct {
	Run           string
	Epoch, Epochs int
	// Latest are the last recorded values of the metrics without a label: losses, bounds.
	Latest map[string]float64
	// Measured of ToMeasure points are done in the current measurement; both are 0 otherwise.
	Measured, ToMeasure int
}

// Outcome is the result of a run.
type Outcome struct {
	Run    config.Run
	Folder *rundir.Folder
	Status rundir.Status
	// Skipped means that the run had already ended, with the given Status.
	Skipped bool
	// Busy means that another process is working on the run; Err is then nil.
	Busy bool
	// Taken means that this process worked on a busy run until it was given to the other process.
	Taken bool
	Err   error
}
