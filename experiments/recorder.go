package experiments

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// recorder is the hook that measures epochs and records the results.
type recorder struct {
	tracker *tracker.Tracker
	known   trainerMetrics
	clock   stopwatch

	file   *os.File // series.jsonl
	length int64    // of it, when the writer is flushed
	sum    hash.Hash
	writer *series.Writer
	timing *os.File
	// untimed is the training time since the last line of the timing file.
	untimed time.Duration

	latest map[string]float64 // values of metrics without labels
	epoch  int                // the one being recorded
}

// measured is what a recorder measures, and at which points.
type measured struct {
	points  tracker.Probes
	metrics []tracker.Scheduled
	known   trainerMetrics
}

// newMeasured returns what a run measures, where and when.
func newMeasured(c *config.Config, data *dataset.Dataset, goroutines int) (m measured, err error) {
	m.points, err = probes(c, data, goroutines)
	if err == nil {
		m.metrics, m.known, err = metrics(c, data)
	}
	return m, err
}

// newRecorder opens the series of a run: a new one with the header or, if there is a checkpoint,
// the existing one at the checkpoint's position.
func newRecorder(
	f *rundir.Folder,
	header series.Header,
	from *checkpoint,
	m measured,
) (*recorder, error) {
	file, err := input.OpenToWrite(f.Series(), os.O_CREATE)
	if err != nil {
		return nil, fmt.Errorf("series: %w", err)
	}

	timing, err := input.OpenToWrite(f.Timing(), os.O_CREATE|os.O_APPEND)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("timing: %w", err)
	}

	r := &recorder{
		known:  m.known,
		file:   file,
		sum:    sha256.New(),
		timing: timing,
		latest: map[string]float64{},
	}
	r.writer = series.NewWriter(r)
	r.tracker, err = tracker.New(m.points, m.metrics)
	if err == nil {
		err = r.position(header, from)
	}

	if err != nil {
		file.Close()
		timing.Close()
		return nil, err
	}

	r.clock.start()

	return r, nil
}

// position truncates the series to the position at which the run continues.
func (r *recorder) position(header series.Header, from *checkpoint) error {
	if from != nil {
		if err := r.readAgain(*from); err != nil {
			return err
		}
	}

	err := r.file.Truncate(r.length)
	if err == nil {
		_, err = r.file.Seek(r.length, io.SeekStart)
	}

	if err == nil && from == nil {
		err = r.writer.WriteHeader(header)
	}

	if err != nil {
		return fmt.Errorf("series: %w", err)
	}

	return nil
}

// whatToDo ends the error messages about a damaged series.
const whatToDo = "restore the file, or begin the run anew with --overwrite"

// readAgain checks that the series matches the length and sum in the checkpoint.
func (r *recorder) readAgain(c checkpoint) error {
	// The sum continues from here as lines are added, so the old lines are read only once.
	n, err := io.Copy(r.sum, io.LimitReader(r.file, c.seriesBytes))
	if err != nil {
		return fmt.Errorf("series: %w", err)
	}

	if n != c.seriesBytes {
		return fmt.Errorf(
			"%s has %d bytes, and the last checkpoint goes with %d: %s",
			r.file.Name(),
			n,
			c.seriesBytes,
			whatToDo,
		)
	}

	is := sumText(r.sum)
	if c.seriesSum != "" && is != c.seriesSum {
		return fmt.Errorf(
			"the first %d bytes of %s are not those that the last checkpoint goes with "+
				"(SHA-256 %.12s…, not %.12s…): %s",
			n,
			r.file.Name(),
			is,
			c.seriesSum,
			whatToDo,
		)
	}

	r.length = n

	return nil
}

// Write appends to the series on behalf of the series writer. If another program has truncated the
// file, it fails, since writing would leave a gap.
func (r *recorder) Write(b []byte) (int, error) {
	info, err := r.file.Stat()
	if err != nil {
		return 0, err
	}

	if info.Size() < r.length {
		return 0, fmt.Errorf("%s has %d bytes, and this process has written %d: something else has cut it; %s",
			r.file.Name(), info.Size(), r.length, whatToDo)
	}

	n, err := r.file.Write(b)
	r.sum.Write(b[:n])
	r.length += int64(n)
	return n, err
}

// appendSamples writes the samples of an epoch.
func (r *recorder) appendSamples(epoch, step int, samples []series.Sample) error {
	for _, s := range samples {
		if s.Label == "" {
			r.latest[s.Metric] = float64(s.Value)
		}
	}
	return r.writer.Append(epoch, step, samples...)
}

// moment is an epoch of a training as the recorder sees it.
type moment struct {
	epoch, step    int
	last, diverged bool
	known          []series.Sample // values from the training itself
	network        func() *network.Network
}

// onEpoch records an epoch of the trainer.
func (r *recorder) onEpoch(ctx context.Context, e *trainer.Epoch) error {
	return r.record(
		ctx,
		moment{e.Index, e.Step, e.Last, e.Diverged, r.knownSamples(e), e.Network},
	)
}

// record measures what is due and writes it to the series. If the network diverged, it only writes
// the values from training.
func (r *recorder) record(ctx context.Context, m moment) error {
	r.epoch = m.epoch
	samples := m.known
	trained := r.clock.lap()
	r.clock.train += trained
	r.untimed += trained

	due := !m.diverged && r.tracker.Due(m.epoch, m.last)
	if due {
		measured, err := r.tracker.Track(ctx, m.epoch, m.network(), m.last)
		if err != nil {
			return err
		}

		samples = append(samples, measured...)
	}

	// Nothing happened at this epoch, so it gets no line; its time counts for the next one.
	if !due && !m.diverged && len(samples) == 0 {
		return nil
	}

	if err := r.appendSamples(m.epoch, m.step, samples); err != nil {
		return err
	}

	// The time of writing counts as tracking, the time since the last record as training.
	tracked := r.clock.lap()
	r.clock.track += tracked
	line := rundir.Timing{
		Epoch: m.epoch,
		Train: r.untimed.Seconds(),
		Track: tracked.Seconds(),
	}
	r.untimed = 0
	if due {
		line.Metrics, line.Allocated = map[string]float64{}, map[string]uint64{}
		for name, cost := range r.tracker.Costs() {
			line.Metrics[name] = cost.Time.Seconds()
			line.Allocated[name] = cost.Allocated
		}
	}

	err := json.NewEncoder(r.timing).Encode(line)
	if err != nil {
		return err
	}

	return r.writer.Flush()
}

// isDue reports whether values from training are to be recorded; a nil schedule is never due.
func isDue(s tracker.Schedule, epoch int, last bool) bool {
	return s != nil && (epoch == 0 || last || s(epoch))
}

// isDueAt reports whether anything is recorded at an epoch that is not the last.
func (r *recorder) isDueAt(epoch int) bool {
	return isDue(r.known.training, epoch, false) || isDue(r.known.updates, epoch, false) ||
		r.tracker.Due(epoch, false)
}

// knownSamples returns the trainer's values that are due at an epoch.
func (r *recorder) knownSamples(e *trainer.Epoch) []series.Sample {
	due := func(s tracker.Schedule) bool {
		return isDue(s, e.Index, e.Last)
	}

	var samples []series.Sample
	if due(r.known.training) {
		samples = trainingSamples(e, r.known.targets)
	}
	if due(r.known.updates) {
		samples = append(samples,
			exactSample(series.UpdatePath, e.Travel.Path),
			exactSample(series.UpdateGradient, e.Travel.LargestGradient))
	}
	return samples
}

func exactSample(metric string, value float64) series.Sample {
	return series.Sample{
		Metric: metric,
		Value:  series.Float(value),
		Kind:   series.Exact,
	}
}

// sync flushes everything recorded to disk and returns the length of the series and its SHA-256.
func (r *recorder) sync() (length int64, sum string, err error) {
	if err := errors.Join(r.writer.Flush(), r.file.Sync()); err != nil {
		return 0, "", fmt.Errorf("series: %w", err)
	}
	return r.length, sumText(r.sum), nil
}

// close closes the files and returns the length of the series.
func (r *recorder) close() (int64, error) {
	length, _, err := r.sync()
	return length, cmp.Or(err, r.file.Close(), r.timing.Close())
}

// trainingSamples returns the trainer's values at an epoch. The labels distinguish the targets of a
// regression.
func trainingSamples(e *trainer.Epoch, targets []string) []series.Sample {
	v := e.Evaluation()
	samples := []series.Sample{
		exactSample(series.TrainLoss, v.TrainLoss),
		exactSample(series.TestLoss, v.TestLoss),
	}
	if v.Fits == nil {
		samples = append(samples,
			exactSample(series.TrainAccuracy, v.TrainAccuracy),
			exactSample(series.TestAccuracy, v.TestAccuracy))
	} else {
		samples = append(samples, fitSamples(fitOnTraining, v.Fits.Train, targets)...)
		samples = append(samples, fitSamples(fitOnTest, v.Fits.Test, targets)...)
	}

	return append(samples,
		exactSample(series.GradNorm, v.GradNorm),
		exactSample(series.ParamNorm, e.ParamNorm),
		exactSample(series.ParamDistance, e.ParamDistance),
		exactSample(series.PathLength, e.PathLength),
		exactSample(series.LearningRate, e.LearningRate),
	)
}

// stopwatch measures the time of training separately from that of tracking.
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
