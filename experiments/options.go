package experiments

import "liptrack/experiments/config"

// Options are what a command line says about running, as against what is run.
type Options struct {
	// Dir is the folder of all experiments; default "runs".
	Dir string
	// Resume continues runs that were interrupted; Overwrite begins them anew. Without either a
	// run that has begun and not ended is an error; one that has ended is left as it is.
	Resume, Overwrite bool
	// Workers is the number of runs at a time; 0 means one per processor.
	Workers int
	// Observe is told how runs go, from several goroutines; nil for nobody.
	Observe Observer
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
	Folder *Folder
	Status Status
	// Skipped says that the run had ended before.
	Skipped bool
	Err     error
}
