package experiments

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/trainer"
)

// recorder is the hook that measures an epoch and writes it down.
type recorder struct {
	file    *os.File // series.jsonl
	writer  *series.Writer
	timing  *os.File
	tracker *tracker.Tracker
	known   trainerMetrics
	latest  map[string]float64
	epoch   int // the one being recorded
	clock   stopwatch
}

// newRecorder opens the series of a run at the length that the checkpoint vouches for, or new
// with the header.
func newRecorder(f *rundir.Folder, header series.Header, from int64) (*recorder, error) {
	file, err := os.OpenFile(f.Series(), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("series: %w", err)
	}
	if err := file.Truncate(from); err != nil {
		return nil, fmt.Errorf("series: %w", err)
	}
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		return nil, fmt.Errorf("series: %w", err)
	}
	timing, err := os.OpenFile(f.Timing(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("timing: %w", err)
	}
	r := &recorder{file: file, writer: series.NewWriter(file), timing: timing, latest: map[string]float64{}}
	if from == 0 {
		if err := r.writer.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("series: %w", err)
		}
	}
	r.clock.start()
	return r, nil
}

// append is the tracker's sink.
func (r *recorder) append(epoch, step int, samples ...series.Sample) error {
	for _, s := range samples {
		if s.Label == "" {
			r.latest[s.Metric] = float64(s.Value)
		}
	}
	return r.writer.Append(epoch, step, samples...)
}

// onEpoch measures what is due. Of a network that diverged only what training says is written.
func (r *recorder) onEpoch(ctx context.Context, e *trainer.Epoch) error {
	r.epoch = e.Index
	given := r.given(e)
	trained := r.clock.lap()
	switch {
	case e.Diverged:
		if err := r.append(e.Index, e.Step, given...); err != nil {
			return err
		}
	case r.tracker.Due(e.Index, e.Last):
		if err := r.tracker.Track(ctx, e.Index, e.Step, e.Network(), e.Last, given...); err != nil {
			return err
		}
	case len(given) == 0:
		r.clock.train += trained
		return nil
	default:
		if err := r.append(e.Index, e.Step, given...); err != nil {
			return err
		}
	}
	tracked := r.clock.lap()
	r.clock.train += trained
	r.clock.track += tracked
	if err := r.writeTiming(e.Index, trained, tracked); err != nil {
		return err
	}
	return r.writer.Flush()
}

// given returns what the trainer knows of an epoch and is due.
func (r *recorder) given(e *trainer.Epoch) []series.Sample {
	due := func(s tracker.Schedule) bool { return s != nil && (e.Index == 0 || e.Last || s(e.Index)) }

	var samples []series.Sample
	if due(r.known.training) {
		samples = trainingSamples(e)
	}
	if due(r.known.updates) {
		samples = append(samples, exactSample(series.UpdatePath, e.Travel.Path))
		samples = append(samples, exactSample(series.UpdateGradient, e.Travel.LargestGradient))
	}
	return samples
}

func exactSample(metric string, value float64) series.Sample {
	return series.Sample{Metric: metric, Value: series.Float(value), Kind: series.Exact}
}

func (r *recorder) writeTiming(epoch int, trained, tracked time.Duration) error {
	line := rundir.Timing{Epoch: epoch, Train: trained.Seconds(), Track: tracked.Seconds()}
	return json.NewEncoder(r.timing).Encode(line)
}

// sync puts everything recorded on disk and returns the length of the series.
func (r *recorder) sync() (int64, error) {
	if err := r.writer.Flush(); err != nil {
		return 0, fmt.Errorf("series: %w", err)
	}
	if err := r.file.Sync(); err != nil {
		return 0, fmt.Errorf("series: %w", err)
	}
	return r.file.Seek(0, io.SeekCurrent)
}

// close closes the files and returns the length of the series. The error is the one given, if any,
// or else what went wrong with closing.
func (r *recorder) close(err error) (int64, error) {
	length, flushing := r.sync()
	for _, e := range []error{flushing, r.file.Close(), r.timing.Close()} {
		if err == nil {
			err = e
		}
	}
	return length, err
}

// trainingSamples is what the trainer knows of an epoch.
func trainingSamples(e *trainer.Epoch) []series.Sample {
	v := e.Evaluation()
	return []series.Sample{
		exactSample(series.TrainLoss, v.TrainLoss),
		exactSample(series.TestLoss, v.TestLoss),
		exactSample(series.TrainAccuracy, v.TrainAccuracy),
		exactSample(series.TestAccuracy, v.TestAccuracy),
		exactSample(series.GradNorm, v.GradNorm),
		exactSample(series.ParamNorm, e.ParamNorm),
		exactSample(series.ParamDistance, e.ParamDistance),
		exactSample(series.PathLength, e.PathLength),
		exactSample(series.LearningRate, e.LearningRate),
	}
}

// stopwatch tells the time of training from that of tracking.
type stopwatch struct {
	last         time.Time
	train, track time.Duration
}

func (s *stopwatch) start() { s.last = time.Now() }

// lap returns the time since the last lap.
func (s *stopwatch) lap() time.Duration {
	now := time.Now()
	d := now.Sub(s.last)
	s.last = now
	return d
}
