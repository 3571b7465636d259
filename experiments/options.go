package experiments

import (
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// Options are what a command line says about running, as against what is run.
type Options struct {
	// Overwrite begins every run anew, whatever an earlier process left of it.
	Overwrite bool
	// RetryFailed does runs again that failed, from where they were, or diverged, from the
	// beginning. Without it they are skipped as those that have ended.
	RetryFailed bool
	// FailFast stops all runs, saved, after the first that fails or diverges.
	FailFast bool
	// MaxFailuresInRow ends all runs, saved, when so many in a row have failed, for then the
	// machine may be at fault; 0 never does.
	MaxFailuresInRow int
	// Workers is the number of runs at a time; 0 means one per processor.
	Workers int
	// Observe is told how runs go, from several goroutines; nil for nobody.
	Observe Observer
	// Note is told before training what a user should know of the data, each thing once; nil for
	// nobody.
	Note func(text string)
}

// doesAgain says whether a run that has ended is to be done again.
func (o Options) doesAgain(s rundir.Status) bool {
	return s.FailedEarly() || o.RetryFailed && s.Unsuccessful()
}

// Observer follows runs.
type Observer interface {
	// Progress is called at the end of every epoch, and now and then in a long measurement.
	Progress(Progress)
	// Finished is called once for every run.
	Finished(Outcome)
}

// Progress is how far a run has come.
type Progress struct {
	Run           string
	Epoch, Epochs int
	// Latest are the last values recorded of the metrics without label: losses, bounds.
	Latest map[string]float64
	// Measured of ToMeasure points are done in a measurement under way; both 0 otherwise.
	Measured, ToMeasure int
}

// Outcome is what a run came to.
type Outcome struct {
	Run    config.Run
	Folder *rundir.Folder
	Status rundir.Status
	// Skipped says that the run had ended before, as Status has it.
	Skipped bool
	// Busy says that another process is working on the run; Err is then nil.
	Busy bool
	// Taken says besides that this one worked on it, until it was given to the other.
	Taken bool
	Err   error
}
